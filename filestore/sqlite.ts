/** Blobs in one SQLite file, for a machine that backs up one file; next: gridfs.ts. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { openSqliteFile } from "#database/sqlite.ts";
import { type Blobs, notFound, storageFull, uploadMsMax } from "#filestore/blobs.ts";

const pieceBytes = 256 * 1024;
const sqliteFull = 13;

// Pieces of an upload wait under its own id; the one row in `blob` gives them their name, or does not if the name is taken.
const tables = `
  CREATE TABLE IF NOT EXISTS upload (id TEXT PRIMARY KEY, begun INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS piece (upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (upload, number));
  CREATE TABLE IF NOT EXISTS blob (computation TEXT NOT NULL, name TEXT NOT NULL, upload TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (computation, name)) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS blob_upload ON blob (upload)`;

export async function openSqliteBlobs(file: string): Promise<Blobs> {
  const database = openSqliteFile(file);
  database.exec(tables);
  database.prepare("DELETE FROM upload WHERE begun < ? AND id NOT IN (SELECT upload FROM blob)").run(Date.now() - uploadMsMax);
  const begin = database.prepare("INSERT INTO upload (id, begun) VALUES (?, ?)");
  const addPiece = database.prepare("INSERT INTO piece (upload, number, bytes) VALUES (?, ?, ?)");
  const giveName = database.prepare(
    "INSERT INTO blob (computation, name, upload, size, modified) VALUES (?, ?, ?, ?, ?) ON CONFLICT (computation, name) DO NOTHING",
  );
  const forget = database.prepare("DELETE FROM upload WHERE id = ?");
  const findOne = database.prepare("SELECT upload, size, modified FROM blob WHERE computation = ? AND name = ?");
  const onePiece = database.prepare("SELECT bytes FROM piece WHERE upload = ? AND number = ?");
  const listAll = database.prepare("SELECT name, size FROM blob WHERE computation = ? ORDER BY name");
  const unnameAll = database.prepare("DELETE FROM blob WHERE computation = ? RETURNING upload");
  const tryToForget = (upload: string) => {
    try {
      forget.run(upload);
    } catch {
      // A full disk may refuse even this: the next start does it.
    }
  };
  type Row = { upload: string; size: number; modified: number };

  return {
    async put({ computation, name }, source) {
      const upload = randomUUID();
      let named = false;
      try {
        begin.run(upload, Date.now());
        let size = 0;
        let number = 0;
        for await (const piece of pieces(source)) {
          addPiece.run(upload, number++, piece);
          size += piece.length;
        }
        named = giveName.run(computation, name, upload, size, Date.now()).changes === 1;
        return named;
      } catch (error) {
        throw isFull(error) ? storageFull(error) : error;
      } finally {
        if (!named) tryToForget(upload);
      }
    },
    async find({ computation, name }) {
      const row = findOne.get(computation, name) as Row | undefined;
      return row && { size: row.size, modifiedMs: row.modified };
    },
    async read({ computation, name }, range) {
      const row = findOne.get(computation, name) as Row | undefined;
      if (!row) throw notFound();
      const read = async function* () {
        for (let number = Math.floor(range.start / pieceBytes); number * pieceBytes <= range.end; number++) {
          const piece = onePiece.get(row.upload, number) as { bytes: Uint8Array } | undefined;
          if (!piece) throw notFound();
          const from = Math.max(0, range.start - number * pieceBytes);
          yield Buffer.from(piece.bytes.subarray(from, range.end + 1 - number * pieceBytes));
        }
      };
      return Readable.from(range.end < range.start ? [] : read(), { objectMode: false });
    },
    async list(computation) {
      return (listAll.all(computation) as { name: string; size: number }[]).map(({ name, size }) => ({ name, size }));
    },
    async delete(computation) {
      for (const { upload } of unnameAll.all(computation) as { upload: string }[]) forget.run(upload);
    },
    async close() {
      database.close();
    },
  };
}

/** The same bytes in pieces of one size, so that a range finds its piece by division; the last may be shorter. */
export async function* pieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < pieceBytes) continue;
    const all = Buffer.concat(waiting);
    let start = 0;
    for (; length - start >= pieceBytes; start += pieceBytes) yield all.subarray(start, start + pieceBytes);
    waiting = [all.subarray(start)];
    length -= start;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

const isFull = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errcode" in error && error.errcode === sqliteFull;
