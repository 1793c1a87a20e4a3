/** The operator: keeps pools warm on a cluster, and says who may speak at NATS; next: leading.ts (the work), auth-callout.ts. */
import { answerCallouts } from "#operator/auth-callout.ts";
import { connectKubernetes } from "#operator/kubernetes/connection.ts";
import { LeaseElection } from "#operator/kubernetes/lease.ts";
import { tokenHolder } from "#operator/kubernetes/token-holder.ts";
import { startLeading } from "#operator/leading.ts";
import { operatorMetrics } from "#operator/metrics.ts";
import { issuerFrom, xkeyFrom } from "#operator/nats-issuer.ts";
import { operatorSettings } from "#operator/settings.ts";
import { stopOnSignal } from "#service/lifecycle.ts";
import { makeLog } from "#service/log.ts";
import { makeRegistry, serveMetrics } from "#service/metrics.ts";
import { connectNats } from "#service/nats.ts";
import { readSettings } from "#service/settings.ts";

const settings = readSettings(operatorSettings);
const { kernelNamespace: namespace, kernelServiceAccount: serviceAccount, natsAccount: account } = settings;
const log = makeLog("operator", settings.logLevel);
const connection = await connectKubernetes(settings.kubeconfig);
const nats = await connectNats({ url: settings.natsUrl, name: "operator", log });
const system = settings.natsSystemUrl ? await connectNats({ url: settings.natsSystemUrl, name: "operator", log }) : undefined;

const election = new LeaseElection({
  coordination: connection.coordination,
  namespace: settings.leaseNamespace,
  name: settings.leaseName,
  identity: settings.identity,
  monotonic: () => performance.now(),
  log,
  lost: () => process.exit(1),
});
const registry = makeRegistry("operator");
const metrics = operatorMetrics(registry, { leads: () => election.leads });
const keys = { issuer: issuerFrom(settings.natsIssuerSecret), xkey: xkeyFrom(settings.natsIssuerSecret) };
const holderOf = tokenHolder({ connection, namespace, serviceAccount });
const callouts = answerCallouts({ nats, ...keys, account, holderOf, calledOut: metrics.calledOut, log });
const health = () => ({ ready: !nats.isClosed(), reasons: ["the connection to NATS is closed"] });
const served = await serveMetrics({ registry, host: settings.host, port: settings.operatorMetricsPort, health });

let work: { stop: () => Promise<void> } | undefined;
stopOnSignal(
  [
    { name: "work", stop: async () => work?.stop() },
    { name: "lease", stop: () => election.stop() },
    { name: "callouts", stop: async () => callouts.stop() },
    { name: "metrics", stop: served.stop },
    { name: "nats", stop: async () => void (await Promise.all([nats.close(), system?.close()])) },
  ],
  { log, exitWithParent: settings.exitWithParent },
);
election.start();
await election.leading;
work = startLeading({ settings, connection, nats, system, metrics, holds: () => election.holds, log });
