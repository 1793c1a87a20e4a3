/** Documents in one SQLite file inside the process: the embedded default; next: mongo.ts (the other side). */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { tellingAway } from "#database/away.ts";
import {
  type Collection,
  type Database,
  type Documents,
  type Fields,
  limits,
  type Query,
  type Stored,
} from "#database/documents.ts";
import { makeCursor, type Plan, plan, storable } from "#database/storable.ts";

const busyMsMax = 5000;

/** Opens a file (made if missing) that several processes may use at once; what a commit answered survives a power cut. */
export function openSqliteFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyMsMax, enableForeignKeyConstraints: true });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
  return database;
}

export function openSqlite(file: string): Database {
  const database = openSqliteFile(file);
  return {
    collection: async (collection) => tellingAway(sqliteDocuments(database, collection), isSqlites),
    close: async () => database.close(),
  };
}

const isSqlites = (error: unknown) => (error as { code?: string }).code === "ERR_SQLITE_ERROR";

type Row = { body: string; version: number };

function sqliteDocuments<T extends Fields>(database: DatabaseSync, collection: Collection<T>): Documents<T> {
  const table = quote(collection.name);
  const columns = [...new Set(Object.values(collection.indexes).flat())].filter((field) => field !== "_id");
  makeTable(database, collection, columns);
  const names = ["_id", "version", "body", ...columns.map(quote)];
  const insertOne = database.prepare(
    `INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => "?").join()}) ON CONFLICT (_id) DO NOTHING`,
  );
  const getOne = database.prepare(`SELECT body, version FROM ${table} WHERE _id = ?`);
  const replaceOne = database.prepare(
    `UPDATE ${table} SET ${["version", "body", ...columns.map(quote)].map((c) => `${c} = ?`).join()} WHERE _id = ? AND version = ?`,
  );
  const prepared = new Map<string, StatementSync>(); // one for each shape of query: bounded by the indexes and their bounds
  const prepare = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  const values = (document: T) => columns.map((field) => document[field] as string | number);
  const read = (row: Row): Stored<T> => ({ ...collection.schema.parse(JSON.parse(row.body)), version: row.version });

  return {
    async insert(documents) {
      if (documents.length > limits.insert) throw new RangeError(`at most ${limits.insert} documents at once`);
      const rows = documents.map((document) => storable(collection, document));
      return transaction(database, () =>
        rows.map((row) => insertOne.run(row._id, 1, JSON.stringify(row), ...values(row)).changes === 1),
      );
    },
    async get(id) {
      const row = getOne.get(id) as Row | undefined;
      return row && read(row);
    },
    async find(query) {
      const planned = plan(collection, query);
      const { where, parameters } = conditions(planned);
      const sql = `SELECT body, version FROM ${table} WHERE ${where} ORDER BY ${orderBy(planned)} LIMIT ?`;
      const documents = (prepare(sql).all(...parameters, planned.limit) as Row[]).map(read);
      const last = documents.at(-1);
      return last && documents.length === planned.limit
        ? { documents, cursor: makeCursor(planned.order, last) }
        : { documents };
    },
    async replace(document) {
      const fields = storable(collection, document);
      const version = document.version + 1;
      const { changes } = replaceOne.run(version, JSON.stringify(fields), ...values(fields), fields._id, document.version);
      return changes === 1 ? { ...fields, version } : undefined;
    },
    async delete(query: Query) {
      const planned = plan(collection, query);
      const { where, parameters } = conditions(planned);
      const inner = `SELECT rowid FROM ${table} WHERE ${where} ORDER BY ${orderBy(planned)} LIMIT ?`;
      return Number(prepare(`DELETE FROM ${table} WHERE rowid IN (${inner})`).run(...parameters, planned.limit).changes);
    },
  };
}

/** Columns repeat the indexed fields: SQLite need not open a large body to order by a number in it. */
function makeTable<T extends Fields>(database: DatabaseSync, collection: Collection<T>, columns: readonly string[]): void {
  const table = quote(collection.name);
  transaction(database, () => {
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (_id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL)`,
    );
    const there = new Set(
      database
        .prepare(`SELECT name FROM pragma_table_info(${literal(collection.name)})`)
        .all()
        .map((c) => c.name),
    );
    for (const column of columns.filter((name) => !there.has(name))) {
      database.exec(`ALTER TABLE ${table} ADD COLUMN ${quote(column)}`);
      database.exec(`UPDATE ${table} SET ${quote(column)} = json_extract(body, ${literal(`$.${column}`)})`);
    }
    for (const [name, fields] of Object.entries(collection.indexes)) {
      const index = quote(`${collection.name}_${name}`);
      database.exec(`CREATE INDEX IF NOT EXISTS ${index} ON ${table} (${[...fields, "_id"].map(quote).join()})`);
    }
  });
}

function conditions(planned: Plan): { where: string; parameters: (string | number)[] } {
  const terms = planned.equals.map(({ field }) => `${quote(field)} = ?`);
  const parameters = planned.equals.map(({ value }) => value);
  if (planned.above) {
    terms.push(`${quote(planned.above.field)} > ?`);
    parameters.push(planned.above.value);
  }
  if (planned.atMost) {
    terms.push(`${quote(planned.atMost.field)} <= ?`);
    parameters.push(planned.atMost.value);
  }
  if (planned.after) {
    const columns = planned.order.map(quote).join();
    terms.push(`(${columns}) ${planned.descending ? "<" : ">"} (${planned.order.map(() => "?").join()})`);
    parameters.push(...planned.after);
  }
  return { where: terms.length > 0 ? terms.join(" AND ") : "TRUE", parameters };
}

const orderBy = (planned: Plan): string =>
  planned.order.map((field) => `${quote(field)} ${planned.descending ? "DESC" : "ASC"}`).join();

/** All or nothing, one fsync. IMMEDIATE: a writer waits at the beginning, where waiting is possible, not at its first write. */
function transaction<R>(database: DatabaseSync, work: () => R): R {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const quote = (name: string): string => {
  if (!/^[a-zA-Z0-9_]+$/.test(name)) throw new RangeError(`${name} is no name of a column`);
  return `"${name}"`;
};
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
