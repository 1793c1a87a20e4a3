/** The operator as a process: two of them, of which one is killed; next: pools.cluster.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { connect, type NatsConnection, tokenAuthenticator } from "@nats-io/transport-node";
import { settingsEnvironment } from "#service/settings.ts";
import { startCalloutServer } from "#test/callout-server.ts";
import { freePort } from "#test/nats-server.ts";
import { eventually, namespace, type OperatorRig, podsPath, poolOf, poolsPath, startOperatorRig } from "#test/operator-rig.ts";
import { root } from "#test/tree.ts";

let rig: OperatorRig;
let nats: Awaited<ReturnType<typeof startCalloutServer>>;
const operators: { child: ChildProcess; port: number }[] = [];

const startOperator = async (identity: string) => {
  const port = await freePort();
  const address = nats.server.url.replace("nats://", "");
  const settings = {
    natsUrl: `nats://operator:password@${address}`,
    natsSystemUrl: `nats://operator-system:password@${address}`,
    natsIssuerSecret: "a secret of thirty-two characters or more",
    kernelNatsUrl: nats.server.url,
    kernelNamespace: namespace,
    agentImage: "sandcell/sandcell:test",
    kubeconfig: rig.kubeconfig,
    leaseNamespace: namespace,
    identity,
    operatorMetricsPort: port,
    logLevel: "warn",
  };
  const argv = ["--disable-warning=ExperimentalWarning", join(root, "operator/main.ts")];
  const child = spawn(process.execPath, argv, { env: settingsEnvironment(settings), stdio: "ignore" });
  operators.push({ child, port });
  return { child, port };
};
const metric = async (port: number, name: string): Promise<string | undefined> => {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => "",
  );
  return page
    .split("\n")
    .find((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    ?.split(" ")
    .at(-1);
};
const leads = (port: number) => async () => (await metric(port, "sandcell_operator_leads")) === "1";
const pods = async (): Promise<{ metadata: { name: string; uid: string } }[]> => (await rig.api("GET", podsPath)).body.items;

beforeAll(async () => {
  [rig, nats] = await Promise.all([startOperatorRig(), startCalloutServer()]);
  await rig.make("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "gvisor" }, handler: "runsc" });
}, 120_000);
afterAll(async () => {
  for (const { child } of operators) child.kill("SIGKILL");
  await Promise.all([nats.server.stop(), rig.stop()]);
}, 30_000);

test("of two one leads; when it is killed the other takes over its pods, and makes and deletes none", async () => {
  const first = await startOperator("first");
  await eventually("a leader", leads(first.port));
  const second = await startOperator("second");
  await eventually("one that waits", async () => (await metric(second.port, "sandcell_operator_leads")) === "0");
  await rig.make(poolsPath, poolOf("default", { capacity: { idleMin: 3, idleMax: 3, totalMax: 4 } }));
  await eventually("three pods", async () => (await pods()).length === 3);
  const before = (await pods()).map(({ metadata }) => metadata.uid).sort();
  first.child.kill("SIGKILL");
  await eventually("the second leads", leads(second.port), 40_000);
  await eventually("its first pass", async () => (await metric(second.port, "sandcell_pool_kernels")) !== undefined);
  expect((await pods()).map(({ metadata }) => metadata.uid).sort()).toEqual(before);
}, 120_000);
test("an agent's real token opens NATS for it, whichever operator is asked", async () => {
  const [pod] = await pods();
  const { name, uid } = pod?.metadata ?? { name: "", uid: "" };
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/kernel/token`;
  const { status } = await rig.make(path, { spec: { audiences: ["nats"], boundObjectRef } });
  const agent: NatsConnection = await connect({ servers: nats.server.url, authenticator: tokenAuthenticator(status.token) });
  await agent.flush();
  await agent.close();
});
test("asked to stop it lets go of the lease and ends well", async () => {
  const [, second] = operators;
  const ended = new Promise<number | null>((resolve) => second?.child.once("exit", resolve));
  second?.child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/sandcell-operator`;
  expect((await rig.api("GET", path)).body.spec.holderIdentity).toBe("");
});
