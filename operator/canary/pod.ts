/** The pod of a canary: a kernel's in everything that is a wall, smaller, and with the canary in the kernel's place: PURE; next: inside.py. */
import { type KernelPoolSpec, type KernelTemplate, kernelPoolSpec } from "#operator/kernel-pool.ts";
import { kernelPod, type PodInput } from "#operator/pool/pod-template.ts";

const mebibyte = 1024 * 1024;

/** What the canary is told; inside.py reads it. Places are name, host and port. */
export type Asked = {
  try: readonly string[];
  port: number;
  forbidden: readonly (readonly [string, string, number])[];
  needed: readonly (readonly [string, string, number])[];
  connectSeconds: number;
  networkTries: number;
  temporaryBytes: number;
  cpus: number;
  spinners: number;
  spinSeconds: number;
  memoryBytes: number;
  processes: number;
  processesAllowed: number;
};

/**
 * Two pods, because the walls of memory and of processes end who runs into them. Small limits prove a node as well as big ones, on a node with few processors
 * too, and take nothing from its kernels.
 */
export const attempts = [
  { walls: ["disk", "network", "cpu", "memory"], memoryBytes: 256 * mebibyte, cpus: 0.4 },
  { walls: ["pids"], memoryBytes: 1536 * mebibyte, cpus: 2 },
] as const;
export type Attempt = (typeof attempts)[number];

const agentShare = { memoryBytes: 32 * mebibyte, cpus: 0.1 };
const agentResources = {
  cpu: `${agentShare.cpus * 1000}m`,
  memory: String(agentShare.memoryBytes),
  "ephemeral-storage": "16Mi",
};
const temporaryBytes = 64 * mebibyte;
const deadlineSeconds = 240;

/** The canary is no kernel: neither the pools nor the cleaner count it. */
export const canaryLabels = { "app.kubernetes.io/name": "sandcell", "app.kubernetes.io/component": "canary" } as const;

export type CanaryInput = Omit<PodInput, "id" | "revision"> & {
  attempt: Attempt;
  /** Only there; undefined: wherever a kernel could run. */
  node: string | undefined;
  places: Pick<Asked, "forbidden" | "needed">;
  /** The text of inside.py. */
  script: string;
};

const askedOf = ({ attempt, places, pool }: CanaryInput): Asked => ({
  try: attempt.walls,
  port: visitorsPort,
  ...places,
  connectSeconds: 3,
  networkTries: 4,
  temporaryBytes,
  // The node's walls stand around the pod, not around each container.
  cpus: attempt.cpus + agentShare.cpus,
  spinners: 8,
  spinSeconds: 3,
  memoryBytes: attempt.memoryBytes + agentShare.memoryBytes,
  processes: Math.ceil(1.25 * pool.spec.template.resources.threads),
  processesAllowed: pool.spec.template.resources.threads,
});
/** Where the canary listens, to hear whether anybody reaches it. */
export const visitorsPort = 8080;

export const canaryPod = (input: CanaryInput) => {
  const { pool, attempt, node } = input;
  const { memoryBytes, cpus } = attempt;
  const resources = { ...pool.spec.template.resources, memoryBytes, temporaryBytes, cpus, cpusRequested: Math.min(cpus, 0.1) };
  const template: KernelTemplate = { ...pool.spec.template, resources };
  const spec: KernelPoolSpec = { ...kernelPoolSpec.parse({}), template };
  const kernels = kernelPod({ ...input, id: "canary", revision: "canary", pool: { ...pool, spec } });
  const [agent, kernel] = kernels.spec?.containers ?? [];
  if (!agent || !kernel) throw new Error("a kernel's pod has an agent and a kernel");
  const { startupProbe: _, ...quietAgent } = agent;
  const { args: __, ...quietKernel } = kernel;
  const field = "metadata.name";
  const there = { nodeSelectorTerms: [{ matchFields: [{ key: field, operator: "In", values: [node ?? ""] }] }] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: there } };
  return {
    ...kernels,
    metadata: {
      generateName: "canary-",
      namespace: pool.namespace,
      labels: { ...template.labels, ...canaryLabels },
      ownerReferences: kernels.metadata?.ownerReferences?.map(({ controller: ___, ...owner }) => owner) ?? [],
    },
    spec: {
      ...kernels.spec,
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      ...(node === undefined ? {} : { affinity }),
      containers: [
        {
          ...quietAgent,
          command: ["sleep", String(deadlineSeconds)],
          env: [],
          resources: { requests: agentResources, limits: agentResources },
        },
        {
          ...quietKernel,
          command: ["/usr/bin/python3", "-S", "-c", input.script, JSON.stringify(askedOf(input))],
          env: [
            // What the image says for Sage is not for this.
            { name: "LD_PRELOAD", value: "" },
            { name: "HOST_IP", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
          ],
        },
      ],
    },
  };
};
