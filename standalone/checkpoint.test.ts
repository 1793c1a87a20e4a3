/** Which checkpoints are kept, found and believed; next: bundle.test.ts. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointKey, folderDigest, openCheckpoints } from "#standalone/checkpoint.ts";

const cache = mkdtempSync(join(tmpdir(), "sandcell-checkpoint-"));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const make = (key: string) =>
  openCheckpoints(cache, key).make(Buffer.from("ready"), async (path) => {
    mkdirSync(path);
    writeFileSync(join(path, "checkpoint.img"), "image");
  });

test("a checkpoint is found once it is whole, and not after it is removed", async () => {
  const store = openCheckpoints(cache, "whole");
  expect(store.find()).toBeUndefined();
  await make("whole");
  expect(existsSync(store.find()?.readyFramePath ?? "")).toBe(true);
  store.remove();
  expect(store.find()).toBeUndefined();
});
test("one that could not be made is never seen", async () => {
  const store = openCheckpoints(cache, "failed");
  const failing = store.make(Buffer.from("ready"), async () => {
    throw new Error("no space");
  });
  await expect(failing).rejects.toThrow("no space");
  expect(store.find()).toBeUndefined();
});
test("the four used last are kept", async () => {
  for (const [age, key] of ["first", "second", "third", "fourth"].entries()) {
    await make(key);
    utimesSync(join(cache, "checkpoint", key), 1000 + age, 1000 + age);
  }
  openCheckpoints(cache, "first").find();
  await make("fifth");
  expect(readdirSync(join(cache, "checkpoint")).sort()).toEqual(["fifth", "first", "fourth", "third"]);
});
test("an edited kernel is another kernel, whatever its tests say", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandcell-digest-"));
  mkdirSync(join(folder, "tests"));
  writeFileSync(join(folder, "main.py"), "1");
  const before = folderDigest(folder);
  writeFileSync(join(folder, "tests", "a_test.py"), "1");
  expect(folderDigest(folder)).toBe(before);
  writeFileSync(join(folder, "main.py"), "2");
  expect(folderDigest(folder)).not.toBe(before);
  expect(checkpointKey("a", "b")).not.toBe(checkpointKey("ab"));
  rmSync(folder, { recursive: true, force: true });
});
