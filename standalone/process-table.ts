/** Which processes there are and whether one is the one we mean, never by its number alone; next: processes.ts. */
import { readFileSync } from "node:fs";

/** Enough to know a process again after any restart of ours: numbers are used again, start times within one boot are not. */
export type ProcessMark = { pid: number; bootId: string; startTicks: string; argv: readonly string[] };

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Field 22 of /proc/<pid>/stat, clock ticks since boot; undefined: no such process, or only its corpse. */
export const startTicks = (pid: number): string | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold anything, blanks and brackets too: fields are counted behind the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

const commandLine = (pid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return undefined;
  }
};

export const markOf = (pid: number, argv: readonly string[]): ProcessMark | undefined => {
  const ticks = startTicks(pid);
  return ticks === undefined ? undefined : { pid, bootId: bootId(), startTicks: ticks, argv };
};

/** Provably the process that was marked: same boot, same start, and the command line that we gave it. */
export const isStill = (mark: ProcessMark): boolean => {
  if (mark.bootId !== bootId() || startTicks(mark.pid) !== mark.startTicks) return false;
  const running = commandLine(mark.pid) ?? "";
  // A process between its fork and its exec still shows a part or the whole of the wrapper that starts it.
  return running !== "" && `${mark.argv.join("\0")}\0`.endsWith(running);
};

/** SIGKILLs it if it is still that process, and waits until it is gone. False: it would not go within the limit. */
export const killMarked = async (mark: ProcessMark, limitMs = 5000): Promise<boolean> => {
  for (const until = Date.now() + limitMs; isStill(mark); ) {
    try {
      process.kill(mark.pid, "SIGKILL");
    } catch {
      return !isStill(mark);
    }
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
};
