/** What every `Blobs` must do: run by blobs.test.ts against disk, SQLite and GridFS. */
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { BlobName, Blobs } from "#filestore/blobs.ts";

let ids = 0;
export const newComputation = () => `c${String(ids++).padStart(25, "0")}`;

export async function* chunksOf(bytes: Buffer, size = 70_000): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** `open` answers a handle to one and the same store each time it is called. */
export function blobsContract(open: () => Promise<Blobs>): void {
  let blobs: Blobs;
  beforeAll(async () => {
    blobs = await open();
  }, 300_000);
  afterAll(async () => blobs.close());
  const put = (blob: BlobName, bytes: Buffer | string) => blobs.put(blob, chunksOf(Buffer.from(bytes)));
  const readAll = async (blob: BlobName, from: Blobs = blobs) => {
    const facts = await from.find(blob);
    return facts && buffer(await from.read(blob, { start: 0, end: facts.size - 1 }));
  };

  test.each([1, 262_143, 262_144, 262_145, 3_000_001])("gives back %d bytes as they were put", async (size) => {
    const blob = { computation: newComputation(), name: "out/a" };
    const bytes = randomBytes(size);
    expect(await put(blob, bytes)).toBe(true);
    expect(await blobs.find(blob)).toMatchObject({ size });
    expect((await readAll(blob))?.equals(bytes)).toBe(true);
  });
  test("keeps an empty blob", async () => {
    const blob = { computation: newComputation(), name: "out/empty" };
    expect(await put(blob, "")).toBe(true);
    expect((await blobs.find(blob))?.size).toBe(0);
  });
  test("says when it was put", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    await put(blob, "x");
    expect(Math.abs(((await blobs.find(blob))?.modifiedMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });
  test("gives any range of bytes, both ends included", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    const bytes = randomBytes(600_000);
    await put(blob, bytes);
    for (const [start, end] of [
      [0, 0],
      [599_999, 599_999],
      [262_143, 262_144],
      [100_000, 550_000],
      [524_288, 599_999],
    ] as const)
      expect((await buffer(await blobs.read(blob, { start, end }))).equals(bytes.subarray(start, end + 1))).toBe(true);
  });
  test("never changes what has a name: a second put answers false", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    await put(blob, "first");
    expect(await put(blob, "second")).toBe(false);
    expect(String(await readAll(blob))).toBe("first");
  });
  test("of racing puts of one name lets one win, whole", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    const bodies = Array.from({ length: 6 }, (_, i) => Buffer.alloc(300_000, i));
    const won = await Promise.all(bodies.map((body) => put(blob, body)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await readAll(blob))?.equals(bodies[won.indexOf(true)] as Buffer)).toBe(true);
  });
  test("a source that fails leaves nothing, and the name stays free", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    const failing = async function* () {
      yield Buffer.alloc(400_000);
      throw new Error("cut off");
    };
    await expect(blobs.put(blob, failing())).rejects.toThrow("cut off");
    expect(await blobs.find(blob)).toBeUndefined();
    expect(await blobs.list(blob.computation)).toEqual([]);
    expect(await put(blob, "again")).toBe(true);
  });
  test("what is not finished is not visible", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    let go = () => {};
    const wait = new Promise<void>((resolve) => (go = resolve));
    let seen: unknown = "not asked";
    const slow = async function* () {
      yield Buffer.alloc(400_000);
      seen = await blobs.find(blob);
      await wait;
      yield Buffer.alloc(1);
    };
    const putting = blobs.put(blob, slow());
    go();
    await putting;
    expect(seen).toBeUndefined();
    expect(await blobs.find(blob)).toMatchObject({ size: 400_001 });
  });
  test("lists a computation's blobs by name, and no other's", async () => {
    const [one, other] = [newComputation(), newComputation()];
    for (const name of ["out/b", "in/a", "out/sub/c", "out/ü"]) await put({ computation: one, name }, name);
    await put({ computation: other, name: "out/x" }, "x");
    expect(await blobs.list(one)).toEqual([
      { name: "in/a", size: 4 },
      { name: "out/b", size: 5 },
      { name: "out/sub/c", size: 9 },
      { name: "out/ü", size: 6 },
    ]);
    expect(await blobs.list(newComputation())).toEqual([]);
  });
  test("deletes a computation's blobs, again without harm, and no other's", async () => {
    const [one, other] = [newComputation(), newComputation()];
    for (const computation of [one, other])
      for (const name of ["in/a", "out/sub/b"]) await put({ computation, name }, Buffer.alloc(300_000));
    await blobs.delete(one);
    await blobs.delete(one);
    expect(await blobs.list(one)).toEqual([]);
    expect(await blobs.find({ computation: one, name: "in/a" })).toBeUndefined();
    expect((await readAll({ computation: other, name: "out/sub/b" }))?.length).toBe(300_000);
  });
  test("an unknown blob is not found", async () => {
    const blob = { computation: newComputation(), name: "out/none" };
    expect(await blobs.find(blob)).toBeUndefined();
    await expect(blobs.read(blob, { start: 0, end: 0 })).rejects.toMatchObject({ code: "notFound" });
  });
  test.each(["out/__proto__", "out/-rf", "out/con", "out/a b%20?#&+'\"<>", "out/😀", "out/e\u0301", `out/${"x".repeat(255)}`])(
    "takes the name %s as it is",
    async (name) => {
      const computation = newComputation();
      expect(await put({ computation, name }, name)).toBe(true);
      expect(await blobs.list(computation)).toEqual([{ name, size: Buffer.byteLength(name) }]);
      expect(String(await readAll({ computation, name }))).toBe(name);
    },
  );
  test("another handle sees what was stored", async () => {
    const blob = { computation: newComputation(), name: "out/a" };
    await put(blob, "x");
    const second = await open();
    expect(String(await readAll(blob, second))).toBe("x");
    await second.close();
  });
}
