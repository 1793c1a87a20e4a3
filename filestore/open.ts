/** Opens the store that a setting names; next: disk.ts. */
import { z } from "zod";
import type { Blobs } from "#filestore/blobs.ts";

/** `disk:<folder>`, `sqlite:<file>` or a MongoDB connection string (GridFS). */
export const blobsUrl = z
  .string()
  .regex(/^(disk:.+|sqlite:.+|mongodb(\+srv)?:\/\/.+)$/, "is disk:<folder>, sqlite:<file> or mongodb://…");

export async function openBlobs(url: string, options: { freeBytesMin: number }): Promise<Blobs> {
  const place = url.slice(url.indexOf(":") + 1);
  if (url.startsWith("disk:")) return (await import("#filestore/disk.ts")).openDisk({ root: place, ...options });
  if (url.startsWith("sqlite:")) return (await import("#filestore/sqlite.ts")).openSqliteBlobs(place);
  return (await import("#filestore/gridfs.ts")).openGridFs(url);
}
