/** The CRD as a real API server takes it; next: pools.cluster.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { rules } from "#operator/kernel-pool-rules.ts";
import { namespace, type OperatorRig, poolOf, poolsPath, startOperatorRig } from "#test/operator-rig.ts";
import { root } from "#test/tree.ts";

let rig: OperatorRig;
beforeAll(async () => {
  rig = await startOperatorRig();
}, 120_000);
afterAll(() => rig.stop());

test("an empty pool is taken, with the operator's defaults", async () => {
  const { spec } = await rig.make(poolsPath, poolOf("empty", {}));
  expect(spec).toEqual(kernelPoolSpec.parse({}));
});
test.each([
  [{ capacity: { idleMin: 5 } }],
  [{ capacity: { idleMax: 9 } }],
  [{ template: { resources: { temporaryBytes: 4294967296 } } }],
  [{ template: { resources: { cpusRequested: 3 } } }],
  [{ template: { runtimeClassName: "" } }],
  [{ template: { labels: { "sandcell.dev/pool": "other" } } }],
  [{ times: { backOffMs: 70000 } }],
  [{ follow: { panicMs: 70000 } }],
  [{ schedules: [{ from: "22:00", until: "06:00", idleMin: 1 }] }],
  [{ schedules: [{ from: "08:50", until: "09:10", idleMin: 9 }] }],
])("it refuses what the operator refuses, in the same words: %j", async (spec) => {
  const { status, body } = await rig.api("POST", poolsPath, poolOf("wrong", spec));
  const words = kernelPoolSpec.safeParse(spec).error?.issues.map(({ message }) => message) ?? [];
  expect(words).toHaveLength(1);
  expect(rules.map(({ message }) => message)).toContain(words[0]);
  expect(status).toBe(422);
  expect(body.message).toContain(words[0]);
});
test("it refuses values outside their bounds, unknown words, and a name that no subject can carry", async () => {
  for (const pool of [
    poolOf("wrong", { capacity: { totalMax: 0 } }),
    poolOf("wrong", { isolation: "none" }),
    poolOf("a.b", {}),
    poolOf("wrong", { schedules: [{ from: "9:00", until: "10:00", idleMin: 1 }] }),
    poolOf("wrong", { schedules: [{ from: "09:00", until: "10:00", idleMin: 1, days: ["Monday"] }] }),
  ])
    expect((await rig.api("POST", poolsPath, pool)).status).toBe(422);
});
test("its isolation stays what clients were promised", async () => {
  await rig.make(poolsPath, poolOf("promised", {}));
  const { status, body } = await rig.api("PATCH", `${poolsPath}/promised`, { spec: { isolation: "sandbox" } });
  expect(status).toBe(422);
  expect(body.message).toContain("isolation cannot be changed");
});
test("it is scaled by idleMin, within its own rules", async () => {
  await rig.make(poolsPath, poolOf("scaled", {}));
  const scale = (replicas: number) => rig.api("PATCH", `${poolsPath}/scaled/scale`, { spec: { replicas } });
  expect((await scale(3)).status).toBe(200);
  expect((await rig.api("GET", `${poolsPath}/scaled`)).body.spec.capacity.idleMin).toBe(3);
  expect((await scale(30)).status).toBe(422);
});
test("the HorizontalPodAutoscaler of the docs is taken", async () => {
  const page = readFileSync(join(root, "docs/following.md"), "utf8");
  const [, written = ""] = /```yaml\n(apiVersion: autoscaling[^`]*)```/.exec(page) ?? [];
  const scaler = parse(written);
  const scalers = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
  await rig.make(scalers, { ...scaler, metadata: { ...scaler.metadata, namespace } });
});
