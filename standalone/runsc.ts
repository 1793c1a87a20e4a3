/** How runsc is called, everywhere with the same flags; next: checkpoint.ts. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { StartRefused } from "#standalone/data-folder.ts";

const run = promisify(execFile);

/** Older ones lack fixes that the wall depends on. */
export const oldestRunsc = 20260801;
const callMsMax = 30_000;

/**
 * network none: loopback only. directfs off: the sandbox's kernel cannot open host files itself (costs nothing a computation).
 * overlay2 none: nothing is written beside the root. ignore-cgroups: our own group is around all of it already.
 */
export const runscFlags = [
  "--network=none",
  "--platform=systrap",
  "--directfs=false",
  "--overlay2=none",
  "--host-uds=none",
  "--ignore-cgroups",
] as const;

export type Runsc = {
  version: string;
  /** `--root` and flags are in front of what is given. */
  argv: (...more: string[]) => string[];
  checkpoint: (container: string, imagePath: string) => Promise<void>;
  /** Kills and forgets a container; one that is not known is no error. */
  remove: (container: string) => Promise<void>;
  list: () => Promise<string[]>;
  /** Takes away all that runsc keeps, its mount included. */
  close: () => void;
};

/** Throws StartRefused when there is no runsc that may be used: without it nothing runs. */
export const openRunsc = (path: string, statePath: string): Runsc => {
  const version = versionOf(path);
  const argv = (...more: string[]) => [path, "--root", statePath, ...runscFlags, ...more];
  const call = async (...more: string[]) => {
    const [program, ...args] = argv(...more);
    return (await run(program ?? path, args, { timeout: callMsMax, killSignal: "SIGKILL" })).stdout;
  };
  return {
    version,
    argv,
    checkpoint: async (container, imagePath) => {
      await call("checkpoint", "-image-path", imagePath, "-exclude-committed-zero-pages", container);
    },
    remove: async (container) => {
      await call("delete", "-force", container);
      for (const file of stateFiles(statePath, container)) rmSync(file, { force: true });
    },
    list: async () => (existsSync(statePath) ? (await call("list", "-quiet")).split("\n").filter(Boolean) : []),
    close: () => {
      const namespace = join(statePath, "null-netns");
      if (existsSync(namespace))
        try {
          execFileSync("umount", ["--lazy", namespace], { stdio: "ignore" });
        } catch {
          // it was no mount: made by a run that was killed before it mounted
        }
      rmSync(statePath, { recursive: true, force: true });
    },
  };
};

const stateFiles = (statePath: string, container: string): string[] =>
  existsSync(statePath)
    ? readdirSync(statePath)
        .filter((name) => name.includes(container))
        .map((name) => join(statePath, name))
    : [];

const versionOf = (path: string): string => {
  let text: string;
  try {
    text = execFileSync(path, ["--version"], { encoding: "utf8", timeout: callMsMax });
  } catch (error) {
    throw new StartRefused(
      `gVisor's runsc cannot be run (${path}: ${(error as Error).message.split("\n")[0]}). Nothing is computed without that wall; ` +
        "install runsc, or, where no stranger can reach this server, start with --unsafe-without-gvisor.",
    );
  }
  const version = /runsc version (.*)/.exec(text)?.[1]?.trim() ?? "unknown";
  const date = /(20\d{6})/.exec(version)?.[1];
  if (date !== undefined && Number(date) < oldestRunsc)
    throw new StartRefused(
      `gVisor's runsc at ${path} is of ${date}: take one of ${oldestRunsc} or later, older ones have known holes.`,
    );
  return version;
};
