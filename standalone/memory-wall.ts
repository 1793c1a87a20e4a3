/** The wall around all processes of one kernel: a control group that holds its memory and threads; next: bundle.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartRefused } from "#standalone/data-folder.ts";

export type MemoryWall = {
  /** Makes the group and says what starts a command inside it. */
  make: (kernel: string, limits: { memoryBytes: number; threads: number }) => { enter: (argv: readonly string[]) => string[] };
  /** Kills whatever is inside and removes the group; throws when something will not go. Groups unknown are no error. */
  remove: (kernel: string) => Promise<void>;
  /** Kernels that have a group, also those of an earlier run. */
  list: () => string[];
  pids: (kernel: string) => number[];
  /** The file in which the system counts its kills for want of memory. */
  eventsPath: (kernel: string) => string;
  /** Whatever is still inside is killed, and the groups' parent goes too: a start that is cut short may have a kernel in the making. */
  close: () => Promise<void>;
};

const write = (path: string, value: string | number) => writeFileSync(path, String(value));
const optional = (path: string, value: string | number) => {
  if (existsSync(path)) write(path, value);
};

/** One hierarchy (v1: one for each controller; v2: one for all), and how its limits are written. */
type Hierarchy = { parent: string; limit: (group: string, limits: { memoryBytes: number; threads: number }) => void };

const version1 = (mark: string): Hierarchy[] => [
  {
    parent: `/sys/fs/cgroup/memory/sandcell-${mark}`,
    limit: (group, { memoryBytes }) => {
      write(join(group, "memory.limit_in_bytes"), memoryBytes);
      // Without it what does not fit would go to the swap, not away.
      optional(join(group, "memory.memsw.limit_in_bytes"), memoryBytes);
    },
  },
  { parent: `/sys/fs/cgroup/pids/sandcell-${mark}`, limit: (group, { threads }) => write(join(group, "pids.max"), threads) },
];

const version2 = (mark: string): Hierarchy[] => [
  {
    parent: `/sys/fs/cgroup/sandcell-${mark}`,
    limit: (group, { memoryBytes, threads }) => {
      write(join(group, "memory.max"), memoryBytes);
      optional(join(group, "memory.swap.max"), 0);
      // The whole sandbox dies or nothing: half a sandbox is a kernel in doubt.
      optional(join(group, "memory.oom.group"), 1);
      write(join(group, "pids.max"), threads);
    },
  },
];

/** Throws StartRefused when this machine lets us make no such group. */
export const openMemoryWall = (mark: string): MemoryWall => {
  const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const hierarchies = unified ? version2(mark) : version1(mark);
  try {
    if (unified) write("/sys/fs/cgroup/cgroup.subtree_control", "+memory +pids");
    for (const { parent } of hierarchies) mkdirSync(parent, { recursive: true });
    if (unified) write(`/sys/fs/cgroup/sandcell-${mark}/cgroup.subtree_control`, "+memory +pids");
  } catch (error) {
    throw new StartRefused(
      `The memory of kernels cannot be limited here: no control group can be made (${(error as Error).message}). Start as root, ` +
        "on a system with cgroups; without this wall one computation could take all memory of the machine.",
    );
  }
  const groups = (kernel: string) => hierarchies.map(({ parent }) => join(parent, kernel));
  const pids = (kernel: string) => [...new Set(groups(kernel).flatMap(groupPids))];
  let closed = false;
  const list = () => [...new Set(hierarchies.flatMap(({ parent }) => subfolders(parent)))];
  const remove = async (kernel: string) => {
    for (const until = Date.now() + 5000; ; ) {
      for (const pid of pids(kernel)) killQuietly(pid);
      if (groups(kernel).every(removeGroup)) return;
      if (Date.now() > until) throw new Error(`processes of kernel ${kernel} do not end: ${pids(kernel).join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    pids,
    eventsPath: (kernel) => join(hierarchies[0]?.parent ?? "", kernel, unified ? "memory.events" : "memory.oom_control"),
    make: (kernel, limits) => {
      // A start that is being cut short must not make what nobody removes any more.
      if (closed) throw new Error("the system stops: no more kernels");
      hierarchies.forEach(({ parent, limit }) => {
        mkdirSync(join(parent, kernel));
        limit(join(parent, kernel), limits);
      });
      const files = groups(kernel).map((group) => join(group, "cgroup.procs"));
      // The shell enters and then becomes the command: what that starts is born inside. A failed entry starts nothing.
      const script = `${files.map((file) => `echo 0 > '${file}'`).join(" && ")} && exec "$@"`;
      return { enter: (argv) => ["/bin/sh", "-c", script, "sandcell-kernel", ...argv] };
    },
    remove,
    list,
    close: async () => {
      closed = true;
      await Promise.all(list().map(remove));
      for (const { parent } of hierarchies) removeGroup(parent);
    },
  };
};

const groupPids = (group: string): number[] => {
  try {
    return readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** A group's members are ours by the group's name, so no further proof is needed; 0 is one from another pid namespace. */
const killQuietly = (pid: number) => {
  try {
    if (pid > 1) process.kill(pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
};

const removeGroup = (group: string): boolean => {
  try {
    rmdirSync(group);
  } catch {
    return !existsSync(group);
  }
  return true;
};

const subfolders = (path: string): string[] =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    : [];
