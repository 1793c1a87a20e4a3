/** The real operator with the chart's settings and no more rights than the chart gives it, at a real API server; next: nats-conf.cluster.test.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { chartFolder, helm, render } from "#test/chart/render.ts";
import { type ControlPlane, startControlPlane } from "#test/cluster/control-plane.ts";
import { freePort, type NatsServer, startNatsServer } from "#test/nats-server.ts";
import { root } from "#test/tree.ts";

const waitMs = 30_000;
let plane: ControlPlane;
let nats: NatsServer;
let operator: ChildProcess | undefined;
let said = "";

type Deployment = { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
/** What the chart's Deployment says, where it says it outright. */
const settingsOfChart = (): Record<string, string> => {
  const found = render({ namespace: "walls" }).find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === "sandcell-operator",
  );
  if (!found) throw new Error("the chart made no operator");
  const { template } = found["spec"] as Deployment;
  const given = template.spec.containers.flatMap(({ env }) => env);
  return Object.fromEntries(given.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
};

/** An administrator's kubeconfig, with the operator's own token in the administrator's place. */
const ownKubeconfig = async (): Promise<string> => {
  const path = "/api/v1/namespaces/walls/serviceaccounts/sandcell-operator/token";
  const { body } = await plane.api("POST", path, { spec: {} });
  const config = JSON.parse(readFileSync(plane.kubeconfig, "utf8"));
  config.users[0].user = { token: body.status.token };
  const file = join(dirname(plane.kubeconfig), "operator.kubeconfig");
  writeFileSync(file, JSON.stringify(config));
  return file;
};
const get = async (path: string) => (await plane.api("GET", path)).body;
const until = async <Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> => {
  for (const giveUp = Date.now() + waitMs; ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > giveUp) throw new Error(`${what} did not come; the operator said: ${said.slice(-4000)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

beforeAll(async () => {
  plane = await startControlPlane();
  helm("install", "sandcell", chartFolder, "--namespace", "walls", "--create-namespace", "--kubeconfig", plane.kubeconfig);
  nats = await startNatsServer();
  const env = {
    ...settingsOfChart(),
    SANDCELL_KUBECONFIG: await ownKubeconfig(),
    SANDCELL_NATS_URL: nats.url,
    SANDCELL_NATS_SYSTEM_URL: "",
    SANDCELL_NATS_ISSUER_SECRET: "s0123456789abcdef0123456789abcdef",
    SANDCELL_OPERATOR_METRICS_PORT: String(await freePort()),
    SANDCELL_KERNEL_NATS_URL: `nats://localhost:${new URL(nats.url).port}`,
    SANDCELL_KERNEL_HOSTS: "localhost",
    SANDCELL_IDENTITY: "the-only-one",
  };
  operator = spawn(process.execPath, ["operator/main.ts"], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [operator.stdout, operator.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
}, 180_000);
afterAll(async () => {
  operator?.kill("SIGKILL");
  await nats?.stop();
  await plane?.stop();
});

test("it takes its Lease", async () => {
  const lease = "/apis/coordination.k8s.io/v1/namespaces/walls/leases/sandcell-operator";
  const holder = await until("a Lease", async () => (await get(lease)).spec?.holderIdentity);
  expect(holder).toBe("the-only-one");
});
test("it makes as many kernels as its pool wants, and every wall lets them pass", async () => {
  const pods = await until("two pods", async () => {
    const { items } = await get("/api/v1/namespaces/sandcell-kernels/pods");
    return items.length >= 2 ? items : undefined;
  });
  expect(pods).toHaveLength(2);
  expect(pods[0].spec).toMatchObject({ runtimeClassName: "gvisor", overhead: { memory: "64Mi" }, dnsPolicy: "None" });
  expect(pods[0].spec.containers).toMatchObject([
    { name: "agent", image: "sandcell/node:0.1.0" },
    { name: "kernel", image: "sandcell/kernel:0.1.0" },
  ]);
});
test("it says so in the pool's status", async () => {
  const pool = "/apis/sandcell.dev/v1alpha1/namespaces/sandcell-kernels/kernelpools/default";
  const status = await until("a status", async () => {
    const found = (await get(pool)).status;
    return found?.starting === 2 ? found : undefined;
  });
  expect(status).toMatchObject({ total: 2, idle: 0 });
});
test("it never asks for what it may not have", () => {
  expect(said).not.toMatch(/forbidden|"status":403|cannot (get|list|watch|create|patch|delete)/i);
});
