/** A real node: gVisor pods that answer, find each other by name, and are held by network policies; next: node.ts. */
import { globSync, readFileSync } from "node:fs";
import { type KubernetesNode, startNode } from "#test/cluster/node.ts";

const podMs = 60_000;
const namespace = "/api/v1/namespaces/walls";
const sysctls = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"];
const sysctlsNow = () => sysctls.map((name) => readFileSync(`/proc/sys/${name}`, "utf8"));
/** Only its own: another test may have a node, too. */
const cgroupsNow = () => globSync(`/sys/fs/cgroup/**/sandcell-node-${/sandcell-node-(\d+)-/.exec(node.kubeconfig)?.[1]}`);

/** Says who it is, and, asked with ?to=URL, what it hears from there. */
const program = `
const { readFileSync } = require("node:fs");
const { createServer, get } = require("node:http");
// A connection of its own for each: an open one outlives a policy.
const heard = (to) => new Promise((resolve) => {
  const request = get(to, { agent: false, timeout: 2000 }, async (answer) => resolve(Buffer.concat(await answer.toArray()).toString()));
  request.on("timeout", () => request.destroy(new Error("time out"))).on("error", (error) => resolve("nothing: " + error.message));
});
createServer(async (request, response) => {
  const to = new URL(request.url, "http://here").searchParams.get("to");
  response.end(to ? await heard(to) : JSON.stringify({ uid: process.getuid(), version: readFileSync("/proc/version", "utf8") }));
}).listen(8080);`;

const pod = (name: string) => ({
  metadata: { name, labels: { app: name } },
  spec: {
    runtimeClassName: "gvisor",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "only",
        image: "sandcell/node:test",
        command: ["node", "-e", program],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { httpGet: { port: 8080, path: "/" }, periodSeconds: 1, timeoutSeconds: 5 },
        resources: { limits: { memory: "512Mi" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
      },
    ],
  },
});

let node: KubernetesNode;
const sysctlsBefore = sysctlsNow();

const made = async (path: string, body: object) => {
  const answer = await node.api("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
};
const eventually = async (what: string, isSo: () => Promise<boolean>) => {
  for (const giveUp = Date.now() + podMs; !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 100)))
    if (Date.now() > giveUp) throw new Error(`not within ${podMs / 1000} s: ${what}`);
};
const isReady = async (name: string) => {
  const { body } = await node.api("GET", `${namespace}/pods/${name}`);
  return body.status?.conditions?.some(({ type, status }: Record<string, string>) => type === "Ready" && status === "True");
};
const asked = async (name: string, query = "") => (await node.api("GET", `${namespace}/pods/${name}:8080/proxy/${query}`)).body;
const heard = (from: string, to: string) => asked(from, `?to=${encodeURIComponent(to)}`);
const answers = "http://two.walls.svc.cluster.local/";

beforeAll(async () => {
  node = await startNode();
  await made("/api/v1/namespaces", {
    metadata: { name: "walls", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  await eventually(
    "a service account",
    async () => (await node.api("GET", `${namespace}/serviceaccounts/default`)).status === 200,
  );
  await made(`${namespace}/services`, {
    metadata: { name: "two" },
    spec: { selector: { app: "two" }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  for (const name of ["one", "two"]) await made(`${namespace}/pods`, pod(name));
  for (const name of ["one", "two"]) await eventually(`pod ${name} is Ready`, () => isReady(name));
}, 300_000);
afterAll(() => node?.stop(), 90_000);

test("a pod of nobody's, admitted where pods are restricted, becomes Ready in gVisor and answers", async () => {
  const { uid, version } = JSON.parse(await asked("one"));
  expect(uid).toBe(65534);
  expect(version).toContain("gvisor");
});
test("a pod hears another by the name of its Service, and nothing of the world outside", async () => {
  // That a pod is Ready reaches its Service a moment later.
  await eventually("an answer", async () => !(await heard("one", answers)).startsWith("nothing"));
  expect(JSON.parse(await heard("one", answers))).toMatchObject({ uid: 65534 });
  expect(await heard("one", "http://192.0.2.1/")).toMatch(/^nothing/);
});
test("a network policy that allows nothing silences a pod that was heard", async () => {
  expect(JSON.parse(await heard("one", answers))).toMatchObject({ uid: 65534 });
  await made("/apis/networking.k8s.io/v1/namespaces/walls/networkpolicies", {
    metadata: { name: "nothing" },
    spec: { podSelector: { matchLabels: { app: "two" } }, policyTypes: ["Ingress"] },
  });
  await eventually("silence", async () => (await heard("one", answers)).startsWith("nothing"));
});
test("its end leaves no cgroup, mount or changed setting of the machine", async () => {
  expect(cgroupsNow()).not.toEqual([]);
  await node.stop();
  expect(cgroupsNow()).toEqual([]);
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("sandcell-node-");
  expect(sysctlsNow()).toEqual(sysctlsBefore);
});
