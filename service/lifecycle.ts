/** Run and stop in order: what a main.ts does after it has built its parts; next: the process folders. */
import type { Log } from "#service/log.ts";

export type Stoppable = { name: string; stop: () => Promise<void> };

const stopMsMax = 15_000;

/**
 * Waits for SIGTERM, SIGINT or (with `exitWithParent`) the end of standard input, then stops `parts` in the given order,
 * 15 s for all of them at most, and ends the process: 0, or 1 when a part failed or did not stop in time.
 */
export function stopOnSignal(parts: readonly Stoppable[], options: { log: Log; exitWithParent: boolean }): void {
  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    options.log.info({ why }, "stopping");
    const tooLate = setTimeout(() => process.exit(1), stopMsMax);
    let failed = false;
    for (const part of parts) {
      try {
        await part.stop();
      } catch (error) {
        failed = true;
        options.log.error({ part: part.name, error }, "did not stop cleanly");
      }
    }
    clearTimeout(tooLate);
    process.exit(failed ? 1 : 0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
  if (options.exitWithParent) {
    process.stdin.on("end", () => void stop("parent gone"));
    process.stdin.on("error", () => void stop("parent gone"));
    process.stdin.resume();
  }
}
