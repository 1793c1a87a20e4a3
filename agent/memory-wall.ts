/** Did the memory wall kill a process of the kernel? Asked of its cgroup; next: side-requests.ts. */
import { readFileSync } from "node:fs";

/**
 * The count of kills in the text of cgroup v2's `memory.events` or v1's `memory.oom_control`: both have a line `oom_kill N`.
 * Undefined where there is none.
 */
export function oomKills(text: string): number | undefined {
  const found = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Answers whether there were kills since it was made. Without a path, or when the cgroup is gone, no. */
export function memoryWall(path: string | undefined): () => boolean {
  const read = (): number => {
    if (path === undefined) return 0;
    try {
      return oomKills(readFileSync(path, "utf8")) ?? 0;
    } catch {
      return 0; // made when the sandbox starts, gone when it is deleted
    }
  };
  const before = read();
  return () => read() > before;
}
