// The kernel's root file system: Debian and Sage, made by kernel-image/build. Next: cell-bundle.mjs.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureDebianPackages } from "./debian.mjs";
import { withLock } from "./lock.mjs";
import { cachePath, Missing, projectPath, quiet } from "./places.mjs";
import { ask, findProgram, run } from "./programs.mjs";

const buildScript = join(projectPath, "kernel-image/build/build.py");
const bytesAbout = 1.9e9;

/** Returns the folder of the root, made (about two minutes, as root) when it is not there. */
export const ensureKernelRoot = async (progress = quiet) => {
  if (!findProgram("python3")) await ensureDebianPackages(["python3"], progress);
  const env = { ...process.env, SANDCELL_CACHE: cachePath() };
  const path = ask("python3", [buildScript, "path"])?.trim();
  if (!path) throw new Error(`python3 ${buildScript} path fails`);
  if (existsSync(path)) return path;
  if (process.getuid() !== 0)
    throw new Missing(
      "The kernel's root file system (Debian and Sage) is not made yet, and making it needs root, once. Please run:\n" +
        `  sudo SANDCELL_CACHE=${env.SANDCELL_CACHE} npm start -- --install-only`,
    );
  await withLock(path, async () => {
    if (existsSync(path)) return;
    await ensureDebianPackages(["mmdebstrap"], progress);
    const onLine = (line) => {
      const found = /^(\d+)% (.*)/.exec(line);
      if (found) progress.say(found[2], Number(found[1]));
    };
    await run(["python3", buildScript, "root"], { env, onLine });
    progress.made(bytesAbout);
  });
  return path;
};
