/** Files kept together; next: keepers.ts (the threads), tried by the disk's contract in blobs.test.ts. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Keep, keepAll } from "#filestore/keep.ts";
import { Keepers } from "#filestore/keepers.ts";

describe("files kept together", () => {
  let root: string;
  let made = 0;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "sandcell-keep-")));
    mkdirSync(join(root, ".unfinished"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const keep = (file: string, bytes: string | undefined): Keep => ({
    unfinished: join(root, ".unfinished", String(++made)),
    file: join(root, file),
    root,
    bytes: bytes === undefined ? undefined : Buffer.from(bytes),
  });
  const textOf = (file: string) => readFileSync(join(root, file), "utf8");
  const leftOver = ({ unfinished }: Keep) => existsSync(unfinished);

  test("each has its own outcome: a taken name, a folder in the way, a link that leads away", () => {
    mkdirSync(join(root, "aa"));
    writeFileSync(join(root, "aa", "old"), "old");
    const away = mkdtempSync(join(tmpdir(), "sandcell-away-"));
    symlinkSync(away, join(root, "bb"));
    const keeps = [
      keep("aa/new", "new"),
      keep("aa/old", "other"),
      keep("aa/old/below", "x"),
      keep("bb/a", "x"),
      keep("cc/deep/er/a", ""),
    ];
    expect(keepAll(keeps)).toEqual(["kept", "taken", "taken", "astray", "kept"]);
    expect([textOf("aa/new"), textOf("aa/old"), textOf("cc/deep/er/a")]).toEqual(["new", "old", ""]);
    expect(keeps.filter(leftOver)).toEqual([]);
    expect(existsSync(join(away, "a"))).toBe(false);
    rmSync(away, { recursive: true });
  });
  test("of two of one name in one round the first is kept", () => {
    expect(keepAll([keep("a/x", "first"), keep("a/x", "second")])).toEqual(["kept", "taken"]);
    expect(textOf("a/x")).toBe("first");
  });
  test("what was written before is kept as it is; what was never written says so and harms no other", () => {
    const written = keep("a/large", undefined);
    writeFileSync(written.unfinished, "large");
    expect(keepAll([keep("a/none", undefined), written])).toEqual([expect.objectContaining({ code: "ENOENT" }), "kept"]);
    expect(textOf("a/large")).toBe("large");
  });
  test("by several threads, many at a time", async () => {
    const keepers = new Keepers();
    const keeps = Array.from({ length: 200 }, (_, at) => keep(`f${at % 7}/c${at}/out/a`, `file ${at}`));
    const outcomes = await Promise.all(keeps.map((each) => keepers.keep(each)));
    expect(new Set(outcomes)).toEqual(new Set(["kept"]));
    expect(keeps.map(({ file }) => readFileSync(file, "utf8"))).toEqual(keeps.map((_, at) => `file ${at}`));
    expect(keeps.filter(leftOver)).toEqual([]);
    await keepers.close();
  });
  test("a file whose thread ends meanwhile is refused, not waited for", async () => {
    const keepers = new Keepers();
    const waiting = keepers.keep(keep("a/x", "x"));
    const refused = expect(waiting).rejects.toThrow("the thread ended");
    await keepers.close();
    await refused;
  });
});
