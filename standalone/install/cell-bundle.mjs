// The cell, bundled for browsers; built when its sources are newer than what was built last. Next: ../start.mjs.
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { projectPath, quiet } from "./places.mjs";
import { run } from "./programs.mjs";

const depthMax = 8;

/** When the newest file below a folder was changed, in ms; `skip` names folders not to look into. */
export const newestChange = (folder, skip, depth = 0) => {
  if (depth > depthMax) return 0;
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skip.includes(entry.name)) newest = Math.max(newest, newestChange(path, skip, depth + 1));
    } else newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
};

/** Returns the folder of the built cell. `node` is Node 24. */
export const ensureCellBundle = async (node, progress = quiet) => {
  const source = join(projectPath, "cell");
  const path = join(source, "dist");
  const script = join(source, "build.mjs");
  const stamp = join(path, ".built");
  const isBuilt = () => {
    if (!existsSync(stamp)) return false;
    const changes = [newestChange(source, ["dist"]), statSync(join(projectPath, "package-lock.json")).mtimeMs];
    return Math.max(...changes) < statSync(stamp).mtimeMs;
  };
  if (isBuilt()) return path;
  await withLock(path, async () => {
    if (isBuilt()) return;
    const start = new Date();
    progress.say("bundling");
    await run([node, script], { cwd: projectPath, onLine: (line) => progress.say(line) });
    let bytes = 0;
    for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
      if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
    writeFileSync(stamp, "");
    // As of the start: what was changed while it was bundled counts as newer.
    utimesSync(stamp, start, start);
    progress.made(bytes);
  });
  return path;
};
