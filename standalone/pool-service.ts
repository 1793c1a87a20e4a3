/** The pool of one machine: what kernels and gateways say over NATS meets the reconcile, and condemned kernels go; next: system.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { newKernelId } from "#operator/kernel-id.ts";
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";
import { answerCondemned, tellDestroyed } from "#operator/pool/condemn.ts";
import type { PoolStatus } from "#operator/pool/decide.ts";
import { Hearing } from "#operator/pool/hearing.ts";
import { PoolReconciler } from "#operator/pool/reconcile.ts";
import { WorkQueue } from "#operator/pool/work-queue.ts";
import type { Log } from "#service/log.ts";
import { ownPool } from "#standalone/options-of-system.ts";
import type { RunscKernels } from "#standalone/runsc-kernels.ts";

export type PoolServiceInput = {
  nats: NatsConnection;
  kernels: RunscKernels;
  spec: KernelPoolSpec;
  revision: string;
  log: Log;
};
export type PoolService = { status: () => PoolStatus | undefined; stop: () => Promise<void> };

const relistMs = 5_000;
/** Joins the words of many kernels into one pass. */
const pauseMs = 100;
const backOffMaxMs = 5_000;

export const startPoolService = ({ nats, kernels, spec, revision, log }: PoolServiceInput): PoolService => {
  let status: PoolStatus | undefined;
  const hearing = new Hearing({ nats, now: Date.now, log, changed: (pool) => pool === ownPool && queue.add(ownPool) });
  const destroyed = (kernel: string) => {
    hearing.forget(kernel);
    tellDestroyed(nats, ownPool, kernel);
  };
  const reconciler = new PoolReconciler({
    kernels,
    spec: () => ({ spec, revision, deleted: false }),
    heard: (id) => hearing.heard(ownPool, id),
    hearsSince: () => hearing.since,
    waiting: () => hearing.waiting(ownPool),
    newKernelId,
    now: Date.now,
    report: (decision) => {
      status = decision.status;
    },
    acted: (action, kernel, error) => {
      if (error) log.error({ kernel, action: action.do, reason: action.reason, error }, "pool: failed");
      else log.info({ kernel, action: action.do, reason: action.reason }, "pool");
      if (action.do === "destroy" && !error) destroyed(kernel);
    },
  });
  const queue = new WorkQueue({
    work: async () => Math.min(relistMs, ((await reconciler.pass()) ?? Number.POSITIVE_INFINITY) - Date.now()),
    failed: (_, error) => log.error({ error }, "a pass of the pool failed"),
    pauseMs,
    backOffMs: pauseMs,
    backOffMaxMs,
    keysMax: 1,
  });
  const unwatch = kernels.watch(() => queue.add(ownPool));
  const destroy = async (_: string, kernel: string) => {
    await kernels.destroy(kernel);
    destroyed(kernel);
  };
  const condemned = answerCondemned({ nats, pool: ownPool, destroy, log });
  queue.add(ownPool);

  return {
    status: () => status,
    stop: async () => {
      hearing.stop();
      condemned.stop();
      unwatch();
      await queue.stop();
    },
  };
};
