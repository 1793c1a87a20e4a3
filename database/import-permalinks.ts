/**
 * Brings a SageMathCell server's permalinks over: `node database/import-permalinks.ts FILE DATABASE`; next: permalinks.ts.
 *
 * FILE: its SQLite database, with the table permalinks(ident, code, language, interacts, created, ...). DATABASE: what the gateway's
 * setting databaseUrl says, such as sqlite:data/sandcell.sqlite. Only reads FILE; again is harmless.
 */
import { existsSync } from "node:fs";
import { openDatabase } from "#database/open.ts";
import { Permalinks } from "#database/permalinks.ts";
import { openSqliteFile } from "#database/sqlite.ts";

const batch = 500;
const codeCharsMax = 1024 * 1024;

export type Imported = { read: number; added: number; refused: number };

/** `refused`: without code or an id, or too long. What is there already is neither added nor refused. */
export async function importPermalinks(file: string, permalinks: Permalinks): Promise<Imported> {
  const source = openSqliteFile(file);
  const counts = { read: 0, added: 0, refused: 0 };
  let links: Parameters<Permalinks["put"]>[0][number][] = [];
  const flush = async () => {
    counts.added += (await permalinks.put(links)).filter(Boolean).length;
    links = [];
  };
  for (const row of source.prepare("SELECT ident, code, language, interacts, created FROM permalinks").iterate()) {
    counts.read++;
    const [id, code] = [textOf(row["ident"]), textOf(row["code"])];
    if (!/^[\w-]{1,64}$/.test(id) || code === "" || code.length > codeCharsMax || !code.isWellFormed()) {
      counts.refused++;
      continue;
    }
    const link = { code, language: textOf(row["language"]) || "sage", interacts: textOf(row["interacts"]) || "[]" };
    links.push({ id, link, createdAt: timeOf(textOf(row["created"])) });
    if (links.length === batch) await flush();
  }
  await flush();
  source.close();
  return counts;
}

const textOf = (value: unknown): string =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("utf8")
    : value === null || value === undefined
      ? ""
      : String(value);
/** SQLAlchemy writes UTC without saying so. */
const timeOf = (text: string): number => Date.parse(`${text.replace(" ", "T").slice(0, 23)}Z`) || 0;

if (process.argv[1] === import.meta.filename) {
  const [file = "", url = ""] = process.argv.slice(2);
  if (!existsSync(file) || url === "") {
    console.error(
      "node database/import-permalinks.ts FILE DATABASE: the other server's SQLite file, and this one's databaseUrl",
    );
    process.exit(2);
  }
  const database = await openDatabase(url);
  const permalinks = await Permalinks.open(database, { keepMs: Number.MAX_SAFE_INTEGER, now: Date.now });
  const { read, added, refused } = await importPermalinks(file, permalinks);
  await database.close();
  console.log(`${read} read, ${added} added, ${refused} refused, ${read - added - refused} were there already`);
}
