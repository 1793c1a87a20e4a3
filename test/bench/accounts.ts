/** What a tree of processes costs: CPU of a control group that all of them are born into; next: bare.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");
const base = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpuacct";

export type Account = {
  /** argv that starts a command inside. */
  enter: (argv: readonly string[]) => [string, string[]];
  /** Milliseconds of CPU since it was made, of the living and the dead. */
  cpuMs: () => number;
  close: () => void;
};

export function openAccount(name: string): Account {
  const group = join(base, `sandcell-bench-${process.pid}-${name}`);
  mkdirSync(group, { recursive: true });
  return {
    enter: (argv) => ["/bin/sh", ["-c", `echo 0 > '${group}/cgroup.procs' && exec "$@"`, "bench", ...argv]],
    cpuMs: () => {
      if (!unified) return Number(readFileSync(join(group, "cpuacct.usage"), "utf8")) / 1e6;
      return Number(/usage_usec (\d+)/.exec(readFileSync(join(group, "cpu.stat"), "utf8"))?.[1]) / 1000;
    },
    close: () => {
      try {
        rmdirSync(group);
      } catch {
        // Somebody is still in it: it goes with the machine.
      }
    },
  };
}

/** Proportional resident memory in MB of each process by what it is. */
export function memoryOf(roots: readonly { name: string; pid: number }[]): Record<string, number> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${entry}/status`))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: Record<string, number> = {};
  for (const { name, pid } of roots) {
    found[name] = pssOf(pid);
    const below = [...(children.get(pid) ?? [])];
    let sandbox = 0;
    for (const one of below) {
      sandbox += pssOf(one);
      below.push(...(children.get(one) ?? []));
    }
    if (sandbox > 0) found[`${name} (below it)`] = sandbox;
  }
  return found;
}

const pssOf = (pid: number): number =>
  Math.round(Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024);

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
