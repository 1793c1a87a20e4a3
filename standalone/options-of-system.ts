/** What a system on one machine is started with; next: command-line.ts (how they are typed), system.ts (what is made of them). */
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { type KernelPoolSpec, kernelPoolSpec } from "#operator/kernel-pool.ts";

export type SystemOptions = {
  /** The folder of this program: protocol/, gateway/, … */
  treePath: string;
  cachePath: string;
  dataPath: string;
  natsServerPath: string;
  runscPath: string;
  kernelRootPath: string;
  /** The kernel's Python, seen inside as /opt/kernel. */
  kernelCodePath: string;
  host: string;
  /** Ports; 0 takes a free one. */
  port: number;
  framePort: number;
  metricsPort: number;
  frameUrl: string | undefined;
  widgetModulesUrl: string | undefined;
  token: string | undefined;
  /** More than one only to try how gateways share a ledger: the others take free ports. */
  gateways: number;
  pool: KernelPoolSpec;
  timeLimitSeconds: number;
  timeLimitMaxSeconds: number;
  unsafeWithoutGvisor: boolean;
  /** Kernels compute nothing: no Sage and no sandbox are needed. */
  echo: boolean;
  logLevel: string;
  /** Cuts the start short: what was started is stopped. */
  signal: AbortSignal | undefined;
  /** Where progress is told, a line at a time. */
  tell: (line: string) => void;
};

/** The one pool of one machine. */
export const ownPool = "default";

/** Told apart from the whole: what must be given. */
export type Given = Pick<SystemOptions, "dataPath" | "cachePath" | "natsServerPath" | "runscPath" | "kernelRootPath"> &
  Partial<Omit<SystemOptions, "kernelCodePath">> & {
    kernelCodePath?: string | undefined;
    kernels?: number;
    kernelsMax?: number | undefined;
    isolation?: "fork" | "sandbox";
  };

/** Memory that one more kernel may count on. */
const kernelShareBytes = 1024 ** 3;
const memoryShare = 0.75;
/**
 * The wall around one kernel: a quarter of the machine within these bounds. The upper one lies above a process's address space (4 GiB)
 * and what a warm kernel weighs, so that where memory allows it one greedy process meets its own limit before the common wall.
 */
const wallBytes = { least: 2048 * 1024 ** 2, most: 4864 * 1024 ** 2, share: 0.25 };
const kernelsMaxMost = 16;
/** One that computes nothing never needs to be replaced, and costs what its agent does. */
const echoReuse = { computations: 1_000_000_000, minutes: 30 * 24 * 60 };

export const kernelsThatFit = (kernels: number, memoryBytes = totalmem()): number =>
  Math.max(kernels, Math.min(kernelsMaxMost, Math.floor((memoryBytes * memoryShare) / kernelShareBytes)));

export const wallThatFits = (memoryBytes = totalmem()): number =>
  Math.max(wallBytes.least, Math.min(wallBytes.most, Math.floor(memoryBytes * wallBytes.share)));

/**
 * A restore costs half a second of CPU. For a sandbox each computation it must be often; kernels that serve many come slowly
 * beyond the first, because on a machine that is busy already they would take from the computations they are to help.
 */
const refillOf = (kind: "fork" | "sandbox" | "echo", idleMin: number) => {
  if (kind === "sandbox") return { perSecond: 2, burst: Math.max(4, idleMin) };
  return { perSecond: kind === "echo" ? 5 : 0.2, burst: idleMin };
};

export const systemOptions = (given: Given): SystemOptions => {
  const treePath = given.treePath ?? resolve(import.meta.dirname, "..");
  const idleMin = given.kernels ?? Math.max(2, Math.min(4, availableParallelism()));
  const totalMax = Math.max(1, given.kernelsMax ?? (given.echo ? idleMin : kernelsThatFit(idleMin)));
  const timeLimitMaxSeconds = given.timeLimitMaxSeconds ?? 120;
  const base = kernelPoolSpec.parse({});
  const isolation = given.isolation ?? base.isolation;
  const pool = kernelPoolSpec.parse({
    ...base,
    capacity: { idleMin: Math.min(idleMin, totalMax), idleMax: Math.min(idleMin + 2, totalMax), totalMax },
    isolation,
    ...(given.echo ? { reuse: echoReuse } : {}),
    refill: refillOf(given.echo ? "echo" : isolation, idleMin),
    template: {
      ...base.template,
      resources: { ...base.template.resources, memoryBytes: wallThatFits() },
    },
    times: { ...base.times, computationMs: timeLimitMaxSeconds * 1000 },
  });
  return {
    host: "127.0.0.1",
    port: 0,
    framePort: 0,
    metricsPort: 0,
    frameUrl: undefined,
    widgetModulesUrl: undefined,
    token: undefined,
    gateways: 1,
    timeLimitSeconds: Math.min(60, timeLimitMaxSeconds),
    unsafeWithoutGvisor: false,
    echo: false,
    logLevel: "info",
    signal: undefined,
    tell: () => undefined,
    pool,
    ...given,
    kernelCodePath: given.kernelCodePath ?? join(treePath, "kernel-image", "kernel"),
    treePath,
    timeLimitMaxSeconds,
  };
};
