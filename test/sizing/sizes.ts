/** How much of everything a rate needs: PURE; next: walls.ts. */
import type { Kind } from "#loadtest/lib/mix.js";
import type { Inputs } from "#test/sizing/inputs.ts";

/** Of one computation of a mix, on average: how long a kernel is held, CPU of all processes, files. */
export type Mean = { ms: number; cpuMs: number; files: number };

/** `error` is an arithmetic that goes wrong, `long` one that sleeps. */
const timesOf = ({ name }: Kind, is: Inputs): Pick<Mean, "ms" | "cpuMs"> => {
  if (name === "algebra") return { ms: is.algebraMs, cpuMs: is.algebraCpuMs };
  if (name === "integral") return { ms: is.integralMs, cpuMs: is.integralCpuMs };
  if (name === "plot") return { ms: is.plotMs, cpuMs: is.plotCpuMs };
  return { ms: is.arithmeticMs + (name === "long" ? is.longMs : 0), cpuMs: is.arithmeticCpuMs };
};
export const heldMs = (kind: Kind, is: Inputs): number => timesOf(kind, is).ms;

export const meanOf = (mix: readonly Kind[], is: Inputs): Mean => {
  const all = mix.reduce((sum, { share }) => sum + share, 0);
  const mean = (of: (kind: Kind) => number) => mix.reduce((sum, kind) => sum + (kind.share / all) * of(kind), 0);
  return {
    ms: mean((kind) => timesOf(kind, is).ms),
    cpuMs: mean((kind) => timesOf(kind, is).cpuMs),
    files: mean(({ file }) => (file ? 1 : 0)),
  };
};

/** Cores are averages in use, nodes what is to be bought. */
export type Size = {
  perSecond: number;
  /** Kernels that compute at once, on average. */
  busy: number;
  /** So many kernels that 99 in 100 find an idle one: what `idleMin` is set to. */
  enough: number;
  /** Kernels warm: that many, or what the pool keeps by following the load. */
  warm: number;
  /** Kernels replaced a second, because they are used up, and so under way to be warm. */
  replaced: number;
  starting: number;
  kernels: number;
  computingCores: number;
  /** Of these. */
  agentCores: number;
  startingCores: number;
  nodesByCpu: number;
  nodesByMemory: number;
  nodes: number;
  askedGiB: number;
  usedGiB: number;
  /** Side by side, because every gateway of one hears of all that it does; `gateways` are those of all together. */
  installations: number;
  gateways: number;
  gatewayCores: number;
  gatewayGiB: number;
  /** Of each installation's. */
  operatorMb: number;
  natsCores: number;
  natsGiB: number;
  filestoreCores: number;
};

const keptSeconds = 300;
const subjectsEach = 2;

export function sizeOf(perSecond: number, mean: Mean, is: Inputs): Size {
  const busy = (perSecond * mean.ms) / 1000;
  const enough = Math.ceil(busy + is.spread * Math.sqrt(busy));
  const warm = Math.max(enough, Math.ceil(busy / is.utilization));
  const replaced = perSecond / is.reuse;
  const onNodes = nodesFor({ perSecond, warm, replaced, mean }, is);
  const around = controlPlane(perSecond, mean, is);
  const operatorMb = is.operatorMb + (onNodes.kernels / around.installations) * is.operatorKernelMb;
  return { perSecond, busy, enough, warm, replaced, ...onNodes, ...around, operatorMb };
}

/** A fresh kernel for each computation: as many are made as there are computations, and each waits for one. */
export function freshSizeOf(perSecond: number, mean: Mean, is: Inputs) {
  const busy = (perSecond * mean.ms) / 1000;
  const warm = Math.ceil(busy + is.spread * Math.sqrt(busy));
  return nodesFor({ perSecond, warm, replaced: perSecond, mean }, is);
}

type Kernels = { perSecond: number; warm: number; replaced: number; mean: Mean };

function nodesFor({ perSecond, warm, replaced, mean }: Kernels, is: Inputs) {
  const starting = (replaced * is.startMs) / 1000;
  const kernels = warm + Math.ceil(starting);
  const elsewhereMs = is.gatewayCpuMs + is.natsCpuMs + mean.files * is.filestoreCpuMs;
  const computingCores = (perSecond * (mean.cpuMs - elsewhereMs)) / 1000;
  const startingCores = (replaced * is.startCpuMs) / 1000;
  const nodesByCpu = Math.ceil((computingCores + startingCores) / (is.nodeCores * is.nodeUse));
  const podGiB = (is.kernelMib + is.agentMib + is.sandboxMib) / 1024;
  const nodesByMemory = Math.ceil(kernels / Math.min(is.nodePods, Math.floor(is.nodeGib / podGiB)));
  return {
    starting,
    kernels,
    computingCores,
    agentCores: (perSecond * is.agentCpuMs) / 1000,
    startingCores,
    nodesByCpu,
    nodesByMemory,
    nodes: Math.max(nodesByCpu, nodesByMemory),
    askedGiB: kernels * podGiB,
    usedGiB: (kernels * (is.kernelMb + is.agentMb + is.sandboxMib)) / 1024,
  };
}

function controlPlane(perSecond: number, mean: Mean, is: Inputs) {
  const installations = installationsFor(perSecond, is);
  const each = perSecond / installations;
  const gateways = installations * gatewaysFor(each, is);
  const takingCores = (perSecond * (is.gatewayCpuMs - is.hearingCpuMs)) / 1000;
  return {
    installations,
    gateways,
    gatewayCores: takingCores + (gateways * each * is.hearingCpuMs) / 1000,
    gatewayGiB: (gateways * is.gatewayMb) / 1024,
    natsCores: (perSecond * is.natsCpuMs) / 1000,
    natsGiB: (perSecond * keptSeconds * subjectsEach * is.subjectBytes) / 1024 ** 3,
    filestoreCores: (perSecond * mean.files * is.filestoreCpuMs) / 1000,
  };
}

/** At what rate hearing takes half of what each gateway's thread may do: beyond it more gateways help little. */
export const hearingHalfAt = (is: Inputs): number => (1000 * is.threadUse) / 2 / is.hearingCpuMs;
const installationsFor = (perSecond: number, is: Inputs): number => Math.ceil(perSecond / hearingHalfAt(is));

/** Each takes its share and hears of all the rest, on one thread. */
const gatewaysFor = (perSecond: number, is: Inputs): number =>
  Math.ceil((perSecond * (is.gatewayCpuMs - is.hearingCpuMs)) / (1000 * is.threadUse - perSecond * is.hearingCpuMs));
