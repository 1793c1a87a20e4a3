/** The contract of `Documents`, kept by SQLite; next: mongo.test.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { documentsContract } from "#database/documents-contract.ts";
import { openSqlite } from "#database/sqlite.ts";

describe("Documents in SQLite", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-sqlite-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  documentsContract(async () => openSqlite(join(folder, "contract.sqlite")));

  test("a field indexed later is filled from the stored documents", async () => {
    const file = join(folder, "later.sqlite");
    const schema = z.object({ _id: z.string(), colour: z.string() });
    const before = openSqlite(file);
    await (await before.collection({ name: "things", schema, indexes: {} })).insert([{ _id: "a", colour: "red" }]);
    await before.close();
    const after = openSqlite(file);
    const things = await after.collection({ name: "things", schema, indexes: { byColour: ["colour"] } });
    expect((await things.find({ index: "byColour", equals: ["red"], limit: 1 })).documents).toHaveLength(1);
    await after.close();
  });
});
