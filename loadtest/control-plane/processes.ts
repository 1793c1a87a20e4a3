/** What the processes of a running system cost, by what they are: CPU and memory, read from /proc; next: profile.ts. */
import { readdirSync, readFileSync } from "node:fs";

export type Part = "gateway" | "agents" | "nats-server" | "filestore" | "echo kernels" | "supervisor";
export const parts: readonly Part[] = ["gateway", "agents", "nats-server", "filestore", "echo kernels", "supervisor"];

/** In a command line, which of the parts it is. */
const marks: readonly [string, Part][] = [
  ["gateway/main.ts", "gateway"],
  ["agent/main.ts", "agents"],
  ["filestore/main.ts", "filestore"],
  ["echo-kernel.ts", "echo kernels"],
  ["standalone/main.ts", "supervisor"],
  ["nats-server", "nats-server"],
];
/** What the system counts CPU in: Linux shows hundredths of a second to programs. */
const tickMs = 10;

export type Found = { part: Part; pid: number };

/** The process and all below it. */
export function processesOf(root: number): Found[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${entry}/stat`))?.[1]);
    if (/^\d+$/.test(entry)) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const all = [root];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all.flatMap((pid) => {
    const command = read(`/proc/${pid}/cmdline`);
    const part = marks.find(([mark]) => command.includes(mark))?.[1];
    return part ? [{ part, pid }] : [];
  });
}

/** Milliseconds of CPU so far, by part; those that have ended are no longer counted. */
export function cpuMs(found: readonly Found[]): Record<Part, number> {
  return sums(found, (pid) => {
    const [, rest = ""] = /\) (.*)$/s.exec(read(`/proc/${pid}/stat`)) ?? [];
    const fields = rest.split(" ");
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMs;
  });
}

/** Proportional resident memory in MB, by part. */
export function memoryMb(found: readonly Found[]): Record<Part, number> {
  return sums(found, (pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024);
}

function sums(found: readonly Found[], of: (pid: number) => number): Record<Part, number> {
  const none = Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
  for (const { part, pid } of found) none[part] += of(pid);
  return none;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it is gone
  }
};
