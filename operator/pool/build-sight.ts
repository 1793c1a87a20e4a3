/** Small builders of kernels and sights for the tests of this folder and of the simulation. */
import { type KernelPoolSpec, kernelPoolSpec } from "#operator/kernel-pool.ts";
import type { Sight } from "#operator/pool/decide.ts";
import type { PoolKernel } from "#operator/pool/kernels.ts";
import { noLoad } from "#operator/pool/load.ts";
import { noStarts } from "#operator/pool/refill.ts";

export const now = 1_000_000_000;

export const buildSpec = (change: Partial<KernelPoolSpec> = {}): KernelPoolSpec => ({
  ...kernelPoolSpec.parse({
    capacity: { idleMin: 2, idleMax: 3, totalMax: 5 },
    refill: { perSecond: 1, burst: 10 },
    times: { startMs: 120_000, computationMs: 60_000 },
  }),
  ...change,
});

let made = 0;
export const buildKernel = (change: Partial<PoolKernel> = {}): PoolKernel => {
  made += 1;
  const state = change.state ?? "idle";
  return {
    id: `k${String(made).padStart(25, "0")}`,
    revision: "new",
    createdAt: now - 60_000,
    state,
    since: now - 60_000,
    freeSlots: state === "idle" ? 1 : 0,
    served: 0,
    session: false,
    heardAt: state === "starting" ? null : now,
    ...change,
  };
};

export const buildSight = (kernels: PoolKernel[], change: Partial<Sight> = {}): Sight => ({
  spec: buildSpec(),
  revision: "new",
  deleted: false,
  kernels,
  starts: noStarts,
  waiting: null,
  load: noLoad(0),
  hearsSince: 0,
  now,
  ...change,
});
