/** Short links: kept, found, forgotten, and brought over from SageMathCell; next: import-permalinks.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importPermalinks } from "#database/import-permalinks.ts";
import { Permalinks } from "#database/permalinks.ts";
import { openSqlite, openSqliteFile } from "#database/sqlite.ts";

const link = { code: "1+1", language: "sage", interacts: "[]" };
const day = 86_400_000;
let now = 0;
const opened = () => Permalinks.open(openSqlite(":memory:"), { keepMs: 10 * day, now: () => now });

test("a link has six letters; the same code, language and state have the same one", async () => {
  const permalinks = await opened();
  const id = await permalinks.keep(link);
  expect(id).toMatch(/^[a-z]{6}$/);
  expect(await permalinks.keep(link)).toBe(id);
  expect(await permalinks.keep({ ...link, interacts: "[1]" })).not.toBe(id);
  expect(await permalinks.get(id)).toEqual(link);
  expect(await permalinks.get("zzzzzz")).toBeUndefined();
});

test("it is forgotten when nobody used it for long enough, and every use renews it", async () => {
  const permalinks = await opened();
  const [used, unused] = [await permalinks.keep(link), await permalinks.keep({ ...link, code: "2" })];
  now += 6 * day;
  expect(await permalinks.get(used)).toEqual(link);
  now += 6 * day;
  expect(await permalinks.get(unused)).toBeUndefined();
  expect(await permalinks.expire()).toBe(1);
  expect(await permalinks.get(used)).toEqual(link);
});

test("SageMathCell's are brought over under their own ids, once, and what is none is left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-permalinks-"));
  const file = join(folder, "sqlite.db");
  const source = openSqliteFile(file);
  source.exec(`CREATE TABLE permalinks (ident VARCHAR NOT NULL, code VARCHAR, language VARCHAR, interacts VARCHAR,
    created DATETIME, last_accessed DATETIME, requested INTEGER, PRIMARY KEY (ident))`);
  const add = source.prepare("INSERT INTO permalinks VALUES (?, ?, ?, ?, '2014-05-06 07:08:09.123456', NULL, 0)");
  add.run("abcdef", "print(1)", "sage", "[]");
  add.run("f9e52807-b9ac-4a8e-a6a9-bb6e2a3b0ef1", "1+1", "gap", null);
  add.run("bad id", "1", "sage", "[]");
  add.run("nocode", null, "sage", "[]");
  source.close();
  const permalinks = await opened();
  expect(await importPermalinks(file, permalinks)).toEqual({ read: 4, added: 2, refused: 2 });
  expect(await importPermalinks(file, permalinks)).toEqual({ read: 4, added: 0, refused: 2 });
  expect(await permalinks.get("abcdef")).toEqual({ code: "print(1)", language: "sage", interacts: "[]" });
  expect(await permalinks.get("f9e52807-b9ac-4a8e-a6a9-bb6e2a3b0ef1")).toMatchObject({ language: "gap", interacts: "[]" });
  rmSync(folder, { recursive: true });
});
