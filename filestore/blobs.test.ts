/** The contract of `Blobs`, kept by disk, SQLite and GridFS; next: app-uploads.test.ts. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteFile } from "#database/sqlite.ts";
import type { Blobs } from "#filestore/blobs.ts";
import { blobsContract, chunksOf, newComputation } from "#filestore/blobs-contract.ts";
import { openDisk } from "#filestore/disk.ts";
import { openBlobs } from "#filestore/open.ts";
import { type MongoServer, startMongoServer } from "#test/mongo-server.ts";

const folder = mkdtempSync(join(tmpdir(), "sandcell-blobs-"));
afterAll(() => rmSync(folder, { recursive: true }));
const free = { freeBytesMin: 0 };

describe("Blobs on disk", () => {
  const root = join(folder, "disk");
  blobsContract(() => openBlobs(`disk:${root}`, free));

  let blobs: Blobs;
  beforeAll(async () => {
    blobs = await openDisk({ root, ...free });
  });
  const put = (computation: string, name: string) => blobs.put({ computation, name }, chunksOf(Buffer.from(name)));

  test("a blob is a file at a place that a web server can work out", async () => {
    const computation = newComputation();
    await put(computation, "out/sub/a.csv");
    expect(readFileSync(join(root, computation.slice(-2), computation, "out/sub/a.csv"), "utf8")).toBe("out/sub/a.csv");
  });
  test("a planted link is not followed: not read, not listed, not written through", async () => {
    const computation = newComputation();
    await put(computation, "out/a");
    const place = join(root, computation.slice(-2), computation);
    const outside = join(folder, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "secret");
    symlinkSync(join(outside, "secret"), join(place, "out/file"));
    symlinkSync(outside, join(place, "out/folder"));
    for (const name of ["out/file", "out/folder/secret"]) {
      expect(await blobs.find({ computation, name })).toBeUndefined();
      await expect(blobs.read({ computation, name }, { start: 0, end: 1 })).rejects.toMatchObject({ code: "notFound" });
    }
    expect(await blobs.list(computation)).toEqual([{ name: "out/a", size: 5 }]);
    await expect(put(computation, "out/folder/new")).rejects.toMatchObject({ code: "forbidden" });
    expect(await put(computation, "out/file")).toBe(false);
    expect(readdirSync(outside)).toEqual(["secret"]);
    await blobs.delete(computation);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });
  test("a file where a folder is needed, and a folder where a file is, count as taken", async () => {
    const computation = newComputation();
    await put(computation, "out/a");
    expect(await put(computation, "out/a/b")).toBe(false);
    await put(computation, "out/c/d");
    expect(await put(computation, "out/c")).toBe(false);
  });
  test("takes nothing when less space is free than it must leave to others", async () => {
    const full = await openDisk({ root: join(folder, "full"), freeBytesMin: Number.MAX_SAFE_INTEGER });
    const blob = { computation: newComputation(), name: "out/a" };
    await expect(full.put(blob, chunksOf(Buffer.from("x")))).rejects.toMatchObject({ code: "storageFull" });
  });
  test("removes what a crash left unfinished once it is too old to be going on", async () => {
    const [old, young] = ["old", "young"].map((name) => join(root, ".sandcell-uploads", name)) as [string, string];
    for (const file of [old, young]) writeFileSync(file, "half");
    utimesSync(old, 0, 0);
    await openDisk({ root, ...free });
    expect([old, young].map((file) => existsSync(file))).toEqual([false, true]);
    rmSync(young);
  });
  test("nothing unfinished is left over from all of this", () => {
    expect(readdirSync(join(root, ".sandcell-uploads"))).toEqual([]);
  });
});

describe("Blobs in SQLite", () => {
  const file = join(folder, "blobs.sqlite");
  blobsContract(() => openBlobs(`sqlite:${file}`, free));

  test("no piece is left over of uploads that failed, lost their race or were deleted", () => {
    const database = openSqliteFile(file);
    const orphans = "SELECT count(*) AS n FROM piece WHERE upload NOT IN (SELECT upload FROM blob)";
    expect(database.prepare(orphans).get()).toEqual({ n: 0 });
    expect(database.prepare("SELECT count(*) AS n FROM upload").get()).toEqual(
      database.prepare("SELECT count(*) AS n FROM blob").get(),
    );
    database.close();
  });
  test("removes what a crash left unfinished once it is too old to be going on", async () => {
    const database = openSqliteFile(file);
    database.exec(`INSERT INTO upload VALUES ('old', 0), ('young', ${Date.now()})`);
    database.exec("INSERT INTO piece VALUES ('old', 0, x'00'), ('young', 0, x'00')");
    await (await openBlobs(`sqlite:${file}`, free)).close();
    expect(database.prepare("SELECT upload FROM piece WHERE upload IN ('old', 'young')").all()).toEqual([{ upload: "young" }]);
    database.close();
  });
});

describe("Blobs in GridFS", () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  }, 300_000);
  afterAll(async () => server.stop());
  blobsContract(() => openBlobs(server.url, free));
});
