/**
 * An old question: is a transcript faster as a record per message or as one growing document? The same data in both layouts.
 *
 *     node test/bench/archive.ts                                   SQLite, a file in the system's temporary folder
 *     node test/bench/archive.ts --mongo mongodb://host/database   MongoDB; makes and drops two collections of its own there
 *     ... --json                                                   the same figures for programs
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectMongo } from "#database/mongo.ts";
import { openSqliteFile } from "#database/sqlite.ts";

/** Both layouts of one database. A message is a JSON text; every call is durable when it answers. */
type Layouts = {
  name: string;
  /** A record of its own for each message, all in one commit. */
  insertRecords(computation: string, from: number, messages: readonly string[]): Promise<void>;
  readRecords(computation: string, since: number): Promise<string[]>;
  /** At the end of the computation's document, which is made by the first. */
  append(computation: string, messages: readonly string[]): Promise<void>;
  readDocument(computation: string, since: number): Promise<string[]>;
  close(): Promise<void>;
};

function sqlite(): Layouts {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-bench-"));
  const database = openSqliteFile(join(folder, "bench.sqlite"));
  database.exec(`
    CREATE TABLE record (_id TEXT PRIMARY KEY, computation TEXT, number INTEGER, message TEXT);
    CREATE INDEX record_computation ON record (computation, number, _id);
    CREATE TABLE document (_id TEXT PRIMARY KEY, messages TEXT)`);
  const insert = database.prepare("INSERT INTO record VALUES (?, ?, ?, ?)");
  const select = database.prepare("SELECT message FROM record WHERE computation = ? AND number > ? ORDER BY number");
  const make = database.prepare("INSERT INTO document VALUES (?, ?)");
  const grow = database.prepare("UPDATE document SET messages = rtrim(messages, ']') || ',' || ? WHERE _id = ?");
  const get = database.prepare("SELECT messages FROM document WHERE _id = ?");
  return {
    name: "SQLite",
    async insertRecords(computation, from, messages) {
      database.exec("BEGIN IMMEDIATE");
      for (const [i, message] of messages.entries()) insert.run(`${computation}-${from + i}`, computation, from + i, message);
      database.exec("COMMIT");
    },
    async readRecords(computation, since) {
      return select.all(computation, since).map((row) => row.message as string);
    },
    async append(computation, messages) {
      // The cheapest way to grow a text: no JSON is parsed, only the end is cut off and written again.
      const list = JSON.stringify(messages);
      if (grow.run(list.slice(1), computation).changes === 0) make.run(computation, list);
    },
    async readDocument(computation, since) {
      return (JSON.parse(get.get(computation)?.messages as string) as string[]).slice(since);
    },
    async close() {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function mongo(url: string): Promise<Layouts> {
  const connection = await connectMongo(url);
  type Row = { _id: string; computation: string; number: number; message: string };
  const records = connection.collection<Row>("sandcell_bench_records");
  const documents = connection.collection<{ _id: string; messages: string[] }>("sandcell_bench_documents");
  await records.deleteMany({});
  await documents.deleteMany({});
  await records.createIndex({ computation: 1, number: 1, _id: 1 });
  return {
    name: "MongoDB",
    async insertRecords(computation, from, messages) {
      const rows = messages.map((message, i) => ({
        _id: `${computation}-${from + i}`,
        computation,
        number: from + i,
        message,
      }));
      await records.insertMany(rows, { ordered: false });
    },
    async readRecords(computation, since) {
      const found = records.find({ computation, number: { $gt: since } }).sort({ number: 1 });
      return (await found.toArray()).map((row) => row.message);
    },
    async append(computation, messages) {
      await documents.updateOne({ _id: computation }, { $push: { messages: { $each: [...messages] } } }, { upsert: true });
    },
    async readDocument(computation, since) {
      return ((await documents.findOne({ _id: computation }))?.messages ?? []).slice(since);
    },
    async close() {
      await records.drop();
      await documents.drop();
      await connection.close();
    },
  };
}

const sizes = [
  { name: "small: 5 of 300 bytes", messages: 5, bytes: 300, computations: 200 },
  { name: "medium: 100 of 1 KiB", messages: 100, bytes: 1024, computations: 20 },
  { name: "large: 1000 of 4 KiB", messages: 1000, bytes: 4096, computations: 2 },
];
type Size = (typeof sizes)[number];
type Figures = Record<string, { records: number; document: number }>;

/** Milliseconds for one computation. */
async function timed(size: Size, work: (computation: string) => Promise<void>, ids: string): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < size.computations; i++) await work(`${ids}${i}`);
  return (performance.now() - start) / size.computations;
}

async function measure(layouts: Layouts, size: Size): Promise<Figures> {
  const messages = Array.from({ length: size.messages }, (_, i) =>
    JSON.stringify({ number: i + 1, text: "x".repeat(size.bytes) }),
  );
  const key = `${size.messages}`;
  const oneByOne = async (each: (number: number, message: string) => Promise<void>) => {
    for (const [i, message] of messages.entries()) await each(i + 1, message);
  };
  const expect = (found: string[], length: number) => {
    if (found.length !== length || found.at(-1) !== messages.at(-1)) throw new Error(`read ${found.length}, not ${length}`);
  };
  const tail = Math.min(5, size.messages);
  return {
    "each message as it comes": {
      records: await timed(size, (id) => oneByOne((n, message) => layouts.insertRecords(id, n, [message])), `${key}live`),
      document: await timed(size, (id) => oneByOne((_, message) => layouts.append(id, [message])), `${key}live`),
    },
    "all at once, when finished": {
      records: await timed(size, (id) => layouts.insertRecords(id, 1, messages), `${key}done`),
      document: await timed(size, (id) => layouts.append(id, messages), `${key}done`),
    },
    "read all": {
      records: await timed(size, async (id) => expect(await layouts.readRecords(id, 0), size.messages), `${key}done`),
      document: await timed(size, async (id) => expect(await layouts.readDocument(id, 0), size.messages), `${key}done`),
    },
    [`read the last ${tail}`]: {
      records: await timed(size, async (id) => expect(await layouts.readRecords(id, size.messages - tail), tail), `${key}done`),
      document: await timed(
        size,
        async (id) => expect(await layouts.readDocument(id, size.messages - tail), tail),
        `${key}done`,
      ),
    },
  };
}

const { values } = parseArgs({ options: { mongo: { type: "string" }, json: { type: "boolean" } } });
const layouts = values.mongo === undefined ? sqlite() : await mongo(values.mongo);
const results: Record<string, Figures> = {};
try {
  for (const size of sizes) results[size.name] = await measure(layouts, size);
} finally {
  await layouts.close();
}
if (values.json) console.log(JSON.stringify({ database: layouts.name, unit: "ms per computation", results }));
else
  for (const [size, figures] of Object.entries(results)) {
    console.log(`\n${layouts.name}, ${size}: ms per computation`);
    for (const [what, { records, document }] of Object.entries(figures))
      console.log(
        `  ${what.padEnd(28)} record per message ${records.toFixed(2).padStart(9)}   one document ${document.toFixed(2).padStart(9)}   ${(document / records).toFixed(1)}x`,
      );
  }
