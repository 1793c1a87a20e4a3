/** The chart on a real cluster, with the real images: installed, asked, a used kernel replaced, uninstalled; next: node.ts. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type KubernetesNode, startNode } from "#test/cluster/node.ts";
import { kubernetesPath } from "#test/cluster/places.ts";
import { text, Visitor } from "#test/end-to-end/visitor.ts";

const installMs = 240_000;
const waitMs = 150_000;
const chart = join(import.meta.dirname, "../../charts/sandcell");
/** One kernel for one computation, on a machine of two cores. */
const values = {
  image: { tag: "test" },
  kernelImage: { tag: "test" },
  nats: { image: "sandcell/nats:test" },
  operator: { replicas: 1 },
  pools: { default: { isolation: "sandbox", capacity: { idleMin: 1, idleMax: 1, totalMax: 2 } } },
};
const kernels = "/api/v1/namespaces/sandcell-kernels/pods";

let node: KubernetesNode;
let visitor: Visitor;

const helm = (...args: string[]) => {
  const options = { env: { ...process.env, KUBECONFIG: node.kubeconfig }, timeout: installMs };
  return promisify(execFile)(join(kubernetesPath(), "helm"), [...args, "--namespace", "sandcell"], options);
};
const eventually = async <Found>(what: string, find: () => Promise<Found | undefined>): Promise<Found> => {
  for (const giveUp = Date.now() + waitMs; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > giveUp) throw new Error(`not within ${waitMs / 1000} s: ${what}`);
  }
};
type Pod = { metadata: { name: string; namespace: string }; status: { conditions?: { type: string; status: string }[] } };
const podsAt = async (path: string): Promise<Pod[]> => (await node.api("GET", path)).body.items ?? [];
const readyKernel = (besides?: string) =>
  eventually("a ready kernel", async () => {
    const isReady = ({ status }: Pod) => status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return (await podsAt(kernels)).find((pod) => isReady(pod) && pod.metadata.name !== besides)?.metadata.name;
  });

/** A cluster's storage class makes a disk for who asks; here they lie ready. */
const makeDisks = async () => {
  for (const name of ["disk-1", "disk-2", "disk-3"]) {
    const path = join(dirname(node.kubeconfig), name);
    mkdirSync(path);
    chmodSync(path, 0o777);
    const spec = { capacity: { storage: "50Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path } };
    await node.api("POST", "/api/v1/persistentvolumes", { metadata: { name }, spec });
  }
};

beforeAll(async () => {
  node = await startNode();
  await makeDisks();
  const set = Object.entries(values).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
  await helm("install", "sandcell", chart, "--create-namespace", "--wait", "--timeout", `${installMs / 1000}s`, ...set);
  const { body } = await node.api("GET", "/api/v1/namespaces/sandcell/services/sandcell-gateway");
  const port = await node.forward(`${body.spec.clusterIP}:8080`);
  visitor = new Visitor(() => [`http://127.0.0.1:${port}`], waitMs);
}, 600_000);
afterAll(() => node?.stop(), 90_000);

test("a plot asked of the gateway's Service comes back as a picture, and its kernel is replaced", async () => {
  const first = await readyKernel();
  const finished = await visitor.run({ code: "plot(sin(x), (x, 0, 6))" });
  expect(finished.outcome.kind).toBe("ok");
  expect(JSON.stringify(finished.messages)).toContain('"image/png"');
  await eventually("the used kernel is gone", async () =>
    (await podsAt(kernels)).some(({ metadata }) => metadata.name === first) ? undefined : true,
  );
  await readyKernel(first);
}, 400_000);

test("a file that code writes can be fetched", async () => {
  await readyKernel();
  const finished = await visitor.run({ code: "open('answer.txt', 'w').write('42')", language: "python" });
  const [file] = finished.outcome.files;
  expect(file).toMatchObject({ path: "answer.txt", size: 2 });
  expect(await (await visitor.ask(file?.link ?? "")).text()).toBe("42");
}, 400_000);

test("code is nobody, in gVisor, and reaches nothing of the cluster", async () => {
  await readyKernel();
  const code = `
import os, socket
print(os.getuid())
for place in [("10.96.0.1", 443), ("10.96.0.10", 53), ("10.250.0.1", 10250)]:
    try:
        socket.create_connection(place, 2)
        print("reached", place)
    except OSError:
        pass`;
  const finished = await visitor.run({ code, language: "python" });
  expect(text(finished)).toBe("65534\n");
}, 400_000);

test("uninstalling leaves no pod and no wall behind", async () => {
  await helm("uninstall", "sandcell", "--wait", "--timeout", `${installMs / 1000}s`);
  await eventually("no pod", async () => ((await podsAt("/api/v1/pods")).length === 0 ? true : undefined));
  const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
  expect((await node.api("GET", policies)).body.items).toEqual([]);
}, 300_000);
