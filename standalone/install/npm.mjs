// npm's packages, Node 24 among them, exactly as package-lock.json says. Next: nats-server.mjs.
import { existsSync, readFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { Missing, projectPath, quiet } from "./places.mjs";
import { ask, findProgram, run } from "./programs.mjs";
import { atLeast, versionIn } from "./versions.mjs";

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null);

/**
 * Whether what is installed is what the lock wants. `installed` is npm's own note of an installation (node_modules/.package-lock.json), which it writes
 * last, so an interrupted one does not match; optional packages, of other processors for instance, may be absent.
 */
export const matchesLock = (lock, installed) => {
  if (!installed) return false;
  const has = installed.packages ?? {};
  const wants = Object.entries(lock.packages).filter(([path]) => path !== "");
  const rightOnes = wants.every(([path, want]) =>
    has[path] ? has[path].version === want.version : want.optional || want.devOptional || want.peer,
  );
  return rightOnes && Object.keys(has).every((path) => lock.packages[path]);
};

/** Returns the folder node_modules, installed anew when it does not match the lock. No package's script runs. */
export const ensureNpm = async (progress = quiet) => {
  const path = join(projectPath, "node_modules");
  const isRight = () =>
    matchesLock(readJson(join(projectPath, "package-lock.json")), readJson(join(path, ".package-lock.json")));
  if (isRight()) return path;
  if (!findProgram("npm"))
    throw new Missing("npm is missing. Please install it (on Debian: apt-get install npm) and start again.");
  await withLock(path, async () => {
    if (isRight()) return;
    progress.say("npm ci");
    await run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: projectPath,
      onLine: (line) => progress.say(line),
    });
    if (!isRight()) throw new Error("npm ci ended well, but node_modules is not what package-lock.json says");
    progress.made(0);
  });
  return path;
};

/** Returns the path of Node 24, which comes as an npm package. Throws Missing when it does not run. */
export const ensureNode24 = async (progress = quiet) => {
  const path = join(await ensureNpm(progress), `node-linux-${arch()}/bin/node`);
  const version = ask(path, ["--version"]);
  if (!atLeast(versionIn(version), [24]))
    throw new Missing(
      `Node 24 is not at ${path} (it says: ${version?.trim() ?? "nothing"}). Processors known: x64 and arm64, with Linux.`,
    );
  return path;
};
