/** What an admin asks of an operator, as Prometheus metrics; next: main.ts. docs/metrics.md explains each. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { PoolStatus } from "#operator/pool/decide.ts";

export type OperatorMetrics = {
  acted: (pool: string, action: string, succeeded: boolean) => void;
  counts: (pool: string, counts: PoolStatus) => void;
  load: (pool: string, load: { demand: number; startMs: number; totalMax: number }) => void;
  poolGone: (pool: string) => void;
  reaped: (reason: string) => void;
  /** Pods or pools were listed anew. */
  listed: () => void;
  calledOut: (answer: "allowed" | "refused" | "failed") => void;
};

const states = ["starting", "idle", "busy", "sessions", "leaving", "dead"] as const;

export const operatorMetrics = (registry: Registry, sight: { leads: () => boolean }): OperatorMetrics => {
  const registers = [registry];
  const kernels = new Gauge({
    name: "sandcell_pool_kernels",
    help: "Kernels of a pool, by state.",
    labelNames: ["pool", "state"],
    registers,
  });
  const wanted = new Gauge({
    name: "sandcell_pool_wanted",
    help: "Kernels that a pool wants in stock: idle, busy and starting ones together.",
    labelNames: ["pool"],
    registers,
  });
  const demand = new Gauge({
    name: "sandcell_pool_demand",
    help: "Kernels that computations hold or wait for, on average of the pool's long window.",
    labelNames: ["pool"],
    registers,
  });
  const starts = new Gauge({
    name: "sandcell_pool_start_seconds",
    help: "How long a kernel takes to get warm, on average of the latest.",
    labelNames: ["pool"],
    registers,
  });
  const most = new Gauge({
    name: "sandcell_pool_total_max",
    help: "The pool's totalMax.",
    labelNames: ["pool"],
    registers,
  });
  const actions = new Counter({
    name: "sandcell_pool_actions_total",
    help: "What was asked of Kubernetes for a pool.",
    labelNames: ["pool", "action", "result"],
    registers,
  });
  const reaped = new Counter({
    name: "sandcell_reaped_total",
    help: "Pods that the cleaner deleted, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const callouts = new Counter({
    name: "sandcell_auth_callouts_total",
    help: "Connections to NATS that were decided on.",
    labelNames: ["answer"],
    registers,
  });
  const lists = new Counter({ name: "sandcell_relists_total", help: "Times that pods or pools were listed anew.", registers });
  new Gauge({
    name: "sandcell_operator_leads",
    help: "1 for the operator that works, 0 for those that wait.",
    registers,
    collect() {
      this.set(Number(sight.leads()));
    },
  });
  return {
    acted: (pool, action, succeeded) => actions.inc({ pool, action, result: succeeded ? "done" : "failed" }),
    counts: (pool, counts) => {
      for (const state of states) kernels.set({ pool, state }, counts[state]);
      wanted.set({ pool }, counts.wanted);
    },
    load: (pool, load) => {
      demand.set({ pool }, load.demand);
      starts.set({ pool }, load.startMs / 1000);
      most.set({ pool }, load.totalMax);
    },
    poolGone: (pool) => {
      for (const state of states) kernels.remove({ pool, state });
      for (const gauge of [wanted, demand, starts, most]) gauge.remove({ pool });
    },
    reaped: (reason) => reaped.inc({ reason }),
    listed: () => lists.inc(),
    calledOut: (answer) => callouts.inc({ answer }),
  };
};
