/** Published npm packages that only tests need, fetched once for each version outside of the tree; next: mongo-server.ts. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const timeout = 120_000;

/** What `require(name)` gives. */
export async function npmClient<T>(name: string, version: string): Promise<T> {
  return createRequire(join(await npmFolder(name, version), "package.json"))(name) as T;
}

/** The folder that holds the package's `node_modules`. */
async function npmFolder(name: string, version: string): Promise<string> {
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`];
  return madeOnce(`${name.replace("/", "-")}-${version}`, (folder) =>
    run("npm", ["install", "--prefix", folder, ...options], { timeout }),
  );
}

/** The folder with the package's own files, as they were published, without what it depends on. */
export async function npmFiles(name: string, version: string): Promise<string> {
  const folder = await madeOnce(`${name.replace("/", "-")}-${version}-files`, async (making) => {
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", making, `${name}@${version}`], { timeout });
    await run("tar", ["-xzf", join(making, stdout.trim()), "-C", making], { timeout });
  });
  return join(folder, "package");
}

async function madeOnce(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(process.env["SANDCELL_CACHE"] ?? join(homedir(), ".cache/sandcell"), name);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${randomUUID()}`;
  mkdirSync(making, { recursive: true });
  await make(making);
  try {
    renameSync(making, folder);
  } catch {
    rmSync(making, { recursive: true }); // another test was first
  }
  return folder;
}
