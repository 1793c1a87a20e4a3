/**
 * The `Documents` edge: what a collection is, and the five things one can do with it; next: storable.ts.
 *
 * Races are decided by a unique `_id` (insert) or by a version (replace), never by reading and then writing. Nothing relies on
 * transactions, change streams or expiry by the database: a datum's owner finds what is due by an index, and deletes it.
 */
import type { z } from "zod";

/** A document's own fields; indexed ones are top-level strings or safe integers and always present. */
export type Fields = { _id: string } & Record<string, unknown>;
/** As it is stored: version 1 when inserted, one more after each replace. */
export type Stored<T extends Fields> = T & { version: number };

/** What a collection's one file declares. */
export type Collection<T extends Fields> = {
  /** Lower-case letters and underscores: a table's or a collection's name. */
  name: string;
  schema: z.ZodType<T>;
  /** Each is an order: by its fields, then by `_id`. The index `_id` is always there. */
  indexes: Readonly<Record<string, readonly (keyof T & string)[]>>;
};

export type Scalar = string | number;

/** Documents of one index in its order: those whose leading fields are `equals` and whose next field is in the bounds. */
export type Query = {
  index: string;
  equals?: readonly Scalar[];
  /** The field after `equals`: greater than this. */
  above?: Scalar;
  /** The field after `equals`: less than or equal to this. */
  atMost?: Scalar;
  descending?: boolean;
  limit: number;
  /** Where an earlier answer to the same query stopped. */
  cursor?: string;
};

/** `cursor` is there when more may follow. */
export type Page<T extends Fields> = { documents: Stored<T>[]; cursor?: string };

export type Documents<T extends Fields> = {
  /**
   * Inserts those whose `_id` is new; answers for each whether it was. Durable once answered. A batch may be stored in part when it
   * throws: the same batch again is harmless.
   */
  insert(documents: readonly T[]): Promise<boolean[]>;
  get(id: string): Promise<Stored<T> | undefined>;
  find(query: Query): Promise<Page<T>>;
  /** Replaces the document if it still has `document.version`; answers the new one, or undefined if somebody was faster. */
  replace(document: Stored<T>): Promise<Stored<T> | undefined>;
  /** Deletes what `find` would have given, `limit` at most; answers how many. */
  delete(query: Query): Promise<number>;
};

export type Database = {
  collection<T extends Fields>(collection: Collection<T>): Promise<Documents<T>>;
  close(): Promise<void>;
};

export const limits = {
  documentBytes: 8 * 1024 * 1024, // half of what MongoDB takes, whose own format is longer than JSON
  depth: 64, // MongoDB takes 100 levels
  idBytes: 512,
  find: 1000,
  insert: 1000,
} as const;
