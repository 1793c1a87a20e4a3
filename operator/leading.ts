/** What only the operator that leads does: the pools' passes, condemned kernels, the sweep; next: pools.ts, cleaner.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { keepClean } from "#operator/cleaner.ts";
import { connectionCutter } from "#operator/connection-cutter.ts";
import { hostAliases, hostsOf } from "#operator/host-aliases.ts";
import { kernelPods, kernelPools, poolStatusWriter } from "#operator/kubernetes/collections.ts";
import type { Connection } from "#operator/kubernetes/connection.ts";
import { PoolEvents } from "#operator/kubernetes/events.ts";
import type { OperatorMetrics } from "#operator/metrics.ts";
import { answerCondemned, tellDestroyed } from "#operator/pool/condemn.ts";
import { Hearing } from "#operator/pool/hearing.ts";
import { Pools } from "#operator/pools.ts";
import type { OperatorSettings } from "#operator/settings.ts";
import type { Log } from "#service/log.ts";

export type LeadingInput = {
  settings: OperatorSettings;
  connection: Connection;
  nats: NatsConnection;
  /** In NATS' system account, where there is one. */
  system: NatsConnection | undefined;
  metrics: OperatorMetrics;
  /** Do we still lead? */
  holds: () => boolean;
  log: Log;
};

/** A sweep reads what is known anyway: it costs nothing where nothing is over. */
const sweepEveryMs = 60_000;

export const startLeading = ({
  settings,
  connection,
  nats,
  system,
  metrics,
  holds,
  log,
}: LeadingInput): { stop: () => Promise<void> } => {
  const { kernelNamespace: namespace, agentImage, identity, logLevel, natsAccount } = settings;
  const now = Date.now;
  const where = { connection, namespace, log, listed: metrics.listed };
  const look = (pool: string) => work.look(pool);
  const pods = kernelPods(where, look);
  const pools = kernelPools(where, look);
  const hearing = new Hearing({ nats, now, log, changed: look });
  const hosts = new Set([...hostsOf(settings.kernelNatsUrl), ...settings.kernelHosts]);
  const aliases = hostAliases([...hosts], now);
  const same = { natsUrl: settings.kernelNatsUrl, serviceAccount: settings.kernelServiceAccount, agentImage, logLevel };
  const { core, events } = connection;
  const work = new Pools({
    core,
    namespace,
    pools,
    pods,
    hearing,
    destroyed: (pool, kernel) => {
      hearing.forget(kernel);
      tellDestroyed(nats, pool, kernel);
    },
    agentImage,
    installation: async () => ({ ...same, hostAliases: await aliases() }),
    cutCredential: system ? connectionCutter(system, natsAccount) : async () => undefined,
    mayAct: holds,
    writeStatus: poolStatusWriter(where),
    events: new PoolEvents({ events, namespace, identity, now, log }),
    metrics,
    now,
    log,
  });
  const destroy = (pool: string, kernel: string) => work.destroy(pool, kernel);
  const condemned = answerCondemned({ nats, pool: "*", destroy, log });
  const poolUids = () => new Set(pools.values().map(({ uid }) => uid));
  const cleaner = keepClean(
    { core, namespace, pods: () => pods.values(), poolUids, reaped: metrics.reaped, now, log },
    { everyMs: sweepEveryMs, ready: () => holds() && pods.synced && pools.synced },
  );
  pods.start();
  pools.start();
  return {
    stop: async () => {
      condemned.stop();
      hearing.stop();
      await Promise.all([cleaner.stop(), work.stop(), pods.stop(), pools.stop()]);
    },
  };
};
