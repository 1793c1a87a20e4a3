/** What the desk of a kernel is given; next: desk.ts. */
import type { Kernel } from "#agent/kernel.ts";
import type { Outlet } from "#agent/transcript.ts";
import type { Log } from "#service/log.ts";

export type DeskOptions = {
  kernel: Kernel;
  log: Log;
  /** Where the records of a computation or session go. */
  outlet: (id: string) => Outlet;
  /** The state changed: say so. */
  changed: () => void;
  killedByMemory: () => boolean;
  spoolDirectory: string;
  /** Warm by then, or destroyed. */
  startMs: number;
  /** One-shot computations that it serves, and how long it lives; then it is replaced. */
  computationsMax: number;
  lifetimeMs: number;
  sessionIdleMs: number;
};
