/** A file that stands from when the kernel is warm: a pod's probe looks for it, so that Ready means warm; next: serve.ts. */
import { writeFileSync } from "node:fs";

/** Returns what makes it, once. It is never taken away: an agent that leaves ends, and its container with it. */
export const warmFile = (path: string | undefined): (() => void) => {
  let due = path !== undefined;
  return () => {
    if (!due || path === undefined) return;
    due = false;
    writeFileSync(path, "");
  };
};
