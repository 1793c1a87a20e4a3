/** Opens the database that a setting names; next: archive.ts (the first domain on the edge). */
import { z } from "zod";
import type { Database } from "#database/documents.ts";

/** `sqlite:<file>` or a MongoDB connection string. */
export const databaseUrl = z.string().regex(/^(sqlite:.+|mongodb(\+srv)?:\/\/.+)$/, "is sqlite:<file> or mongodb://…");

/** Each side is loaded only where it is used: mongoose alone costs 30 MB. */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith("sqlite:")) return (await import("#database/sqlite.ts")).openSqlite(url.slice("sqlite:".length));
  return (await import("#database/mongo.ts")).openMongo(url);
}
