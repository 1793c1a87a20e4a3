import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const sources = execFileSync("git", ["ls-files", "*.ts", "*.mjs", "*.py"], { cwd: root, encoding: "utf8" })
  .trim()
  .split("\n")
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const isTest = (path: string) =>
  path.startsWith("test/") || /\.test\.ts$|\/tests?\/|\/testing\/|-contract\.ts$|\.checks\.ts$/.test(path);
const product = sources.filter(({ path }) => path.endsWith(".ts") && !isTest(path));
const folderOf = (path: string) => path.split("/")[0] ?? "";

/** Which of our folders a folder may import, beside itself. */
const arrows: Record<string, string[]> = {
  protocol: [],
  service: ["protocol"],
  database: ["protocol"],
  operator: ["protocol", "service"],
  gateway: ["protocol", "service", "database"],
  agent: ["protocol", "service"],
  // Its SQLite and GridFS stores open databases the way the database folder does.
  filestore: ["protocol", "service", "database"],
  cell: ["protocol"],
};
/** Third-party modules that only some folders may touch. */
const owners: readonly (readonly [RegExp, string[]])[] = [
  [/^mongoose$/, ["database", "filestore"]],
  [/^node:sqlite$/, ["database", "filestore"]],
  [/^express$/, ["gateway", "filestore"]],
  [/^@nats-io\//, ["service", "gateway", "agent", "standalone"]],
  [/^@kubernetes\//, ["operator"]],
  [/^(@codemirror|@lezer|@mathjax|three|ansi_up)/, ["cell"]],
  [/^pino$/, ["service"]],
];
const importsOf = (text: string) =>
  [...text.matchAll(/^(?:import|export)\s(type\s)?[^;]*?from\s+"([^"]+)"/gm)].map(([, type, from]) => ({
    type: !!type,
    from: from ?? "",
  }));

describe("the house", () => {
  test("folders import only along the arrows", () => {
    const wrong = product.flatMap(({ path, text }) => {
      const allowed = arrows[folderOf(path)];
      if (!allowed) return [];
      return importsOf(text)
        .filter(({ from }) => from.startsWith("#"))
        .map(({ from }) => from.slice(1).split("/")[0] ?? "")
        .filter((folder) => folder !== folderOf(path) && !allowed.includes(folder))
        .map((folder) => `${path} -> ${folder}`);
    });
    expect(wrong).toEqual([]);
  });
  test("the cell takes types from the protocol and nothing else", () => {
    const wrong = product
      .filter(({ path }) => path.startsWith("cell/"))
      .flatMap(({ path, text }) =>
        importsOf(text).flatMap(({ type, from }) => (from.startsWith("#protocol") && !type ? [path] : [])),
      );
    expect(wrong).toEqual([]);
  });
  test("a third-party module is touched only by the folders that own it", () => {
    const wrong = product.flatMap(({ path, text }) =>
      importsOf(text).flatMap(({ from }) => {
        const owner = owners.find(([pattern]) => pattern.test(from));
        return owner && !owner[1].includes(folderOf(path)) ? [`${path} -> ${from}`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });
  test("the environment is read in one place, and by what starts other processes", () => {
    const readers = product.filter(({ text }) => /process\.env\b/.test(text)).map(({ path }) => path);
    expect(readers.filter((path) => path !== "service/settings.ts" && !path.startsWith("standalone/"))).toEqual([]);
  });
  test("no source is longer than 300 lines, and no main.ts than 80", () => {
    const long = sources.filter(
      ({ path, text }) => text.split("\n").length - 1 > (path.endsWith("main.ts") && !isTest(path) ? 80 : 300),
    );
    expect(long.map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`)).toEqual([]);
  });
  test("no file has a name that says nothing", () => {
    expect(
      sources
        .map(({ path }) => path)
        .filter((path) => /(^|\/)(utils?|helpers?|common|types|misc|manager|index)\.(ts|py|mjs)$/.test(path)),
    ).toEqual([]);
  });
  test("every source of the product opens by saying what it is", () => {
    expect(product.filter(({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/|declare)/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
