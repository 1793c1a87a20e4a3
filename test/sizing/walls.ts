/** Which wall a growing installation meets at which rate, and what moves it: PURE; next: simulated.ts. */
import type { Inputs } from "#test/sizing/inputs.ts";
import { hearingHalfAt, type Mean } from "#test/sizing/sizes.ts";

/** `perSecond`: computations, where it is reached. */
export type Wall = { perSecond: number; known: "computed" | "measured" | "documented"; what: string; moves: string };

/** kube-scheduler's own default of calls a second. */
const bindingsPerSecond = 50;
/** Of `refill.perSecond`. */
const refillPerSecond = 1;
const knownKernelsMax = 20_000;
const clusterNodesMax = 5_000;

/** Those that kernels meet which serve many computations, in the order in which they are met. */
export function wallsOf(mean: Mean, is: Inputs): Wall[] {
  const threadMs = 1000 * is.threadUse;
  const kernelsEach = mean.ms / 1000 / is.utilization;
  const coresEach = (mean.cpuMs + is.startCpuMs / is.reuse) / 1000 / is.nodeUse;
  const walls: Wall[] = [
    {
      perSecond: is.nodeCores / coresEach,
      known: "computed",
      what: "the cores of one node",
      moves: "more nodes. Kernels need only NATS and the filestore, so they may stand anywhere, in a pool for each zone, too",
    },
    {
      perSecond: threadMs / is.gatewayCpuMs,
      known: "computed",
      what: "one gateway's thread",
      moves: "`gateway.replicas` or `gateway.autoscaling`, which needs MongoDB",
    },
    {
      perSecond: refillPerSecond * is.reuse,
      known: "computed",
      what: "`refill.perSecond` of 1: kernels are used up as fast as they are made",
      moves: "`refill.perSecond` as in the table, and `updateStrategy.maxUnavailable`; or a higher `reuse.computations`",
    },
    {
      perSecond: hearingHalfAt(is),
      known: "computed",
      what: "every gateway hears of every computation: half of each gateway's thread goes into that, and twice as much is all of it",
      moves:
        "several installations side by side, each with its gateways, NATS and pool, and a balancer in front that keeps a client with one of them",
    },
    {
      perSecond: 1000 / is.natsCpuMs,
      known: "computed",
      what: "nats-server uses more than a core; each of its streams is written in one order. More than 250 a second was not tried",
      moves:
        "cores for it (`nats.resources`). `nats.replicas: 3` is for a server that dies: each record is then written three times, so it costs more and not less",
    },
    {
      perSecond: threadMs / (mean.files * is.filestoreCpuMs),
      known: "computed",
      what: "the filestore's thread: there is one",
      moves: "several installations",
    },
    {
      perSecond: knownKernelsMax / kernelsEach,
      known: "computed",
      what: "a gateway knows 20,000 kernels at most",
      moves: "several installations",
    },
    {
      perSecond: (clusterNodesMax * is.nodeCores) / coresEach,
      known: "documented",
      what: "Kubernetes is made for 5,000 nodes, 150,000 pods and 110 pods a node; an address range of a network plugin may hold fewer",
      moves: "several clusters",
    },
  ];
  return walls.filter(({ perSecond }) => Number.isFinite(perSecond)).sort((a, b) => a.perSecond - b.perSecond);
}

/** Those of pools whose every computation has a sandbox of its own. */
export function freshWallsOf(mean: Mean, is: Inputs): Wall[] {
  return [
    {
      perSecond: (is.nodeCores * is.nodeUse * 1000) / (is.startCpuMs + mean.cpuMs),
      known: "computed",
      what: "the cores of one node, which make kernels nearly all the time",
      moves: "more nodes",
    },
    {
      perSecond: bindingsPerSecond,
      known: "documented",
      what: "a scheduler binds 50 pods a second unless it is told otherwise (`clientConnection.qps`), a managed cluster's often 100",
      moves: "its configuration; several clusters",
    },
    {
      perSecond: is.fillPerSecond,
      known: "measured",
      what: "an operator, an API server and its etcd on two cores add no more kernels",
      moves: "cores for the API server; several clusters",
    },
  ].sort((a, b) => a.perSecond - b.perSecond) as Wall[];
}
