/** The `Blobs` edge: where a filestore keeps bytes; next: disk.ts (the default), then uploads.ts. */
import type { Readable } from "node:stream";
import { Failure } from "#protocol/failures.ts";

/** A computation and a checked name in it, such as `out/a.csv`. A blob never changes: it is put once and deleted with its computation. */
export type BlobName = { computation: string; name: string };
export type BlobFacts = { size: number; modifiedMs: number };
/** Bytes from `start` to `end`, both included. */
export type ByteRange = { start: number; end: number };

export type Blobs = {
  /**
   * Stores all of `source`, durable and visible at once when it answers; false when the name was taken, also by one that finished
   * in between. A failure of `source` or of the store leaves nothing. Throws Failure `storageFull` when there is no room.
   */
  put(blob: BlobName, source: AsyncIterable<Buffer>): Promise<boolean>;
  find(blob: BlobName): Promise<BlobFacts | undefined>;
  /** Throws Failure `notFound`, or the stream fails, when the blob went since `find`. */
  read(blob: BlobName, range: ByteRange): Promise<Readable>;
  /** Everything of a computation, in order of its name. */
  list(computation: string): Promise<{ name: string; size: number }[]>;
  /** Deletes everything of a computation; again is harmless. */
  delete(computation: string): Promise<void>;
  close(): Promise<void>;
};

/** An upload that a crash left unfinished is removed when it is this old: none may take longer. */
export const uploadMsMax = 60 * 60 * 1000;

export const storageFull = (cause?: unknown) => new Failure("storageFull", { cause });
export const notFound = () => new Failure("notFound");
