/** The chart's Job before an upgrade, with the rights that the chart gives it, at a real API server; next: nats-conf.cluster.test.ts. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { kernelPoolCrd } from "#operator/kernel-pool-crd.ts";
import { type Manifest, render } from "#test/chart/render.ts";
import { type ControlPlane, startControlPlane } from "#test/cluster/control-plane.ts";
import { root } from "#test/tree.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const rights = "/apis/rbac.authorization.k8s.io/v1";
let plane: ControlPlane;
let kubeconfig: string;

const made = async (path: string, body: object) => {
  const answer = await plane.api("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.body;
};
const hooks = (): Manifest[] => render().filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"] === "pre-upgrade");
const job = () =>
  new Promise<number>((resolve) => {
    const env = { SANDCELL_KUBECONFIG: kubeconfig, SANDCELL_LOG_LEVEL: "silent" };
    const argv = ["--disable-warning=ExperimentalWarning", "operator/apply-definition.ts"];
    execFile(process.execPath, argv, { cwd: root, env, timeout: 60_000 }, (error) =>
      resolve(error ? Number(error.code ?? -1) : 0),
    );
  });

beforeAll(async () => {
  plane = await startControlPlane();
  // The release before this one: a field fewer, a column fewer, an account of it that helm wrote.
  const older = JSON.parse(JSON.stringify(kernelPoolCrd()));
  older.spec.versions[0].additionalPrinterColumns.shift();
  delete older.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.reuse;
  await made(`${definitions}?fieldManager=helm`, older);
  await made("/api/v1/namespaces", { metadata: { name: "sandcell" } });
  const paths: Record<string, string> = {
    ServiceAccount: "/api/v1/namespaces/sandcell/serviceaccounts",
    ClusterRole: `${rights}/clusterroles`,
    ClusterRoleBinding: `${rights}/clusterrolebindings`,
  };
  for (const hook of hooks()) if (paths[hook.kind]) await made(paths[hook.kind] ?? "", hook);
  const { status } = await made("/api/v1/namespaces/sandcell/serviceaccounts/sandcell-definition/token", { spec: {} });
  const config = JSON.parse(readFileSync(plane.kubeconfig, "utf8"));
  config.users[0].user = { token: status.token };
  kubeconfig = join(dirname(plane.kubeconfig), "job.kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify(config));
}, 120_000);
afterAll(() => plane?.stop());

test("it brings the definition that an older release installed to this one, and again changes nothing", async () => {
  const of = async () => (await plane.api("GET", `${definitions}/kernelpools.sandcell.dev`)).body;
  expect(await job()).toBe(0);
  const after = await of();
  const [version] = kernelPoolCrd().spec.versions;
  expect(after.spec.versions[0].additionalPrinterColumns).toEqual(version?.additionalPrinterColumns);
  expect(Object.keys(after.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties)).toContain("reuse");
  expect(await job()).toBe(0);
  expect((await of()).metadata.generation).toBe(after.metadata.generation);
});
test("is the last to be made and the only one that runs, without a right to anything else", () => {
  const [role] = hooks().filter(({ kind }) => kind === "ClusterRole");
  expect(role?.["rules"]).toEqual([
    {
      apiGroups: ["apiextensions.k8s.io"],
      resources: ["customresourcedefinitions"],
      resourceNames: ["kernelpools.sandcell.dev"],
      verbs: ["patch"],
    },
  ]);
  const weight = ({ metadata }: Manifest) => Number(metadata.annotations?.["helm.sh/hook-weight"]);
  const last = hooks()
    .toSorted((a, b) => weight(a) - weight(b))
    .at(-1);
  expect(last?.kind).toBe("Job");
  expect(render({ values: ["definition.upgrade=false"] }).map(({ kind }) => kind)).not.toContain("Job");
});
