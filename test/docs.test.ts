import { readFileSync } from "node:fs";
import { join } from "node:path";
import { failures } from "#protocol/failures.ts";
import { settingsPage, settingsPath } from "#test/settings-table.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("the papers", () => {
  test("docs/settings.md is what the schemas say (node test/settings-table.ts writes it)", () => {
    expect(readFileSync(settingsPath, "utf8")).toBe(settingsPage());
  });
  test("every link of the README, ARCHITECTURE and CONTRIBUTING to a file of ours leads somewhere", () => {
    for (const paper of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
      for (const [, path] of read(paper).matchAll(/\]\((?!https?:)([^)#]+)\)/g))
        expect([paper, path, exists(path ?? "")]).toEqual([paper, path, true]);
  });
  test("every failure that tells a client to come back has words and a status that says so", () => {
    for (const { status, retry, words } of Object.values(failures)) {
      expect(words).toMatch(/\.$/);
      if (status === 429 || status === 503) expect(retry).toBe(true);
    }
  });
});

const exists = (path: string): boolean => {
  try {
    readFileSync(join(root, path));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EISDIR";
  }
};
