/** The operator as a process, while it or the API server is killed, stopped or cut off; next: pools.cluster.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection, tokenAuthenticator } from "@nats-io/transport-node";
import { settingsEnvironment } from "#service/settings.ts";
import { startCalloutServer } from "#test/callout-server.ts";
import { type Forwarder, startForwarder } from "#test/forwarder.ts";
import { freePort } from "#test/nats-server.ts";
import { eventually, namespace, type OperatorRig, podsPath, poolOf, poolsPath, startOperatorRig } from "#test/operator-rig.ts";
import { root } from "#test/tree.ts";

let rig: OperatorRig;
let nats: Awaited<ReturnType<typeof startCalloutServer>>;
/** Between the operators and the API server. */
let way: Forwarder;
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
    kubeconfig: kubeconfigByWay(),
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
const kubeconfigByWay = () => {
  const config = JSON.parse(readFileSync(rig.kubeconfig, "utf8"));
  config.clusters[0].cluster.server = `https://127.0.0.1:${way.port}`;
  const path = `${rig.kubeconfig}.by-way`;
  writeFileSync(path, JSON.stringify(config));
  return path;
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
const uids = async () => (await pods()).map(({ metadata }) => metadata.uid).sort();
const pods = async (): Promise<{ metadata: { name: string; uid: string } }[]> => (await rig.api("GET", podsPath)).body.items;

beforeAll(async () => {
  [rig, nats] = await Promise.all([startOperatorRig(), startCalloutServer()]);
  way = await startForwarder(Number(new URL(JSON.parse(readFileSync(rig.kubeconfig, "utf8")).clusters[0].cluster.server).port));
  await rig.make("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "gvisor" }, handler: "runsc" });
}, 120_000);
afterAll(async () => {
  for (const { child } of operators) child.kill("SIGKILL");
  await Promise.all([nats.server.stop(), way.shut(), rig.stop()]);
}, 30_000);

test("of two one leads; when it is killed the other takes over its pods, and makes and deletes none", async () => {
  const first = await startOperator("first");
  await eventually("a leader", leads(first.port));
  const second = await startOperator("second");
  await eventually("one that waits", async () => (await metric(second.port, "sandcell_operator_leads")) === "0");
  await rig.make(poolsPath, poolOf("default", { capacity: { idleMin: 3, idleMax: 3, totalMax: 9 } }));
  await eventually("three pods", async () => (await pods()).length === 3);
  const before = await uids();
  first.child.kill("SIGKILL");
  await eventually("the second leads", leads(second.port), 40_000);
  await eventually("its first pass", async () => (await metric(second.port, "sandcell_pool_kernels")) !== undefined);
  expect(await uids()).toEqual(before);
}, 120_000);

describe("pods stay, and edits are followed again, after", () => {
  const ended = ({ child }: { child: ChildProcess }) => new Promise((resolve) => child.once("exit", resolve));
  const scale = (idleMin: number) =>
    rig.api("PATCH", `${poolsPath}/default`, { spec: { capacity: { idleMin, idleMax: idleMin } } });

  test.each<[string, (scaled: () => Promise<unknown>) => Promise<unknown>]>([
    ["the API server was killed and is there again", (scaled) => rig.apiServer.kill().then(rig.apiServer.start).then(scaled)],
    [
      "the operator was cut off from it: what was edited meanwhile is done then",
      async (scaled) => {
        await way.shut();
        await scaled();
        await way.open();
      },
    ],
    [
      "the operator was stopped while it was edited",
      async (scaled) => {
        operators[1]?.child.kill("SIGSTOP");
        await scaled();
        operators[1]?.child.kill("SIGCONT");
      },
    ],
    [
      "the API server was stopped so long that the operator ended, as it must without its lease, and another began",
      async (scaled) => {
        rig.apiServer.signal("SIGSTOP");
        await Promise.all(operators.filter(({ child }) => child.exitCode === null && child.signalCode === null).map(ended));
        rig.apiServer.signal("SIGCONT");
        await startOperator("third");
        await scaled();
      },
    ],
  ])(
    "%s",
    async (_what, fault) => {
      const before = await uids();
      await fault(() => scale(before.length + 1));
      await eventually("one more", async () => (await uids()).length > before.length, 60_000);
      const after = await uids();
      expect(after.filter((uid) => before.includes(uid))).toEqual(before);
      expect(after.length).toBe(before.length + 1);
    },
    120_000,
  );
});
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
  const last = operators.at(-1);
  const ended = new Promise<number | null>((resolve) => last?.child.once("exit", resolve));
  last?.child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/sandcell-operator`;
  expect((await rig.api("GET", path)).body.spec.holderIdentity).toBe("");
});
