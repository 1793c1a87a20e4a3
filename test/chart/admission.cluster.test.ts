/** What a real API server makes of the chart: it takes every object, and no kernel without its walls; next: rendering.cluster.test.ts. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { attempts, canaryPod } from "#operator/canary/pod.ts";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { chartFolder, helm, type Manifest, parseManifests } from "#test/chart/render.ts";
import { type ControlPlane, startControlPlane } from "#test/cluster/control-plane.ts";
import { kubernetesPath } from "#test/cluster/places.ts";
import { read, root } from "#test/tree.ts";

const kubeall = () => join(kubernetesPath(), "kubeall");

let plane: ControlPlane;
const withCluster = (...args: string[]) => helm(...args, "--kubeconfig", plane.kubeconfig);
/** Without hooks: nobody is here who would run a pod. */
const install = (namespace: string, ...values: string[]) => {
  const where = ["--namespace", namespace, "--create-namespace", "--no-hooks"];
  return withCluster("upgrade", "--install", "sandcell", chartFolder, ...where, ...values);
};
const set = (...values: string[]) => values.flatMap((value) => ["--set", value]);
const setJson = (name: string, value: object) => ["--set-json", `${name}=${JSON.stringify(value)}`];
const made = async (path: string, body: object) => {
  const answer = await plane.api("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
};
/** Whatever the chart can make that needs no definitions of others. */
const everything = set(
  "placeholders.replicas=1",
  "metrics.dashboard=true",
  "nats.replicas=3",
  "ingress.enabled=true",
  "kernelNamespace.quota.pods=50",
);

beforeAll(async () => {
  plane = await startControlPlane();
  await made("/api/v1/namespaces", {
    metadata: { name: "walls", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  for (const name of ["bare", "sandcell"]) await made("/api/v1/namespaces", { metadata: { name } });
  install("walls", ...everything);
  // A second one, with all that is not its own: its kernels' namespace has no label of PodSecurity, so the policy alone refuses there.
  install(
    "second",
    ...set("kernelNamespace.name=bare", "kernelNamespace.create=false", "gateway.autoscaling.enabled=true"),
    ...set("database.kind=mongodb", "database.url=mongodb://db/sandcell", "filestore.store=mongodb"),
    ...set("nats.bundled=false", "nats.address=nats.example.org:4222", "nats.cidrs[0]=10.1.0.0/16"),
    ...setJson("pools.default.template.resources", { memoryBytes: 2 ** 32 }),
  );
}, 240_000);
afterAll(() => plane?.stop());

describe("an installation", () => {
  test("is taken by the API server, object by object", () => {
    const releases: { namespace: string; status: string }[] = JSON.parse(
      withCluster("list", "--all-namespaces", "--output", "json"),
    );
    expect(releases.map(({ namespace, status }) => `${namespace}: ${status}`).sort()).toEqual([
      "second: deployed",
      "walls: deployed",
    ]);
  });
  test("keeps its secrets when it is upgraded", async () => {
    const secret = async () => (await plane.api("GET", "/api/v1/namespaces/walls/secrets/sandcell")).body.data;
    const before = await secret();
    install("walls", ...everything, ...set("gateway.token=a-token-of-ours-1"));
    expect(await secret()).toEqual({ ...before, token: Buffer.from("a-token-of-ours-1").toString("base64") });
    expect(Object.keys(before).length).toBe(7);
  });
  test("makes pools with the chart's images, and big numbers stay numbers", async () => {
    const pool = await plane.api("GET", "/apis/sandcell.dev/v1alpha1/namespaces/bare/kernelpools/default");
    expect(pool.body.spec).toMatchObject({
      template: { image: "sandcell/kernel:0.1.0", runtimeClassName: "gvisor", resources: { memoryBytes: 4294967296 } },
      capacity: { idleMin: 2, idleMax: 4, totalMax: 8 },
    });
  });
  test("leaves a runtime class alone that was there before", async () => {
    const { body } = await plane.api("GET", "/apis/node.k8s.io/v1/runtimeclasses/gvisor");
    expect(body.metadata.annotations["meta.helm.sh/release-namespace"]).toBe("walls");
  });
  test("is taken as plain YAML, too", () => {
    const apply = [
      "apply",
      "--server-side",
      "--force-conflicts",
      "--dry-run=server",
      "-f",
      join(root, "manifests/sandcell.yaml"),
    ];
    const said = execFileSync(kubeall(), ["kubectl", "--kubeconfig", plane.kubeconfig, ...apply], { encoding: "utf8" });
    expect(said.match(/serverside-applied/g)?.length).toBe(parseManifests(read("manifests/sandcell.yaml")).length);
  });
  test("says what to try next", () => {
    const notes = withCluster("get", "notes", "sandcell", "--namespace", "second");
    expect(notes).toContain("helm test sandcell -n second");
    expect(notes).toContain("port-forward service/sandcell-gateway 8080:8080 8081:8081");
    expect(notes).not.toContain("  \n\n\n");
  });
  test("has only pods that PodSecurity restricted admits", async () => {
    const of = (what: string) => parseManifests(withCluster("get", what, "sandcell", "--namespace", "walls")).flatMap(podsOf);
    // With both tests and the Job before an upgrade.
    const pods = [...of("manifest"), ...of("hooks")];
    expect(pods.length).toBe(9);
    // Its hook would have made it.
    await made("/api/v1/namespaces/walls/serviceaccounts", { metadata: { name: "sandcell-definition" } });
    for (const pod of pods) {
      const { status, body } = await plane.api("POST", "/api/v1/namespaces/walls/pods?dryRun=All", pod);
      expect([status, body.message]).toEqual([201, undefined]);
    }
  });
});

type Workload = {
  template?: { metadata: object; spec?: { volumes?: object[] } };
  volumeClaimTemplates?: { metadata: { name: string } }[];
};
/** The pod that a workload would make, or that it is. */
const podsOf = (manifest: Manifest): object[] => {
  const { template, volumeClaimTemplates = [] } = (manifest["spec"] ?? {}) as Workload;
  if (manifest.kind === "Pod") return [manifest];
  if (!template?.spec) return [];
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const spec = { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] };
  return [{ metadata: { ...template.metadata, generateName: "pod-" }, spec }];
};

/** What the operator makes; tests weaken it in one place. */
// biome-ignore lint/suspicious/noExplicitAny: tests break it on purpose
type Weakened = any;
const kernelPod = (weaken: (pod: Weakened) => void = () => {}): Weakened => {
  const pod = JSON.parse(read("operator/pool/pod-template.golden.json"));
  delete pod.metadata.namespace;
  delete pod.metadata.ownerReferences;
  weaken(pod);
  return pod;
};
const agent = (pod: Weakened) => pod.spec.containers[0];
const kernel = (pod: Weakened) => pod.spec.containers[1];
const ask = (namespace: string, pod: object) => plane.api("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);

const weaknesses: readonly [string, (pod: Weakened) => void, string][] = [
  ["another runtime class", (pod) => (pod.spec.runtimeClassName = undefined), "runs in runtime class gvisor"],
  ["a third container", (pod) => pod.spec.containers.push({ ...kernel(pod), name: "third" }), "no other"],
  [
    "an init container of another user",
    (pod) =>
      (pod.spec.initContainers = [
        { ...kernel(pod), name: "init", securityContext: { ...kernel(pod).securityContext, runAsUser: 1000 } },
      ]),
    "the kernel as uid 65534",
  ],
  ["an agent of another user", (pod) => (agent(pod).securityContext.runAsUser = 65534), "the agent runs as uid 2000"],
  ["a kernel of another user", (pod) => (kernel(pod).securityContext.runAsUser = 2000), "the kernel as uid 65534"],
  [
    "a kernel that may be root",
    (pod) => {
      kernel(pod).securityContext.runAsNonRoot = false;
    },
    "runAsNonRoot",
  ],
  ["a writable root", (pod) => delete kernel(pod).securityContext.readOnlyRootFilesystem, "read-only root"],
  [
    "privileges",
    (pod) => {
      kernel(pod).securityContext.privileged = true;
      kernel(pod).securityContext.allowPrivilegeEscalation = true;
    },
    "not privileged",
  ],
  ["a way to privileges", (pod) => delete kernel(pod).securityContext.allowPrivilegeEscalation, "not privileged"],
  ["capabilities", (pod) => delete kernel(pod).securityContext.capabilities, "no capabilities"],
  ["a capability", (pod) => (kernel(pod).securityContext.capabilities.add = ["NET_BIND_SERVICE"]), "no capabilities"],
  ["no seccomp profile", (pod) => (pod.spec.securityContext.seccompProfile = { type: "Unconfined" }), "seccomp profile"],
  ["the node's network", (pod) => (pod.spec.hostNetwork = true), "no namespace of its node"],
  [
    "the node's processes",
    (pod) => {
      pod.spec.shareProcessNamespace = undefined;
      pod.spec.hostPID = true;
    },
    "no namespace of its node",
  ],
  ["the node's IPC", (pod) => (pod.spec.hostIPC = true), "no namespace of its node"],
  ["processes shared with the agent", (pod) => (pod.spec.shareProcessNamespace = true), "do not see each other"],
  ["a port", (pod) => (kernel(pod).ports = [{ containerPort: 80 }]), "no ports"],
  ["the token of its service account", (pod) => (pod.spec.automountServiceAccountToken = true), "without its token"],
  ["another service account", (pod) => (pod.spec.serviceAccountName = "default"), "the service account kernel"],
  ["a path of the node", (pod) => pod.spec.volumes.push({ name: "host", hostPath: { path: "/" } }), "no hostPath"],
  ["a Secret", (pod) => pod.spec.volumes.push({ name: "secret", secret: { secretName: "s" } }), "no Secret"],
  [
    "a token for others",
    (pod) => delete pod.spec.volumes[0].projected.sources[0].serviceAccountToken.audience,
    "no other token",
  ],
  [
    "a kernel that sees the agent's token",
    (pod) => kernel(pod).volumeMounts.push({ name: "token", mountPath: "/token" }),
    "only the agent",
  ],
  ["an empty directory without end", (pod) => delete pod.spec.volumes[1].emptyDir.sizeLimit, "size limit"],
  [
    "a variable from a Secret",
    (pod) => (kernel(pod).env = [{ name: "S", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }]),
    "becomes a variable",
  ],
  ["variables from a ConfigMap", (pod) => (kernel(pod).envFrom = [{ configMapRef: { name: "c" } }]), "becomes a variable"],
  ["service links", (pod) => delete pod.spec.enableServiceLinks, "enableServiceLinks"],
  ["no limit of memory", (pod) => delete kernel(pod).resources.limits.memory, "limits of CPU, memory"],
  ["no limit of CPU", (pod) => delete agent(pod).resources.limits.cpu, "limits of CPU, memory"],
];

describe("a kernel's pod", () => {
  beforeAll(async () => {
    await made("/api/v1/namespaces/bare/serviceaccounts", { metadata: { name: "default" } });
    // A policy is in force some seconds after it is made.
    for (
      const giveUp = Date.now() + 60_000;
      (
        await ask(
          "bare",
          kernelPod((pod) => (pod.spec.hostIPC = true)),
        )
      ).status === 201;
    )
      if (Date.now() > giveUp) throw new Error("the policy is not in force");
  }, 90_000);

  test("is admitted as the operator makes it", async () => {
    for (const namespace of ["bare", "sandcell-kernels"])
      expect(await ask(namespace, kernelPod())).toMatchObject({ status: 201 });
  });
  test("is admitted with the canary in the kernel's place: the walls that it proves are a kernel's", async () => {
    const pool = { name: "default", uid: "u", namespace: "bare", spec: kernelPoolSpec.parse({}) };
    const installation = { agentImage: "a", natsUrl: "nats://n", serviceAccount: "kernel", logLevel: "info", hostAliases: [] };
    const places = { forbidden: [], needed: [] };
    for (const attempt of attempts) {
      const pod = canaryPod({ pool, installation, attempt, node: "node1", places, script: "pass" });
      expect(await ask("bare", pod)).toMatchObject({ status: 201 });
    }
  });
  test.each(weaknesses)("is refused with %s", async (_, weaken, words) => {
    const { status, body } = await ask("bare", kernelPod(weaken));
    expect([status, body.message]).toEqual([422, expect.stringContaining(words)]);
  });
  test("is refused without the walls of PodSecurity too, where the namespace is labelled", async () => {
    const { status, body } = await ask(
      "sandcell-kernels",
      kernelPod((pod) => (pod.spec.hostNetwork = true)),
    );
    expect([status, body.message]).toEqual([403, expect.stringContaining('violates PodSecurity "restricted')]);
  });
  test("takes no ephemeral container", async () => {
    await made("/api/v1/namespaces/bare/pods", kernelPod());
    const path = "/api/v1/namespaces/bare/pods/k0000000000000000000000000/ephemeralcontainers";
    const { body: pod } = await plane.api("GET", path);
    pod.spec.ephemeralContainers = [{ name: "debug", image: "busybox", securityContext: kernel(pod).securityContext }];
    const { status, body } = await plane.api("PUT", path, pod);
    expect([status, body.message]).toEqual([422, expect.stringContaining("no ephemeral containers")]);
  });
});
