/** A KernelPool: how many kernels to keep warm and of what kind, as one schema with all defaults; next: pool/decide.ts. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { limits, poolName } from "#protocol/computation.ts";

const mebibyte = 1024 * 1024;

/** What a computation may use unless its pool says otherwise. */
export const defaultLimits = {
  wallMs: 60_000,
  cpuSeconds: 60,
  addressSpaceBytes: 8 * 1024 * mebibyte,
  processes: 64,
  fileBytes: 64 * mebibyte,
  workspaceBytes: 128 * mebibyte,
  workspaceFiles: 2_000,
  outputBytes: 8 * mebibyte,
  outputMessages: 10_000,
  uploadFiles: 100,
  uploadBytes: 64 * mebibyte,
};

/** What a kernel is made of: a change of anything here makes a new revision and rolls it out. */
export const kernelTemplate = z.object({
  image: z.string().default("sandcell/kernel"),
  runtimeClassName: z.string().default("gvisor"),
  resources: z
    .object({
      /** The memory wall around the whole sandbox, its temporary files included. */
      memoryBytes: z.int().positive(),
      /** Host threads: a backstop far above what the processes limit allows inside. */
      threads: z.int().positive(),
      /** The size of /tmp of the whole kernel. */
      temporaryBytes: z.int().positive(),
    })
    .default({ memoryBytes: 2048 * mebibyte, threads: 2048, temporaryBytes: 512 * mebibyte }),
  limits: limits.default(defaultLimits),
});

/** Waits that have a limit, in milliseconds. */
const times = z.object({
  /** A kernel that is not warm by then is destroyed and counts as a failed start. */
  startMs: z.int().positive(),
  /** From being asked to leave to being destroyed: the longest time limit, the upload, and 10 s. */
  leaveMs: z.int().positive(),
  /** A kernel that has spoken and then says nothing for this long is in doubt. */
  silenceMs: z.int().positive(),
  /** A kernel busy for less than this still counts as free for refilling: most computations take milliseconds. */
  settleMs: z.int().nonnegative(),
  /** Idle kernels above idleMax leave only after this. */
  shrinkMs: z.int().nonnegative(),
  /** After a failed start: the first pause, doubled each time, up to the last. */
  backOffMs: z.int().positive(),
  backOffMaxMs: z.int().positive(),
});
export type PoolTimes = z.infer<typeof times>;

export const kernelPoolSpec = z
  .object({
    name: poolName.default("default"),
    template: kernelTemplate.prefault({}),
    capacity: z
      .object({ idleMin: z.int().nonnegative(), idleMax: z.int().nonnegative(), totalMax: z.int().positive() })
      .default({ idleMin: 2, idleMax: 4, totalMax: 8 }),
    /** A token bucket for creating kernels. */
    refill: z.object({ perSecond: z.number().positive(), burst: z.int().positive() }).default({ perSecond: 1, burst: 4 }),
    isolation: z.enum(["fork", "sandbox"]).default("fork"),
    /** With isolation fork: replaced after this many computations or minutes, within maxUnavailable; at twice as much, at once. */
    reuse: z
      .object({ computations: z.int().positive(), minutes: z.number().positive() })
      .default({ computations: 1000, minutes: 120 }),
    slots: z.int().positive().default(1),
    updateStrategy: z.object({ maxUnavailable: z.int().positive() }).default({ maxUnavailable: 1 }),
    times: times.default({
      startMs: 120_000,
      leaveMs: defaultLimits.wallMs + 30_000 + 10_000,
      silenceMs: 20_000,
      settleMs: 1_000,
      shrinkMs: 30_000,
      backOffMs: 1_000,
      backOffMaxMs: 60_000,
    }),
  })
  .superRefine((spec, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const { idleMin, idleMax, totalMax } = spec.capacity;
    if (idleMin > idleMax) refuse(["capacity", "idleMin"], "idleMin is above idleMax");
    if (idleMax > totalMax) refuse(["capacity", "idleMax"], "idleMax is above totalMax");
    if (spec.isolation === "sandbox" && spec.slots > 1) refuse(["slots"], "isolation sandbox allows one slot only");
    if (spec.times.leaveMs < spec.template.limits.wallMs)
      refuse(["times", "leaveMs"], "leaveMs is shorter than a computation may take");
    if (spec.template.resources.temporaryBytes >= spec.template.resources.memoryBytes)
      refuse(
        ["template", "resources", "temporaryBytes"],
        "temporary files live in memory: temporaryBytes must be below memoryBytes",
      );
  });
export type KernelPoolSpec = z.infer<typeof kernelPoolSpec>;
export type KernelTemplate = z.infer<typeof kernelTemplate>;

/** Names what a kernel is made of; `also` names what the template alone does not show (the kernel's files, the runtime). */
export const templateRevision = (template: KernelTemplate, also = ""): string =>
  createHash("sha256")
    .update(JSON.stringify([template, also]))
    .digest("hex")
    .slice(0, 16);
