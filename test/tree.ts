/** The files of this tree, for tests that read all of it; next: architecture.test.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
/** What is installed, built or kept, not written. */
const notOurs = new Set(["node_modules", ".git", "dist", "data", "__pycache__"]);

const walk = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : [];
  });

/** Paths from the root of the tree. Read once: a test that writes files does not see them. */
export const allFiles: readonly string[] = walk("").sort();
export const read = (path: string): string => readFileSync(join(root, path), "utf8");
export const isTest = (path: string): boolean =>
  /^test\/|\.(test|checks)\.ts$|_test\.py$|-contract\.ts$|\/tests?\/|\/testing\//.test(path);
