/** A published npm package that only tests need, installed once for each version outside of the tree; next: mongo-server.ts. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** What `require(name)` gives. */
export async function npmClient<T>(name: string, version: string): Promise<T> {
  return createRequire(join(await npmFolder(name, version), "package.json"))(name) as T;
}

/** The folder that holds the package's `node_modules`. */
export async function npmFolder(name: string, version: string): Promise<string> {
  const cache = process.env["SANDCELL_CACHE"] ?? join(homedir(), ".cache/sandcell");
  const folder = join(cache, `${name.replace("/", "-")}-${version}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${randomUUID()}`;
  mkdirSync(making, { recursive: true });
  const options = ["install", "--prefix", making, "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`];
  await promisify(execFile)("npm", options, { timeout: 120_000 });
  try {
    renameSync(making, folder);
  } catch {
    rmSync(making, { recursive: true }); // another test was first
  }
  return folder;
}
