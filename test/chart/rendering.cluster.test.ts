/** What helm makes of the chart without a cluster: what is refused, and what the values change; next: manifests.ts. */
import { manifestFiles } from "#test/chart/manifests.ts";
import { chartFolder, helm, type Manifest, type Rendering, render } from "#test/chart/render.ts";
import { read } from "#test/tree.ts";

const mongodb = ["database.kind=mongodb", "database.url=mongodb://db/sandcell"];
/** The `spec` of one object, as what the test expects it to be. */
const specOf = <Spec>(manifests: Manifest[], kind: string, name: string) => {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`the chart made no ${kind} ${name}`);
  return found["spec"] as Spec;
};
const kinds = (rendering: Rendering) => new Set(render(rendering).map(({ kind }) => kind));
type Workload = { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
const gatewayEnvironment = (values: readonly string[]): Record<string, string> => {
  const { template } = specOf<Workload>(render({ values }), "Deployment", "sandcell-gateway");
  return Object.fromEntries((template.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
};

test("helm's own checks find nothing", () => {
  expect(helm("lint", "--strict", chartFolder)).toContain("0 chart(s) failed");
});
test("the plain manifests are what the chart renders (npm run manifests writes them)", () => {
  for (const [path, text] of Object.entries(manifestFiles)) expect(read(path)).toBe(text());
});

describe("what contradicts itself is refused in words", () => {
  test.each([
    [["gateway.replicas=2"], "exactly one gateway can run"],
    [["gateway.autoscaling.enabled=true"], "exactly one gateway can run"],
    [["filestore.store=mongodb"], "but that is sqlite"],
    [["database.kind=mongodb"], "needs database.url"],
    [["gateway.pool=other"], 'gateway.pool is "other", but pools has only: default'],
    [["kernelNamespace.name=sandcell"], "kernels need one of their own"],
    [["ingress.enabled=true", "ingress.frameHost=sandcell.example.org"], "another origin than the page"],
    [["nats.jetstreamMax=4Gi"], "NATS would refuse to make the ledger"],
    [["nats.size=7Gi"], "NATS would fill its volume"],
    [["gateway.settings.timeLimitSecondsMax=600", "pools.default.times.computationMs=300000"], "could not finish"],
    [["nats.bundled=false"], "nats.address is needed"],
    [["nats.bundled=false", "nats.address=nats:4222"], "nats.cidrs is needed"],
  ])("%j", (values, words) => {
    expect(() => render({ values })).toThrow(words);
  });
});
describe("a typo is refused", () => {
  test.each([
    ["gatway.replicas=1", "property gatway is not allowed"],
    ["gateway.replica=1", "property replica is not allowed"],
    ["gateway.settings.queueMx=1", "property queueMx is not allowed"],
    ["gateway.settings.queueMax=many", "gateway.settings.queueMax"],
    ["gateway.settings.natsUrl=nats://elsewhere", "property natsUrl is not allowed"],
    ["nats.replicas=2", "nats.replicas"],
    ["pools.default.capacity.idlMin=1", "property idlMin is not allowed"],
    ["pools.default.isolation=frok", "pools.default.isolation"],
    ["database.kind=mysql", "database.kind"],
  ])("%s", (value, words) => {
    expect(() => render({ values: [value] })).toThrow(words);
  });
});

describe("the values", () => {
  test("by default make one of each, and no more rights than are listed here", () => {
    const manifests = render();
    expect(
      manifests.filter(({ kind }) => ["Deployment", "StatefulSet", "DaemonSet"].includes(kind)).map((m) => m.metadata.name),
    ).toEqual(["sandcell-prepull", "sandcell-gateway", "sandcell-operator", "sandcell-filestore", "sandcell-nats"]);
    const rights = manifests.filter(({ kind }) => kind === "Role" || kind === "ClusterRole").flatMap(({ rules }) => rules);
    expect(rights).toEqual([
      { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "delete"] },
      { apiGroups: ["sandcell.dev"], resources: ["kernelpools"], verbs: ["list", "watch"] },
      { apiGroups: ["sandcell.dev"], resources: ["kernelpools/status"], verbs: ["patch"] },
      { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        resourceNames: ["sandcell-operator"],
        verbs: ["get", "update"],
      },
      // Before an upgrade only.
      {
        apiGroups: ["apiextensions.k8s.io"],
        resources: ["customresourcedefinitions"],
        resourceNames: ["kernelpools.sandcell.dev"],
        verbs: ["patch"],
      },
    ]);
  });
  test("with SQLite one gateway is stopped before its successor starts; with MongoDB they overlap", () => {
    const strategy = (values: string[]) => specOf(render({ values }), "Deployment", "sandcell-gateway");
    expect(strategy([])).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    expect(strategy([...mongodb, "gateway.replicas=3"])).toMatchObject({
      replicas: 3,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
    });
    expect(kinds({ values: [...mongodb, "gateway.autoscaling.enabled=true"] })).toContain("HorizontalPodAutoscaler");
    expect(kinds({ values: mongodb })).not.toContain("PersistentVolumeClaim");
  });
  test("with several servers of NATS send a server's clients to the others before it ends", () => {
    type Servers = { template: { spec: { containers: { lifecycle?: { preStop: { exec: { command: string[] } } } }[] } } };
    const preStop = (replicas: number) =>
      specOf<Servers>(render({ values: [`nats.replicas=${replicas}`] }), "StatefulSet", "sandcell-nats").template.spec
        .containers[0]?.lifecycle?.preStop.exec.command;
    expect([preStop(3), preStop(1)]).toEqual([["nats-server", "--signal", "ldm=1"], undefined]);
  });
  test("are told the gateway as its settings: numbers whole, texts as they are", () => {
    const values = ["gateway.settings.transcriptsBytesMax=4294967296", "gateway.settings.waitSecondsMax=30", "nats.replicas=3"];
    expect(gatewayEnvironment(values)).toMatchObject({
      SANDCELL_TRANSCRIPTS_BYTES_MAX: "4294967296",
      SANDCELL_WAIT_SECONDS_MAX: "30",
      SANDCELL_LEDGER_REPLICAS: "3",
      SANDCELL_NATS_URL: "nats://gateway:$(NATS_PASSWORD)@sandcell-nats.sandcell.svc:4222",
      SANDCELL_FRAME_ORIGIN: "http://127.0.0.1:8081",
      SANDCELL_TRUST_PROXY: "loopback",
    });
  });
  test("with an Ingress give the second origin its own host, and believe the proxy", () => {
    const ingress = [
      "ingress.enabled=true",
      "ingress.tlsSecretName=tls",
      "ingress.host=a.example",
      "ingress.frameHost=b.example",
    ];
    expect(gatewayEnvironment(ingress)).toMatchObject({
      SANDCELL_FRAME_ORIGIN: "https://b.example",
      SANDCELL_TRUST_PROXY: "loopback, linklocal, uniquelocal",
    });
    const { rules } = specOf<{ rules: unknown }>(render({ values: ingress }), "Ingress", "sandcell");
    const rule = (host: string, port: string) => ({
      host,
      http: { paths: [{ backend: { service: { port: { name: port } } } }] },
    });
    expect(rules).toMatchObject([rule("a.example", "http"), rule("b.example", "frames")]);
  });
  test("let kernels reach NATS and the filestore, or a NATS elsewhere, and nothing else", () => {
    type Policy = { egress: { to: object[]; ports: { port: number }[] }[] };
    const egress = (values: string[]) => specOf<Policy>(render({ values }), "NetworkPolicy", "kernels").egress;
    expect(egress([]).map(({ ports }) => ports)).toEqual([
      [{ protocol: "TCP", port: 8090 }],
      [{ protocol: "TCP", port: 4222 }],
    ]);
    const elsewhere = ["nats.bundled=false", "nats.address=n1:4222\\,n2:4223", "nats.cidrs[0]=10.1.0.0/16"];
    expect(egress(elsewhere).at(-1)).toEqual({
      to: [{ ipBlock: { cidr: "10.1.0.0/16" } }],
      ports: [
        { protocol: "TCP", port: 4222 },
        { protocol: "TCP", port: 4223 },
      ],
    });
    expect(kinds({ values: elsewhere })).not.toContain("ConfigMap");
  });
  test("of the longest time limit reach the pools, so that a leaving kernel may finish", () => {
    const pool = specOf(render({ values: ["gateway.settings.timeLimitSecondsMax=120"] }), "KernelPool", "default");
    expect(pool).toMatchObject({ times: { computationMs: 120_000 } });
  });
  test("give a process only what it knows as a setting", () => {
    const known = read("docs/settings.md");
    const strange = (read("manifests/sandcell.yaml").match(/name: SANDCELL_\w+/g) ?? [])
      .map((found) => found.slice("name: ".length))
      .filter((name) => !known.includes(`| \`${name}\` |`));
    expect(strange).toEqual([]);
  });
  test("have alerts and the dashboard where they are asked for", () => {
    const values = ["metrics.prometheusOperator=true", "metrics.dashboard=true"];
    expect(kinds({ values })).toContain("PrometheusRule");
    expect(kinds({ values })).toContain("ConfigMap");
  });
});
