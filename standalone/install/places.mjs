// Where the installer keeps things, and the way it refuses in words. Next: programs.mjs.
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's own folder. */
export const projectPath = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Big things, each under a name with its version: SANDCELL_CACHE, else ~/.cache/sandcell. */
export const cachePath = () => resolve(process.env.SANDCELL_CACHE || join(homedir(), ".cache/sandcell"));

/** Something is missing that the installer cannot bring; the message says what, and how to get it. */
export class Missing extends Error {
  name = "Missing";
}

/** What a step may tell while it works: `say` what it does now (percent if known), `made` that it made or fetched so many bytes. */
export const quiet = { say: (_what, _percent) => {}, made: (_bytes) => {} };

/**
 * Makes a file under a temporary name beside it and renames it when it is whole, so that an interruption never leaves half of it.
 * What earlier, interrupted makings left is removed first; call it under the lock of `path` only.
 */
export const makeWhole = async (path, make) => {
  const parent = dirname(path);
  const prefix = `${path.slice(parent.length + 1)}.part-`;
  if (existsSync(parent))
    for (const name of readdirSync(parent))
      if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
  const part = join(parent, `${prefix}${process.pid}`);
  try {
    await make(part);
    renameSync(part, path);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
};
