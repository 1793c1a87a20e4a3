/** The whole system for a test file: everything real, and what it must not leave behind; next: ledger-audit.ts. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Given, type SystemOptions, systemOptions } from "#standalone/options-of-system.ts";
import { type System, startSystem } from "#standalone/system.ts";
import { places } from "#standalone/testing/places.ts";
import { traces } from "#standalone/testing/running.ts";

export type LiveSystem = System & {
  /** The processes inside a kernel's wall whose command line begins so. */
  insideWall: (kernel: string, program: string) => number[];
  /** Stops it, and says what it left: processes, mounts, control groups. */
  end: () => Promise<string[]>;
};

/** A pool of one machine brings a lost kernel back in five seconds, for the sake of those who compute: here they wait for it. */
const refill = { perSecond: 5, burst: 4 };

/** `adjust`: what no option says, as a smaller wall. */
export const startLiveSystem = async (
  given: Partial<Given>,
  adjust: (options: SystemOptions) => SystemOptions = (options) => options,
): Promise<LiveSystem> => {
  const dataPath = given.dataPath ?? mkdtempSync(join(tmpdir(), "sandcell-live-"));
  const options = systemOptions({ ...places(), logLevel: "warn", ...given, dataPath });
  const system = await startSystem(adjust({ ...options, pool: { ...options.pool, refill } }));
  return {
    ...system,
    insideWall: (kernel, program) => system.kernelPids(kernel).filter((pid) => commandOf(pid).startsWith(program)),
    end: async () => {
      await system.stop();
      const left = traces(dataPath);
      rmSync(dataPath, { recursive: true, force: true });
      return left;
    },
  };
};

export const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return ""; // it is gone
  }
};
