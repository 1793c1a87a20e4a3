/**
 * Proves on a node that what a kernel's pod may not do it cannot do: network, memory, CPU, processes, disk; next: canary/pod.ts.
 *
 *     node operator/canary.ts [--pool NAME] [--node NAME]...      with an operator's settings; ends with 1 unless every wall holds
 */

import { getServers } from "node:dns";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { attempts, type CanaryInput, canaryLabels, canaryPod, visitorsPort } from "#operator/canary/pod.ts";
import { type CanaryEnd, type Verdict, verdictLine, verdictsOf } from "#operator/canary/verdicts.ts";
import { hostAliases, hostsOf } from "#operator/host-aliases.ts";
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";
import { group, plural, version } from "#operator/kernel-pool-crd.ts";
import { isNotFound, wordsOf } from "#operator/kubernetes/answers.ts";
import { type Connection, connectKubernetes } from "#operator/kubernetes/connection.ts";
import { readPool } from "#operator/pool-resource.ts";
import { operatorSettings } from "#operator/settings.ts";
import { readSettings } from "#service/settings.ts";

const limits = { endMs: 300_000, lookMs: 500, visitMs: 1_000 };
const natsPort = 4222;
const canarySettings = operatorSettings.pick({
  kernelNamespace: true,
  kernelServiceAccount: true,
  agentImage: true,
  kernelNatsUrl: true,
  kernelHosts: true,
  kubeconfig: true,
  logLevel: true,
});

type Pool = { name: string; uid: string; namespace: string; spec: KernelPoolSpec };
const poolsOf = async ({ custom }: Connection, namespace: string): Promise<Pool[]> => {
  const { items } = await custom.listNamespacedCustomObject({ group, version, namespace, plural });
  return (items as unknown[]).flatMap((item) => {
    const pool = readPool(item);
    if (!pool) return [];
    if (typeof pool.spec === "string") throw new Error(`pool ${pool.id}: ${pool.spec}`);
    return [{ name: pool.id, uid: pool.uid, namespace, spec: pool.spec }];
  });
};

/** Whatever an interrupted canary left. */
const clear = async ({ core }: Connection, namespace: string) => {
  const labelSelector = Object.entries(canaryLabels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  const { items } = await core.listNamespacedPod({ namespace, labelSelector });
  for (const { metadata } of items) await remove(core, namespace, metadata?.name ?? "");
};
const remove = (core: Connection["core"], namespace: string, name: string) =>
  core.deleteNamespacedPod({ namespace, name, body: { gracePeriodSeconds: 1 } }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });

/** Whether anybody answers is seen inside: a policy drops, refuses or lets through. */
const visit = (host: string) => {
  const socket = connect({ host, port: visitorsPort, timeout: limits.visitMs });
  const end = () => void socket.destroy();
  socket.once("connect", end).once("timeout", end).once("error", end);
};

/** Waits until the canary has ended, one way or another, and takes its pod away. `placed` is told its node, or that it ended without. */
const watchEnd = async (
  { core }: Connection,
  namespace: string,
  name: string,
  placed: (node: string | undefined) => void,
): Promise<CanaryEnd> => {
  let visits = 0;
  let last = { message: "", reason: "no answer" };
  try {
    for (const giveUp = Date.now() + limits.endMs; Date.now() < giveUp; await pause(limits.lookMs)) {
      const { status, spec } = await core.readNamespacedPod({ namespace, name });
      const kernel = status?.containerStatuses?.find((it) => it.name === "kernel")?.state;
      if (spec?.nodeName) placed(spec.nodeName);
      const over = status?.phase === "Failed" || status?.phase === "Succeeded";
      if (kernel?.terminated || over) {
        const { message = "", reason = "" } = kernel?.terminated ?? {};
        return { message, reason: status?.reason ?? reason, visits };
      }
      const unplaced = status?.conditions?.find((it) => it.type === "PodScheduled" && it.status === "False")?.message;
      last = { message: "", reason: kernel?.waiting?.message ?? kernel?.waiting?.reason ?? unplaced ?? "it did not end" };
      if (!kernel?.running || !status?.podIP) continue;
      visits += 1;
      visit(status.podIP);
    }
    return { ...last, visits };
  } finally {
    placed(undefined);
    await remove(core, namespace, name);
  }
};

/** What a kernel must reach to work, and what it must not; where the API server and the kubelet are, the canary finds out inside. */
const placesFor = (kernelNatsUrl: string): CanaryInput["places"] => {
  const urls = kernelNatsUrl.split(",").map((url) => new URL(url.includes("://") ? url : `nats://${url}`));
  return {
    needed: urls.map(({ hostname, port }) => ["NATS", hostname, Number(port || natsPort)]),
    forbidden: [
      ...getServers().map((host) => ["the name server", host, 53] as const),
      ["the cloud's metadata", "169.254.169.254", 80],
      ["the Internet", "1.1.1.1", 443],
      ["the Internet", "2606:4700:4700::1111", 443],
    ],
  };
};

/** Every attempt in one pool, on one node: the later pods go where the first was placed, and do not wait for its end. */
const prove = async (connection: Connection, input: Omit<CanaryInput, "attempt">): Promise<Verdict[]> => {
  const { name, namespace } = input.pool;
  const tried: { walls: readonly string[]; end: Promise<CanaryEnd> }[] = [];
  let { node } = input;
  for (const attempt of attempts) {
    const { metadata } = await connection.core.createNamespacedPod({ namespace, body: canaryPod({ ...input, node, attempt }) });
    node = await new Promise<string | undefined>((placed) => {
      const end = watchEnd(connection, namespace, metadata?.name ?? "", placed);
      end.catch(() => undefined); // told below
      tried.push({ walls: attempt.walls, end });
    });
  }
  console.log(`pool ${name}, ${node ?? "no node"}`);
  const found: Verdict[] = [];
  for (const { walls, end } of tried) found.push(...verdictsOf(walls, await end));
  for (const verdict of found) console.log(verdictLine(verdict));
  return found;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { pool: { type: "string" }, node: { type: "string", multiple: true } } });
  const settings = readSettings(canarySettings);
  const { kernelNamespace: namespace, agentImage, kernelServiceAccount: serviceAccount, kernelNatsUrl, logLevel } = settings;
  const connection = await connectKubernetes(settings.kubeconfig);
  const hosts = new Set([...hostsOf(kernelNatsUrl), ...settings.kernelHosts]);
  const aliases = await hostAliases([...hosts], Date.now)();
  const installation = { agentImage, natsUrl: kernelNatsUrl, serviceAccount, logLevel, hostAliases: aliases };
  const script = readFileSync(join(import.meta.dirname, "canary/inside.py"), "utf8");
  const places = placesFor(kernelNatsUrl);
  await clear(connection, namespace);
  const pools = (await poolsOf(connection, namespace)).filter(({ name }) => values.pool === undefined || name === values.pool);
  if (pools.length === 0) throw new Error(`there is no pool ${values.pool ?? ""} in ${namespace}`);
  const found: Verdict[] = [];
  for (const pool of pools)
    for (const node of values.node ?? [undefined])
      found.push(...(await prove(connection, { pool, installation, node, places, script })));
  await connection.close();
  const bad = found.filter(({ holds }) => holds !== true).length;
  console.log(bad === 0 ? "every wall holds" : `${bad} of ${found.length} walls are not proven: no code of strangers there`);
  return bad === 0 ? 0 : 1;
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(wordsOf(error));
    process.exit(1);
  },
);
