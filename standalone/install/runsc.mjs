// runsc, gVisor's program: the wall round every kernel. The machine's own if it is new enough, else built from its Go module. Next: kernel-root.mjs.
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { goEnvironment } from "./go.mjs";
import { withLock } from "./lock.mjs";
import { cachePath, Missing, makeWhole, projectPath, quiet } from "./places.mjs";
import { ask, findProgram, run } from "./programs.mjs";
import { runscDay } from "./versions.mjs";

/** Releases before August 2026 have holes that have names (CVE-2026-96812). */
const oldestDay = 20260801;
/** The module's version in runsc/go.mod. */
const builtDay = 20260905;
const module = "gvisor.dev/gvisor";

/** The runsc on PATH when it may be used, else null. */
export const ownRunsc = () => {
  const own = findProgram("runsc");
  return own && runscDay(ask(own, ["--version"])) >= oldestDay ? own : null;
};

const buildRunsc = async (part, progress) => {
  const folder = `${part}.go`;
  try {
    const env = await goEnvironment(folder, progress);
    const options = { env, cwd: join(projectPath, "standalone/install/runsc") };
    let modules = 0;
    progress.say("fetching gVisor's modules");
    const onModule = (line) => line.startsWith("go: downloading") && progress.say(`fetching module ${++modules}`);
    let packages = 0;
    await run(["go", "mod", "download", module], { ...options, onLine: onModule });
    await run(["go", "list", "-deps", `${module}/runsc`], { ...options, onLine: () => packages++ });
    let compiled = 0;
    const onPackage = () => progress.say("compiling (100 s of processor time)", (100 * ++compiled) / packages);
    const flags = `-s -w -X ${module}/runsc/version.version=release-${builtDay}`;
    const build = ["go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", part, `${module}/runsc`];
    await run(build, { ...options, onLine: onPackage });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Returns the path of a runsc that may be used, built when there is none. Throws Missing, in words, when that fails. */
export const ensureRunsc = async (progress = quiet) => {
  const own = ownRunsc();
  if (own) return own;
  const path = join(cachePath(), "bin", `runsc-${builtDay}`);
  if (existsSync(path)) return path;
  await withLock(path, async () => {
    if (existsSync(path)) return;
    mkdirSync(join(cachePath(), "bin"), { recursive: true });
    await makeWhole(path, async (part) => {
      try {
        await buildRunsc(part, progress);
      } catch (error) {
        throw new Missing(
          `There is no runsc (gVisor) of August 2026 or later on PATH, and building it failed:\n${error.message}\n` +
            "Please install an official release (https://gvisor.dev/docs/user_guide/install/), or Go 1.26 or later, and start again.",
        );
      }
      chmodSync(part, 0o755);
      if (runscDay(ask(part, ["--version"])) !== builtDay) throw new Error("the runsc just built does not run here");
    });
    progress.made(statSync(path).size);
  });
  return path;
};
