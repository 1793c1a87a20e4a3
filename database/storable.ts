/** What both databases keep exactly as it was given, and the plan of a query that both carry out; next: sqlite.ts. */
import { z } from "zod";
import { type Collection, type Fields, limits, type Query, type Scalar } from "#database/documents.ts";

export class NotStorable extends Error {
  override name = "NotStorable";
}

/**
 * The document as its schema makes it. Throws NotStorable for what one of the databases would change or refuse: text that is not
 * Unicode, names with $ or . or NUL, numbers that are not finite, undefined, too deep, too large.
 */
export function storable<T extends Fields>(collection: Collection<T>, document: T): T {
  const parsed = collection.schema.safeParse(document);
  if (!parsed.success) throw new NotStorable(`${collection.name}: ${z.prettifyError(parsed.error)}`);
  if (Buffer.byteLength(parsed.data._id) > limits.idBytes) throw new NotStorable(`${collection.name}: the _id is too long`);
  const bytes = measure(parsed.data, 0, collection.name);
  if (bytes > limits.documentBytes) throw new NotStorable(`${collection.name}: a document of ${bytes} bytes`);
  for (const field of Object.values(collection.indexes).flat()) {
    const value = parsed.data[field];
    if (typeof value === "string" ? value.includes("\0") : !Number.isSafeInteger(value))
      throw new NotStorable(`${collection.name}.${field} is indexed: text without NUL or a safe integer`);
  }
  return parsed.data;
}

function measure(value: unknown, depth: number, where: string): number {
  if (depth > limits.depth) throw new NotStorable(`${where}: deeper than ${limits.depth}`);
  if (value === null || typeof value === "boolean") return 8;
  if (typeof value === "number") {
    if (!Number.isFinite(value) || Object.is(value, -0)) throw new NotStorable(`${where}: ${value} is no JSON number`);
    return 8;
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new NotStorable(`${where}: text that is not Unicode`);
    return Buffer.byteLength(value);
  }
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + 8 + measure(item, depth + 1, where), 0);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    throw new NotStorable(`${where}: ${typeof value} is no JSON value`);
  let sum = 0;
  for (const [name, item] of Object.entries(value)) {
    if (name === "version" && depth === 0) continue;
    if (name.startsWith("$") || name.includes(".") || name.includes("\0") || name === "__proto__" || !name.isWellFormed())
      throw new NotStorable(`${where}: the name ${JSON.stringify(name)}`);
    sum += Buffer.byteLength(name) + measure(item, depth + 1, where);
  }
  return sum;
}

/** A query in terms of fields: `order` ends with `_id`; `after` are the last answer's values of `order`. */
export type Plan = {
  equals: { field: string; value: Scalar }[];
  above?: { field: string; value: Scalar };
  atMost?: { field: string; value: Scalar };
  order: string[];
  after?: Scalar[];
  descending: boolean;
  limit: number;
};

/** Throws RangeError for an index that is not declared or a limit out of bounds, NotStorable for a cursor of another query. */
export function plan<T extends Fields>(collection: Collection<T>, query: Query): Plan {
  const fields: readonly string[] | undefined = query.index === "_id" ? ["_id"] : collection.indexes[query.index];
  const given = query.equals ?? [];
  if (!fields) throw new RangeError(`${collection.name} has no index ${query.index}`);
  if (given.length > fields.length) throw new RangeError(`index ${query.index} has only ${fields.length} fields`);
  if (!(query.limit >= 1 && query.limit <= limits.find)) throw new RangeError(`a limit is 1 to ${limits.find}`);
  const next = fields[given.length];
  if (next === undefined && (query.above !== undefined || query.atMost !== undefined))
    throw new RangeError(`index ${query.index} has no field after ${given.length} for bounds`);
  const rest = fields.slice(given.length);
  const order = rest.includes("_id") ? rest : [...rest, "_id"];
  return {
    equals: given.map((value, i) => ({ field: fields[i] as string, value })),
    ...(next !== undefined && query.above !== undefined ? { above: { field: next, value: query.above } } : {}),
    ...(next !== undefined && query.atMost !== undefined ? { atMost: { field: next, value: query.atMost } } : {}),
    order,
    ...(query.cursor === undefined ? {} : { after: readCursor(query.cursor, order.length) }),
    descending: query.descending ?? false,
    limit: query.limit,
  };
}

const cursorValues = z.array(z.union([z.string().max(4096), z.int()]));

function readCursor(cursor: string, length: number): Scalar[] {
  const text = Buffer.from(cursor, "base64url").toString();
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined; // a client may send anything back to us as a cursor
  }
  const parsed = cursorValues.safeParse(values);
  if (!parsed.success || parsed.data.length !== length) throw new NotStorable("the cursor is not one of this query");
  return parsed.data;
}

/** The cursor after `last`, the last document of a full page. */
export const makeCursor = (order: readonly string[], last: Fields): string =>
  Buffer.from(JSON.stringify(order.map((field) => last[field]))).toString("base64url");
