/** Breaks a part of a running system and mends it again; next: cuts.ts (the network's share), cell.ts. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cutPort, cutProcess } from "#test/chaos/cuts.ts";
import type { Fault, Part } from "#test/chaos/matrix.ts";
import type { LiveSystem } from "#test/end-to-end/live-system.ts";

/** Ends the fault; what was killed is for the system to start again. */
export type Mend = () => Promise<void>;
type Aim = { system: LiveSystem; runscPath: string; part: Part; kernel: string };

const run = promisify(execFile);

export const breakPart = async (fault: Fault, aim: Aim): Promise<Mend> => {
  if (fault === "cut") return cut(aim);
  const signal = fault === "kill" ? "KILL" : "STOP";
  if (aim.part === "zygote" || aim.part === "child") return signalInside(aim, signal);
  const pids = pidsOf(aim);
  signalAll(pids, signal);
  return async () => {
    if (fault === "stop") signalAll(pids, "CONT");
  };
};

const pidOf = ({ system }: Aim, name: string): number => {
  const pid = system.processes().find((one) => one.name === name)?.pid;
  if (pid === undefined || pid <= 1) throw new Error(`${name} does not run`);
  return pid;
};
const pidsOf = (aim: Aim): number[] => {
  const { part, kernel, system } = aim;
  if (part === "sandbox") return system.insideWall(kernel, "runsc-sandbox");
  return [pidOf(aim, part === "agent" ? kernel : part === "gateway" ? "gateway-1" : part)];
};
const signalAll = (pids: number[], signal: "KILL" | "STOP" | "CONT") => {
  if (pids.length === 0) throw new Error("nothing to signal");
  for (const pid of pids)
    try {
      process.kill(pid, `SIG${signal}`);
    } catch (error) {
      // One that was stopped may have been killed meanwhile, by whoever gave it up.
      if (signal !== "CONT") throw error;
    }
};

/** The zygote is the child of the sandbox's first process; everything else in there is a child of the zygote. */
const signalInside = async ({ system, runscPath, part, kernel }: Aim, signal: "KILL" | "STOP"): Promise<Mend> => {
  const runsc = (...args: string[]) => run(runscPath, ["--root", join(system.dataPath, "run", "runsc"), ...args]);
  const { stdout } = await runsc("ps", kernel);
  const rows = stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const pids = rows.flatMap(([, pid = "", parent]) => (pid !== "1" && (parent === "1") === (part === "zygote") ? [pid] : []));
  if (pids.length === 0) throw new Error(`no ${part} in ${stdout}`);
  // A child that ended by itself since then is no longer there to be signalled.
  const all = (name: string) => Promise.allSettled(pids.map((pid) => runsc("kill", "-pid", pid, kernel, name)));
  await all(signal);
  return async () => {
    if (signal === "STOP") await all("CONT");
  };
};

const cut = (aim: Aim): Promise<Mend> => {
  const natsPort = Number(new URL(aim.system.natsUrl).port);
  if (aim.part === "nats-server") return cutPort(natsPort);
  const environment = readFileSync(`/proc/${pidOf(aim, "filestore")}/environ`, "utf8");
  const filestorePort = Number(/SANDCELL_FILESTORE_PORT=(\d+)/.exec(environment)?.[1]);
  if (aim.part === "filestore") return cutPort(filestorePort);
  return cutProcess(pidsOf(aim)[0] ?? -1, [natsPort, filestorePort]);
};
