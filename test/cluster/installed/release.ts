/** The chart installed on a node: values small enough for two cores, and what is asked of it from outside; next: load.ts. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { KernelPoolStatus } from "#operator/kernel-pool-crd.ts";
import { kernelNamespace, podsOf, serviceNamespace } from "#test/cluster/installed/pods.ts";
import type { KubernetesNode } from "#test/cluster/node.ts";
import { kubernetesPath } from "#test/cluster/places.ts";
import { memoryWallBytes } from "#test/end-to-end/attacks.ts";
import { openAudit } from "#test/end-to-end/ledger-audit.ts";
import { Visitor } from "#test/end-to-end/visitor.ts";

const helmMs = 240_000;
export const waitMs = 180_000;
const lookAgainMs = 200;
const chart = join(import.meta.dirname, "../../../charts/sandcell");
const poolPath = `/apis/sandcell.dev/v1alpha1/namespaces/${kernelNamespace}/kernelpools`;

export type Values = Record<string, unknown>;
const images = { image: { tag: "test" }, kernelImage: { tag: "test" }, nats: { image: "sandcell/nats:test" } };
/** On two cores two kernels that start keep each other waiting, and everything asks for less than it would get elsewhere. */
const patience = { startMs: 300_000 };
const kernelResources = { memoryBytes: memoryWallBytes, cpusRequested: 0.05 };
const gatewayResources = { requests: { cpu: "50m", memory: "192Mi" } };
export const longestWaitSeconds = 180;

/** What every release here has. No more kernels than are kept idle: those that start at once keep each other waiting. */
export const values = (labels: Record<string, string> = {}): Values => ({
  ...images,
  operator: { replicas: 1 },
  pools: {
    default: {
      template: { resources: kernelResources, labels },
      capacity: { idleMin: 2, idleMax: 2, totalMax: 2 },
      times: patience,
    },
  },
  gateway: { settings: { waitSecondsMax: longestWaitSeconds }, resources: gatewayResources },
});
/** In place of that pool one of kernels for one computation each. */
export const valuesForSingleUse = (): Values => {
  const { gateway, ...others } = values() as { gateway: object };
  const single = {
    template: { resources: kernelResources },
    isolation: "sandbox",
    capacity: { idleMin: 1, idleMax: 1, totalMax: 1 },
    times: patience,
  };
  return { ...others, pools: { default: null, single }, gateway: { ...gateway, pool: "single" } };
};
/** Two gateways, which need a database that several can use. `changed`: gateways and kernels are to be others, too. */
export const valuesForTwo = (databaseUrl: string, changed?: { generation: string }): Values => {
  const { gateway, ...others } = values(changed) as { gateway: { settings: object } };
  const settings = { ...gateway.settings, ...(changed ? { waitSecondsMax: longestWaitSeconds + 1 } : {}) };
  return { ...others, database: { kind: "mongodb", url: databaseUrl }, gateway: { ...gateway, settings, replicas: 2 } };
};

/** What `find` gives in the end, asked again and again. */
export const eventually = async <Found>(what: string, find: () => Promise<Found | undefined | false>): Promise<Found> => {
  for (const giveUp = Date.now() + waitMs; ; await pause(lookAgainMs)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > giveUp) throw new Error(`not within ${waitMs / 1000} s: ${what}`);
  }
};

/** A cluster's storage class makes a disk for who asks; here they lie ready. */
const makeDisks = async (node: KubernetesNode) => {
  for (const name of ["disk-1", "disk-2", "disk-3"]) {
    const path = join(dirname(node.kubeconfig), name);
    mkdirSync(path);
    chmodSync(path, 0o777);
    const spec = { capacity: { storage: "50Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path } };
    await node.api("POST", "/api/v1/persistentvolumes", { metadata: { name }, spec });
  }
};

/** Installs the chart and resolves when its processes answer; its kernels may still be warming. */
export const installRelease = async (node: KubernetesNode, first: Values) => {
  const helm = (...args: string[]) =>
    promisify(execFile)(join(kubernetesPath(), "helm"), [...args, "--namespace", serviceNamespace], {
      env: { ...process.env, KUBECONFIG: node.kubeconfig },
      timeout: helmMs,
    });
  const waiting = ["--wait", "--timeout", `${helmMs / 1000}s`];
  const apply = (command: string, given: Values, ...more: string[]) => {
    const set = Object.entries(given).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
    return helm(command, "sandcell", chart, ...waiting, ...more, ...set);
  };
  const service = async (name: string): Promise<string> =>
    (await node.api("GET", `/api/v1/namespaces/${serviceNamespace}/services/sandcell-${name}`)).body.spec.clusterIP;

  await makeDisks(node);
  await apply("install", first, "--create-namespace");
  const url = `http://127.0.0.1:${await node.forward(`${await service("gateway")}:8080`)}`;
  const statusOf = async (pool: string): Promise<KernelPoolStatus | undefined> =>
    (await node.api("GET", `${poolPath}/${pool}`)).body.status;
  return {
    node,
    url,
    visitor: new Visitor(() => [url], waitMs),
    pods: podsOf(node),
    service,
    statusOf,
    /** Resolves when so many are warm and idle: a pod's own word comes too early. */
    idle: (pool: string, count: number) =>
      eventually(`${count} idle kernels`, async () => ((await statusOf(pool))?.idle ?? 0) >= count),
    upgrade: (given: Values) => apply("upgrade", given),
    /** `helm test`: rejects, with what it said, when a check of the chart fails. */
    test: () => helm("test", "sandcell", "--timeout", `${helmMs / 1000}s`),
    uninstall: () => helm("uninstall", "sandcell", ...waiting),
    /** Reads the ledger as a gateway could. */
    openAudit: async () => {
      const { body } = await node.api("GET", `/api/v1/namespaces/${serviceNamespace}/secrets/sandcell`);
      const password = Buffer.from(body.data["nats-gateway-password"], "base64").toString("utf8");
      const port = await node.forward(`${await service("nats")}:4222`);
      return openAudit({ natsUrl: `nats://gateway:${password}@127.0.0.1:${port}` });
    },
  };
};
export type Release = Awaited<ReturnType<typeof installRelease>>;
