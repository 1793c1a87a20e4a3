/** Pools on a real API server and a real nats-server, with agents and a kubelet that are played; next: kubernetes/lease.cluster.test.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { tokenHolder } from "#operator/kubernetes/token-holder.ts";
import { startLeading } from "#operator/leading.ts";
import type { OperatorMetrics } from "#operator/metrics.ts";
import { KubernetesKernels } from "#operator/pool/kubernetes-kernels.ts";
import { readPod } from "#operator/pool/pod-reading.ts";
import { operatorSettings } from "#operator/settings.ts";
import type { KernelStatus } from "#protocol/exec.ts";
import { subjects } from "#protocol/subjects.ts";
import { startCalloutServer } from "#test/callout-server.ts";
import { eventually, namespace, type OperatorRig, podsPath, poolOf, poolsPath, startOperatorRig } from "#test/operator-rig.ts";

// biome-ignore lint/suspicious/noExplicitAny: a Kubernetes object of any kind
type Thing = any;
let rig: OperatorRig;
let nats: Awaited<ReturnType<typeof startCalloutServer>>;
let operator: NatsConnection;
let gateway: NatsConnection;
let system: NatsConnection;
let leading: { stop: () => Promise<void> } | undefined;
const acted: string[] = [];
const metrics: OperatorMetrics = {
  acted: (pool, action, succeeded) => void acted.push(`${pool} ${action} ${succeeded}`),
  counts: () => undefined,
  load: () => undefined,
  poolGone: () => undefined,
  reaped: (reason) => void acted.push(`reaped ${reason}`),
  listed: () => undefined,
  calledOut: () => undefined,
};

const lead = () => {
  const settings = operatorSettings.parse({
    natsUrl: nats.server.url,
    natsIssuerSecret: "a secret of thirty-two characters or more",
    kernelNatsUrl: nats.server.url,
    kernelHosts: "localhost",
    kernelNamespace: namespace,
    agentImage: "sandcell/sandcell:test",
    leaseNamespace: namespace,
  });
  leading = startLeading({
    settings,
    connection: rig.connection,
    nats: operator,
    system,
    metrics,
    holds: () => true,
    log: nats.log,
  });
};
const pods = async (pool: string): Promise<Thing[]> =>
  (await rig.api("GET", `${podsPath}?labelSelector=sandcell.dev/pool=${pool}`)).body.items;
const statusOf = async (pool: string): Promise<Thing> => (await rig.api("GET", `${poolsPath}/${pool}`)).body.status;
const degraded = async (pool: string) => {
  const status = await statusOf(pool);
  return status?.conditions.find((it: Thing) => it.type === "Degraded")?.reason;
};
let said = 0;
/** Kernels that are at work; all others are idle. */
const busy = new Set<string>();
/** What their agents would say, every second. */
const playAgents = async () => {
  const { items } = (await rig.api("GET", podsPath)).body;
  for (const { metadata } of items) {
    const { name: kernel, labels } = metadata;
    const state: KernelStatus["state"] = busy.has(kernel) ? "busy" : "idle";
    const own = { kernel, pool: labels["sandcell.dev/pool"], state, freeSlots: state === "idle" ? 1 : 0 };
    const status: KernelStatus = { ...own, served: 0, computations: [], memoryBytes: 0, sequence: ++said };
    gateway.publish(subjects.kernelStatus(kernel), JSON.stringify(status));
  }
};
let agents: NodeJS.Timeout;
const namesOf = (found: Thing[]): string[] => found.map(({ metadata }) => metadata.name).sort();

beforeAll(async () => {
  [rig, nats] = await Promise.all([startOperatorRig(), startCalloutServer()]);
  [operator, gateway, system] = await Promise.all([
    nats.connectAs("operator"),
    nats.connectAs("gateway"),
    nats.connectAs("operator-system"),
  ]);
  agents = setInterval(() => void playAgents().catch(() => undefined), 1000);
  lead();
}, 120_000);
afterAll(async () => {
  clearInterval(agents);
  await leading?.stop();
  await Promise.all([operator, gateway, system].map((connection) => connection?.close()));
  await Promise.all([nats.server.stop(), rig.stop()]);
}, 30_000);

test("without its RuntimeClass a pool says so, in an event too, and has no pod that could run without a sandbox", async () => {
  await rig.make(poolsPath, poolOf("default", { capacity: { idleMin: 2, idleMax: 3, totalMax: 3 } }));
  await eventually("RuntimeClassMissing", async () => (await degraded("default")) === "RuntimeClassMissing");
  expect(await pods("default")).toEqual([]);
});
test("once it can, it makes what is wanted: pods that PodSecurity restricted takes, owned by the pool", async () => {
  await rig.make("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "gvisor" }, handler: "runsc" });
  const found = await eventually("two pods", async () => {
    const all = await pods("default");
    return all.length === 2 && all;
  });
  const pool = (await rig.api("GET", `${poolsPath}/default`)).body;
  for (const { metadata, spec } of found) {
    expect(metadata.ownerReferences).toMatchObject([{ uid: pool.metadata.uid, controller: true }]);
    expect(spec.hostAliases).toContainEqual({ ip: "127.0.0.1", hostnames: ["localhost"] });
  }
  await eventually("no node", async () => (await degraded("default")) === "Unschedulable");
  await eventually("an event", async () => {
    const { items } = (await rig.api("GET", `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)).body;
    return items.some(({ regarding, reason }: Thing) => regarding?.kind === "KernelPool" && reason === "Unschedulable");
  });
});
test("what its kernels say over NATS is the pool's status, and their pods are not touched for it", async () => {
  const [one = ""] = namesOf(await pods("default"));
  const versions = async () =>
    Object.fromEntries((await pods("default")).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  await eventually("two idle", async () => (await statusOf("default"))?.idle === 2);
  const before = await versions();
  busy.add(one);
  await eventually("one busy", async () => (await statusOf("default"))?.busy === 1);
  busy.clear();
  await eventually("none busy", async () => (await statusOf("default"))?.busy === 0);
  expect(await versions()).toMatchObject(before);
  expect(await statusOf("default")).toMatchObject({ selector: "sandcell.dev/pool=default" });
});
test("another operator that takes over at steady state creates and deletes nothing", async () => {
  const before = namesOf(await pods("default"));
  await leading?.stop();
  acted.length = 0;
  lead();
  // It has passed when it has written of a new generation.
  await rig.api("PATCH", `${poolsPath}/default`, { spec: { refill: { burst: 5 } } });
  await eventually("a pass", async () => {
    const { metadata, status } = (await rig.api("GET", `${poolsPath}/default`)).body;
    return status?.observedGeneration === metadata.generation && status.idle === before.length;
  });
  expect(namesOf(await pods("default"))).toEqual(before);
  expect(acted).toEqual([]);
});
test("a condemned kernel is gone when the answer says so, and is replaced", async () => {
  const [kernel] = namesOf(await pods("default"));
  const reply = await gateway.request(subjects.condemn("default"), JSON.stringify({ kernel, reason: "test" }), {
    timeout: 8000,
  });
  expect(reply.json()).toEqual({ kernel, destroyed: true });
  expect((await rig.api("GET", `${podsPath}/${kernel}`)).status).toBe(404);
  await eventually("its replacement", async () => (await statusOf("default"))?.idle >= 2);
});
test("a dead kernel's pod is told to go, which is done though its node takes its time; certain is only what the node says", async () => {
  const [pod] = await pods("default");
  const { name: kernel } = pod.metadata;
  const target = { apiVersion: "v1", kind: "Node", name: "slow" };
  await rig.make(`${podsPath}/${kernel}/binding`, { apiVersion: "v1", kind: "Binding", metadata: { name: kernel }, target });
  const saysThat = (...states: object[]) => {
    const containerStatuses = states.map((state, n) => ({ name: ["agent", "kernel"][n], image: "", imageID: "", state }));
    return rig.api("PATCH", `${podsPath}/${kernel}/status`, { status: { containerStatuses } });
  };
  const terminated = { terminated: { exitCode: 1 } };
  acted.length = 0;
  await saysThat(terminated, { running: {} });
  await eventually("it is told to go", async () => acted.some((said) => said.startsWith("default destroy")));
  expect(acted).toContain("default destroy true");
  const isThere = async () => (await rig.api("GET", `${podsPath}/${kernel}`)).status === 200;
  expect(await isThere()).toBe(true);

  let clock = 0;
  const { connection } = rig;
  const kernels = new KubernetesKernels({
    core: connection.core,
    namespace,
    pods: { get: () => undefined, values: () => [] },
    pool: () => ({ name: "default", uid: "", namespace, spec: kernelPoolSpec.parse({}) }),
    installation: async () => Promise.reject(new Error("nothing is made here")),
    cutCredential: async () => undefined,
    now: () => (clock += 1000),
  });
  await expect(kernels.destroyForCertain(kernel)).rejects.toThrow("has not said");
  await saysThat(terminated, terminated);
  await kernels.destroyForCertain(kernel);
  expect(await isThere()).toBe(true);
  await rig.api("DELETE", `${podsPath}/${kernel}`, { gracePeriodSeconds: 0 });
  await eventually("its replacement", async () => (await statusOf("default"))?.idle >= 2);
});
test("a list that lags deletes no other pod of the same name, and what is gone already is no error", async () => {
  const [pod] = await pods("default");
  const seen = readPod(pod);
  if (!seen) throw new Error("no pod to try with");
  const kernels = new KubernetesKernels({
    core: rig.connection.core,
    namespace,
    pods: { get: () => ({ ...seen, uid: "00000000-0000-0000-0000-000000000000" }), values: () => [] },
    pool: () => ({ name: "default", uid: "", namespace, spec: kernelPoolSpec.parse({}) }),
    installation: async () => Promise.reject(new Error("nothing is made here")),
    cutCredential: async () => undefined,
    now: Date.now,
  });
  await kernels.leave(seen.id);
  expect((await rig.api("GET", `${podsPath}/${seen.id}`)).body.metadata.deletionTimestamp).toBeUndefined();
  await kernels.leave(`k${"0".repeat(25)}`);
  await kernels.destroy(`k${"0".repeat(25)}`);
});
test("a quota that is used up is told, and nothing beyond it is made", async () => {
  const quota = `/api/v1/namespaces/${namespace}/resourcequotas`;
  const there = (await pods("default")).length;
  await rig.make(quota, { metadata: { name: "few" }, spec: { hard: { pods: String(there) } } });
  await eventually(
    "the quota bites",
    async () => (await rig.api("GET", `${quota}/few`)).body.status?.used?.pods === String(there),
  );
  const capacity = { idleMin: there + 1, idleMax: there + 1, totalMax: there + 1 };
  await rig.api("PATCH", `${poolsPath}/default`, { spec: { capacity } });
  await eventually("QuotaExceeded", async () => (await degraded("default")) === "QuotaExceeded");
  expect(await pods("default")).toHaveLength(there);
  await rig.api("DELETE", `${quota}/few`);
  await eventually("one more", async () => (await pods("default")).length === there + 1);
});
test("a deleted pool takes its kernels with it", async () => {
  await rig.api("DELETE", `${poolsPath}/default`);
  // By Kubernetes' garbage collection, which looks at kinds that it has just learnt of after half a minute, or by the sweep.
  await eventually("no pod", async () => (await pods("default")).length === 0, 100_000);
}, 120_000);

describe("a kernel's token", () => {
  const tokenFor = async (pod: Thing, audience: string) => {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/serviceaccounts/kernel/token`;
    const { name, uid } = pod.metadata;
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
    const { status } = await rig.make(path, { spec: { audiences: [audience], boundObjectRef } });
    return status.token as string;
  };
  const holderOf = (token: string) => tokenHolder({ connection: rig.connection, namespace, serviceAccount: "kernel" })(token);
  let pod: Thing;
  beforeAll(async () => {
    await rig.make(poolsPath, poolOf("tokens", { capacity: { idleMin: 1, idleMax: 1, totalMax: 1 } }));
    pod = await eventually("its pod", async () => (await pods("tokens"))[0]);
  });

  test("is its pod's, and for NATS", async () => {
    expect(await holderOf(await tokenFor(pod, "nats"))).toEqual({ kernel: pod.metadata.name });
  });
  test("with another audience is nobody's", async () => {
    expect(await holderOf(await tokenFor(pod, "vault"))).toBeUndefined();
    expect(await holderOf("no token")).toBeUndefined();
  });
  test("of another namespace is nobody's, though its pod be named like a kernel", async () => {
    await rig.make("/api/v1/namespaces", { metadata: { name: "elsewhere" } });
    await rig.make("/api/v1/namespaces/elsewhere/serviceaccounts", { metadata: { name: "kernel" } });
    const containers = [{ name: "agent", image: "x" }];
    const labels = { "sandcell.dev/pool": "tokens" };
    const spec = { containers, serviceAccountName: "kernel" };
    const stranger = await rig.make("/api/v1/namespaces/elsewhere/pods", {
      metadata: { name: pod.metadata.name, labels },
      spec,
    });
    expect(await holderOf(await tokenFor(stranger, "nats"))).toBeUndefined();
  });
  test("is nobody's as soon as its pod is gone, even if it was good a moment ago", async () => {
    const token = await tokenFor(pod, "nats");
    expect(await holderOf(token)).toBeDefined();
    await rig.api("DELETE", `${podsPath}/${pod.metadata.name}`);
    expect(await holderOf(token)).toBeUndefined();
  });
});
