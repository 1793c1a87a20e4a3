/** The canary on a real node finds the one wall that is missing (that all stand on an installed one: test/cluster/end-to-end); next: main.cluster.test.ts. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { kernelPoolCrd } from "#operator/kernel-pool-crd.ts";
import { settingsEnvironment } from "#service/settings.ts";
import { type KubernetesNode, startNode } from "#test/cluster/node.ts";
import { eventually, namespace, poolOf, poolsPath } from "#test/operator-rig.ts";
import { root } from "#test/tree.ts";

const canaryMs = 280_000;
let node: KubernetesNode;
let natsAddress: string;

const make = async (path: string, body: object) => {
  const { status, body: answer } = await node.api("POST", path, body);
  if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
};
/** As an admin runs it, with the node's own kubeconfig. */
const canary = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const settings = {
      kernelNamespace: namespace,
      agentImage: "sandcell/node:test",
      kernelNatsUrl: `nats://${natsAddress}:4222`,
      kubeconfig: node.kubeconfig,
    };
    const argv = ["--disable-warning=ExperimentalWarning", join(root, "operator/canary.ts"), ...args];
    execFile(process.execPath, argv, { env: settingsEnvironment(settings), timeout: canaryMs }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, said: stdout + stderr }),
    );
  });

beforeAll(async () => {
  node = await startNode();
  await make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", kernelPoolCrd());
  for (const [name, labels] of [
    [namespace, { "pod-security.kubernetes.io/enforce": "restricted" }],
    ["service", {}],
  ] as const)
    await make("/api/v1/namespaces", { metadata: { name, labels } });
  await make(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "kernel" } });
  await eventually(
    "a service account",
    async () => (await node.api("GET", "/api/v1/namespaces/service/serviceaccounts/default")).status === 200,
  );
  const nats = { name: "nats", image: "sandcell/nats:test", command: ["/usr/local/bin/nats-server"] };
  await make("/api/v1/namespaces/service/pods", {
    metadata: { name: "nats", labels: { app: "nats" } },
    spec: { containers: [nats] },
  });
  natsAddress = await eventually(
    "NATS",
    async () => (await node.api("GET", "/api/v1/namespaces/service/pods/nats")).body.status?.podIP,
    60_000,
  );
  await eventually("the CRD is served", async () => (await node.api("GET", poolsPath)).status === 200);
  await make(poolsPath, poolOf("default", { template: { image: "sandcell/kernel:test", resources: { threads: 1024 } } }));
}, 300_000);
afterAll(() => node?.stop(), 90_000);

test("says in words that a kernel reaches what it must not, where no policy is in force, and leaves no pod behind", async () => {
  const { code, said } = await canary("--node", "node1");
  expect(said).toMatch(/network +MISSING +it reached .*the API server/);
  for (const wall of ["disk", "cpu", "memory", "pids"]) expect(said).toMatch(new RegExp(`${wall} +holds`));
  expect(code).toBe(1);
  await eventually(
    "no pod",
    async () => (await node.api("GET", `/api/v1/namespaces/${namespace}/pods`)).body.items.length === 0,
  );
}, 300_000);
