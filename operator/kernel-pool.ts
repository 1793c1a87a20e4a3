/** A KernelPool: how many kernels to keep warm and of what kind, as one schema with all defaults; next: kernel-pool-following.ts. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { follow, schedules } from "#operator/kernel-pool-following.ts";
import { checkRules } from "#operator/kernel-pool-rules.ts";

const mebibyte = 1024 * 1024;
/** Of a list or map that an admin writes: enough for anything sensible, and it bounds what the API server must check. */
const entriesMax = 32;

const resources = z.object({
  memoryBytes: z
    .int()
    .positive()
    .default(2048 * mebibyte)
    .describe("The memory wall around the kernel, its temporary files included. A cluster sets as much aside for it."),
  temporaryBytes: z
    .int()
    .positive()
    .default(512 * mebibyte)
    .describe("The size of /tmp of the whole kernel. It is memory, so it must be below memoryBytes."),
  cpus: z
    .number()
    .positive()
    .default(2)
    .describe("Processors the kernel may use at most. On a cluster; one machine shares all of its own."),
  cpusRequested: z
    .number()
    .positive()
    .default(0.5)
    .describe(
      "Processors that a cluster sets aside for it: less than cpus lets more kernels share a node, at the price of waiting for each other.",
    ),
  threads: z
    .int()
    .positive()
    .default(2048)
    .describe(
      "Host threads, a backstop. On one machine; on a cluster the kubelet's podPidsLimit is that, and must be 1024 or more.",
    ),
});

const scheduling = z.object({
  nodeSelector: z
    .record(z.string(), z.string())
    .default({})
    .meta({ maxProperties: entriesMax })
    .describe("Labels that a node must have, besides those the runtime class asks for."),
  tolerations: z
    .array(
      z.object({
        key: z.string().exactOptional(),
        operator: z.enum(["Exists", "Equal"]).exactOptional(),
        value: z.string().exactOptional(),
        effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).exactOptional(),
      }),
    )
    .max(entriesMax)
    .default([])
    .describe("Taints of nodes that kernels tolerate, in Kubernetes' own terms."),
  priorityClassName: z.string().optional().describe("Kubernetes' priority class of the kernels."),
});

/** What a kernel is made of: a change of anything here makes a new revision and rolls it out. */
export const kernelTemplate = z.object({
  image: z.string().min(1).default("sandcell/kernel").describe("The kernel's image."),
  imagePullPolicy: z
    .enum(["Always", "IfNotPresent", "Never"])
    .default("IfNotPresent")
    .describe("When a node fetches the image."),
  imagePullSecrets: z.array(z.string()).max(entriesMax).default([]).describe("Names of secrets for the image's registry."),
  runtimeClassName: z
    .string()
    .default("gvisor")
    .describe("The RuntimeClass that is the sandbox. Empty only together with unsafeWithoutSandbox."),
  unsafeWithoutSandbox: z
    .boolean()
    .default(false)
    .describe(
      "Lets runtimeClassName be empty: users' code then runs on the nodes' own Linux. Never where strangers can reach it.",
    ),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .meta({ maxProperties: entriesMax })
    .describe("Labels for the pods. Those beginning with sandcell.dev/ are the operator's own and refused."),
  resources: resources.prefault({}).describe("What a kernel may use."),
  scheduling: scheduling.prefault({}).describe("Where kernels may run."),
});

const times = z.object({
  startMs: z
    .int()
    .positive()
    // Twelve seconds on an idle node, seventy on a full one; and before that a node that is new may fetch 700 MB of image for minutes.
    .default(300_000)
    .describe(
      "A kernel that is not warm by then is destroyed and counts as a failed start. On a cluster the time to find a node and to fetch images is part of it.",
    ),
  computationMs: z
    .int()
    .positive()
    .default(300_000)
    .describe(
      "The longest time limit that gateways grant (their SANDCELL_TIME_LIMIT_SECONDS_MAX). A kernel that is asked to leave has this long, 30 s for its uploads, and 10 s more.",
    ),
  silenceMs: z
    .int()
    .positive()
    .default(20_000)
    .describe("A kernel that has spoken and then says nothing for this long is in doubt."),
  settleMs: z
    .int()
    .nonnegative()
    .default(1_000)
    .describe("A kernel busy for less than this still counts as free for refilling: most computations take milliseconds."),
  shrinkMs: z
    .int()
    .nonnegative()
    .default(30_000)
    .describe(
      "Idle kernels leave only when fewer would have done for this long; then a tenth of the stock at a time, and one at least.",
    ),
  backOffMs: z.int().positive().default(1_000).describe("The pause after a failed start, doubled each time."),
  backOffMaxMs: z.int().positive().default(60_000).describe("The longest such pause."),
});

export const kernelPoolFields = z.object({
  template: kernelTemplate
    .prefault({})
    .describe("What a kernel is made of. A change makes a new revision, which is rolled out."),
  capacity: z
    .object({
      idleMin: z.int().nonnegative().default(2).describe("Kernels kept idle. `kubectl scale` sets this."),
      idleMax: z.int().nonnegative().default(4).describe("More idle kernels than this leave after a while."),
      totalMax: z.int().positive().default(8).describe("Never more kernels than this, leaving ones included."),
    })
    .prefault({})
    .describe("How many kernels."),
  follow: follow.prefault({}).describe("How the stock follows the load, within totalMax."),
  schedules,
  refill: z
    .object({
      perSecond: z.number().positive().default(1).describe("Kernels created a second, in the long run."),
      burst: z.int().positive().default(4).describe("Kernels created at once after a quiet time."),
    })
    .prefault({})
    .describe("A token bucket for creating kernels."),
  isolation: z
    .enum(["fork", "sandbox"])
    .default("fork")
    .describe(
      "The wall between two computations: a child process of its own in one sandbox, or a sandbox of its own. It cannot be changed: make another pool.",
    ),
  reuse: z
    .object({
      computations: z.int().positive().default(1000).describe("Computations, then the kernel is replaced."),
      minutes: z.number().positive().default(120).describe("Minutes, then the kernel is replaced."),
    })
    .prefault({})
    .describe("With isolation fork: when a kernel is replaced, within maxUnavailable; at twice as much, at once."),
  updateStrategy: z
    .object({
      maxUnavailable: z.int().positive().default(1).describe("Kernels that may be missing at a time because of a roll-out."),
    })
    .prefault({})
    .describe("How a changed template reaches the kernels."),
  times: times.prefault({}).describe("Waits that have a limit, in milliseconds."),
});

export type KernelPoolSpec = z.infer<typeof kernelPoolFields>;
export type KernelTemplate = z.infer<typeof kernelTemplate>;
export const kernelPoolSpec = kernelPoolFields.superRefine(checkRules);

const uploadMs = 30_000;
const lastWordsMs = 10_000;
/** From being asked to leave to being destroyed. */
export const leaveMs = ({ times: { computationMs } }: KernelPoolSpec): number => computationMs + uploadMs + lastWordsMs;

/** Names what a kernel is made of; `also` names what the template alone does not show (the kernel's files, the runtime, the agent). */
export const templateRevision = (template: KernelTemplate, also = ""): string =>
  createHash("sha256")
    .update(JSON.stringify([template, also]))
    .digest("hex")
    .slice(0, 16);
