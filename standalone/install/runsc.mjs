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

/** The runsc on PATH when it may be used, else null. */
export const ownRunsc = () => {
  const own = findProgram("runsc");
  return own && runscDay(ask(own, ["--version"])) >= oldestDay ? own : null;
};

const build = async (part, progress) => {
  const folder = `${part}.go`;
  try {
    const env = await goEnvironment(folder, progress);
    let modules = 0;
    const onLine = (line) => line.startsWith("go: downloading") && progress.say(`fetching module ${++modules}`);
    const cwd = join(projectPath, "standalone/install/runsc");
    progress.say("fetching gVisor's modules");
    await run(["go", "mod", "download", "gvisor.dev/gvisor"], { env, cwd, onLine });
    progress.say("compiling (100 s of processor time)");
    const flags = `-s -w -X gvisor.dev/gvisor/runsc/version.version=release-${builtDay}`;
    await run(["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", part, "gvisor.dev/gvisor/runsc"], {
      env,
      cwd,
      onLine,
    });
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
        await build(part, progress);
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
