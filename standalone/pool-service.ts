/** The pool of one machine: what kernels and gateways say over NATS meets the reconcile, and condemned kernels go; next: system.ts. */
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";
import type { PoolStatus } from "#operator/pool/decide.ts";
import { type HeardStatus, hear } from "#operator/pool/kernels.ts";
import { keepPool, PoolReconciler } from "#operator/pool/reconcile.ts";
import { type CondemnReply, condemnRequest, gatewayStatus, kernelStatus } from "#protocol/exec.ts";
import { kernelOf, subjects } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";
import { newKernelId } from "#standalone/kernel-id.ts";
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
/** A gateway that says nothing for this long waits for nothing. */
const gatewaySilentMs = 5_000;

export const startPoolService = ({ nats, kernels, spec, revision, log }: PoolServiceInput): PoolService => {
  const heard = new Map<string, HeardStatus>();
  const waiting = new Map<string, { since: number; at: number }>();
  let connected = true;
  let status: PoolStatus | undefined;

  const reconciler = new PoolReconciler({
    kernels,
    spec: () => ({ spec, revision, deleted: false }),
    heard: (id) => {
      const last = heard.get(id);
      // While NATS is away nobody can be heard: that is nobody's silence.
      return last && !connected ? { ...last, heardAt: Date.now() } : last;
    },
    waitingSince: () => {
      const live = [...waiting.values()].filter(({ at }) => Date.now() - at < gatewaySilentMs);
      return live.length === 0 ? null : Math.min(...live.map(({ since }) => since));
    },
    newKernelId,
    now: Date.now,
    report: (decision) => {
      status = decision.status;
    },
    acted: (action, kernel, error) => {
      if (error) log.error({ kernel, action: action.do, reason: action.reason, error }, "pool: failed");
      else log.info({ kernel, action: action.do, reason: action.reason }, "pool");
      if (action.do === "destroy") heard.delete(kernel);
    },
  });
  const failed = (error: unknown) => log.error({ error }, "a pass of the pool failed");
  const loop = keepPool(reconciler, { kernels, now: Date.now, relistMs, pauseMs, failed });

  const hearKernel = (subject: string, message: unknown) => {
    const said = kernelStatus.parse(message);
    if (said.kernel !== kernelOf(subject) || said.pool !== ownPool) return;
    const before = heard.get(said.kernel);
    heard.set(said.kernel, hear(before, said, Date.now()));
    if (before?.status.state !== said.state || before.status.session !== said.session) loop.look();
  };
  const hearGateway = (message: unknown) => {
    const said = gatewayStatus.parse(message);
    const now = Date.now();
    if (said.leaving || (said.waiting[ownPool] ?? 0) === 0) waiting.delete(said.gateway);
    else waiting.set(said.gateway, { since: waiting.get(said.gateway)?.since ?? now, at: now });
  };
  const condemn = async (message: unknown): Promise<CondemnReply> => {
    const { kernel, reason } = condemnRequest.parse(message);
    log.warn({ kernel, reason }, "a kernel is condemned");
    const destroyed = await kernels.destroy(kernel).then(
      () => true,
      (error: unknown) => {
        log.error({ kernel, error }, "a condemned kernel does not go");
        return false;
      },
    );
    if (destroyed) heard.delete(kernel);
    return { kernel, destroyed };
  };
  const understood = (what: string, work: () => void) => {
    try {
      work();
    } catch {
      log.warn({ what }, "not understood");
    }
  };

  const subscribe = (what: string, subject: string, take: (message: Msg) => void) =>
    nats.subscribe(subject, { callback: (error, message) => (error ? failed(error) : understood(what, () => take(message))) });
  const subscriptions = [
    subscribe("kernel status", subjects.kernelStatus("*"), (message) => hearKernel(message.subject, message.json())),
    subscribe("gateway status", subjects.gatewayStatus("*"), (message) => hearGateway(message.json())),
    subscribe("condemn", subjects.condemn(ownPool), (message) => {
      condemn(message.json()).then((reply) => message.respond(JSON.stringify(reply)), failed);
    }),
  ];
  const followConnection = async () => {
    for await (const { type } of nats.status()) {
      if (type === "disconnect") connected = false;
      if (type !== "reconnect") continue;
      connected = true;
      for (const [id, last] of heard) heard.set(id, { ...last, heardAt: Date.now() });
    }
  };
  followConnection().catch(failed);

  return {
    status: () => status,
    stop: async () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      await loop.stop();
    },
  };
};
