/** The starter's second half as a process of its own, so that a test can kill it as users' machines do; next: main.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { settingsEnvironment } from "#service/settings.ts";
import { waitUntil } from "#standalone/ready.ts";
import { places, smallKernelPath } from "#standalone/testing/places.ts";

export type Running = {
  child: ChildProcess;
  /** All that it has said. */
  said: () => string;
  ended: Promise<string>;
};

const startMsMax = 60_000;

export const runMain = (options: { dataPath: string; more?: string[]; settings?: Record<string, string> }): Running => {
  const main = join(import.meta.dirname, "..", "main.ts");
  const argv = ["--disable-warning=ExperimentalWarning", main, "--data", options.dataPath, "--kernels", "1", "--port", "0"];
  const { cachePath, ...paths } = places();
  const settings = { ...paths, cache: cachePath, kernelCodePath: smallKernelPath, logLevel: "warn", ...options.settings };
  const child = spawn(process.execPath, [...argv, ...(options.more ?? [])], {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(cachePath, "compiled"), ...settingsEnvironment(settings) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = new Promise<string>((resolve) => child.once("close", (code, signal) => resolve(signal ?? `code ${code}`)));
  return { child, said: () => said, ended };
};

/** Resolves with the address once it is told. */
export const answering = async (running: Running): Promise<string> => {
  const told = () => /Sandcell answers at (\S+)/.exec(running.said())?.[1];
  await waitUntil(`Sandcell (it said: ${running.said()})`, startMsMax, async () => {
    if (running.child.exitCode !== null) throw new Error(`it ended: ${running.said()}`);
    return told() !== undefined;
  });
  return told() ?? "";
};

/** What the system recorded of its processes, by name. */
export const recorded = (dataPath: string): Map<string, number> => {
  const path = join(dataPath, "run", "processes.json");
  const entries = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as [string, { pid: number }][]) : [];
  return new Map(entries.map(([name, { pid }]) => [name, pid]));
};

/** Processes whose command line names the folder, its control groups, and its mounts: nothing may be left of these. */
export const traces = (dataPath: string): string[] => {
  const real = realpathSync(dataPath);
  const mark = createHash("sha256").update(real).digest("hex").slice(0, 12);
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes(real));
  const parents = ["memory", "pids", "."].map((part) => join("/sys/fs/cgroup", part, `sandcell-${mark}`));
  return [...mounts, ...parents.filter((path) => existsSync(path)), ...processesNaming(real)];
};

const processesNaming = (text: string): string[] => {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return line.includes(text) ? [`${pid} ${line.replaceAll("\0", " ")}`] : [];
      } catch {
        return [];
      }
    });
};
