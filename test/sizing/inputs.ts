/** What the sizing is computed from, each with its unit and where it comes from; every one is an option of the command; next: sizes.ts. */

/** measured: on this project's machine of two cores. set: a default of ours. chosen: a judgement. documented: by others, not tried here. */
type Input = { value: number; unit: string; what: string; from: "measured" | "set" | "chosen" | "documented"; where: string };

export const inputs = {
  arithmeticMs: measured(60, "ms", "`1+1`, from POST to outcome", "npm run bench"),
  algebraMs: measured(90, "ms", "`factor(2^64-1)`, from POST to outcome", "npm run bench"),
  integralMs: measured(88, "ms", "`integrate(sin(x)^2,x)`, from POST to outcome", "npm run bench"),
  plotMs: measured(610, "ms", "`plot(sin,(0,6))`, from POST to outcome", "npm run bench"),
  longMs: {
    value: 2_000,
    unit: "ms",
    what: "what those take that sleep, beside an arithmetic's",
    from: "chosen",
    where: "loadtest/lib/mix.js",
  },
  arithmeticCpuMs: measured(90, "ms", "CPU of a `1+1`, all processes together", "npm run bench"),
  algebraCpuMs: measured(122, "ms", "CPU of `factor(2^64-1)`, all processes together", "npm run bench"),
  integralCpuMs: measured(122, "ms", "CPU of `integrate(sin(x)^2,x)`, all processes together", "npm run bench"),
  plotCpuMs: measured(553, "ms", "CPU of `plot(sin,(0,6))`, all processes together", "npm run bench"),
  startCpuMs: measured(17_000, "ms", "CPU of a kernel's start in gVisor, 16 to 18 s", "on a node, npm run test:cluster"),
  startMs: measured(9_500, "ms", "a kernel's start, 7 to 12 s on an idle node", "docs/operating.md"),
  gatewayCpuMs: measured(1.5, "ms", "CPU of the gateway that takes a computation", "npm run loadtest -- control-plane"),
  hearingCpuMs: measured(
    0.47,
    "ms",
    "CPU of each other gateway, which hears of it: 0.29 to 0.33 of that",
    "npm run loadtest -- listening",
  ),
  natsCpuMs: measured(0.9, "ms", "CPU of nats-server for a computation", "npm run loadtest -- control-plane"),
  filestoreCpuMs: measured(1, "ms", "CPU of the filestore for a file", "npm run loadtest -- control-plane"),
  agentCpuMs: measured(3.5, "ms", "CPU of an agent for a computation, a file included", "npm run loadtest -- control-plane"),
  kernelMb: measured(500, "MB", "memory of a warm kernel", "docs/operating.md"),
  agentMb: measured(65, "MB", "memory of an agent", "docs/operating.md"),
  gatewayMb: measured(329, "MB", "memory of a gateway at 300 a second", "npm run loadtest -- control-plane"),
  operatorMb: measured(
    203,
    "MB",
    "memory of an operator without kernels, by the line through 500 and 4,000",
    "npm run bench:operator",
  ),
  operatorKernelMb: measured(0.053, "MB", "memory of an operator for each kernel, by that line", "npm run bench:operator"),
  subjectBytes: measured(
    370,
    "B",
    "memory of nats-server for each subject, two a computation for five minutes",
    "docs/operating.md",
  ),
  fillPerSecond: measured(61, "/s", "kernels that an operator and an API server add", "npm run bench:operator"),
  kernelMib: {
    value: 2048,
    unit: "MiB",
    what: "memory that a kernel asks for",
    from: "set",
    where: "template.resources.memoryBytes",
  },
  agentMib: {
    value: 384,
    unit: "MiB",
    what: "memory that its agent asks for",
    from: "set",
    where: "operator/pool/pod-template.ts",
  },
  sandboxMib: { value: 64, unit: "MiB", what: "memory that gVisor asks for", from: "set", where: "runtimeClass.overhead" },
  reuse: {
    value: 1_000,
    unit: "",
    what: "computations after which a kernel is replaced",
    from: "set",
    where: "reuse.computations",
  },
  utilization: { value: 0.7, unit: "", what: "part of the kernels that computes", from: "set", where: "follow.utilization" },
  nodeCores: { value: 16, unit: "", what: "cores of a node", from: "chosen", where: "" },
  nodeGib: { value: 64, unit: "GiB", what: "memory of a node for pods", from: "chosen", where: "" },
  nodePods: {
    value: 110,
    unit: "",
    what: "pods of a node at most",
    from: "documented",
    where: "Kubernetes, kubelet's maxPods",
  },
  nodeUse: {
    value: 0.6,
    unit: "",
    what: "part of the nodes' cores that computes: beyond it, times grow",
    from: "chosen",
    where: "",
  },
  threadUse: {
    value: 0.7,
    unit: "",
    what: "part of its one thread that a gateway uses",
    from: "chosen",
    where: "docs/operating.md",
  },
  spread: {
    value: 2.33,
    unit: "",
    what: "standard deviations of the number that compute at once to have idle: 99 in 100 find one",
    from: "chosen",
    where: "",
  },
} satisfies Record<string, Input>;
export type Inputs = Record<keyof typeof inputs, number>;

function measured(value: number, unit: string, what: string, where: string): Input {
  return { value, unit, what, from: "measured", where };
}

export const names = Object.keys(inputs) as (keyof Inputs)[];
export const defaults = Object.fromEntries(names.map((name) => [name, inputs[name].value])) as Inputs;
/** `nodeCores` as it is typed. */
export const optionOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
