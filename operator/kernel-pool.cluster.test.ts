/** The CRD as a real API server takes it; next: pools.cluster.test.ts. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { rules } from "#operator/kernel-pool-rules.ts";
import { kubernetesPath } from "#test/cluster/places.ts";
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

describe("kubectl", () => {
  const kubectl = (...args: string[]): string =>
    execFileSync(join(kubernetesPath(), "kubeall"), ["kubectl", "--kubeconfig", rig.kubeconfig, "-n", namespace, ...args], {
      encoding: "utf8",
      env: { ...process.env, KUBECACHEDIR: dirname(rig.kubeconfig) },
    });

  beforeAll(async () => {
    await rig.make(poolsPath, poolOf("shown", { capacity: { idleMin: 1, idleMax: 4, totalMax: 4 } }));
    const condition = (type: string, status: string, reason: string) => {
      const lastTransitionTime = "2026-01-01T00:00:00Z";
      return { type, status, reason, message: "", lastTransitionTime, observedGeneration: 1 };
    };
    const counts = { wanted: 3, total: 3, starting: 0, idle: 2, busy: 1, sessions: 0, leaving: 0, dead: 0, updated: 3 };
    const conditions = [condition("Ready", "True", "KernelsWarm")];
    const status = { observedGeneration: 1, ...counts, revision: "r1", selector: "sandcell.dev/pool=shown", conditions };
    expect((await rig.api("PATCH", `${poolsPath}/shown/status`, { status })).status).toBe(200);
  });

  test("get shows at a glance what an admin asks for", () => {
    const [heads, values] = kubectl("get", "kernelpools", "shown").trim().split("\n");
    expect(heads?.split(/\s+/)).toEqual(["NAME", "WANTED", "IDLE", "BUSY", "TOTAL", "UPDATED", "REVISION", "READY", "AGE"]);
    expect(values?.split(/\s+/).slice(0, 8)).toEqual(["shown", "3", "2", "1", "3", "3", "r1", "True"]);
    expect(kubectl("get", "kp", "shown", "--output", "name")).toBe("kernelpool.sandcell.dev/shown\n");
  });
  test("explain says of every field what it is", async () => {
    // The server tells its clients of a new kind a moment later.
    let said = "";
    for (const giveUp = Date.now() + 20_000; !said.includes("Kernels kept idle") && Date.now() < giveUp; await pause(200))
      said = kubectl("explain", "kernelpools.spec.capacity");
    expect(said).toMatch(/idleMin\s+<integer>\s+Kernels kept idle/);
    const all = kubectl("explain", "kernelpools", "--recursive");
    for (const field of ["template", "capacity", "refill", "isolation", "reuse", "updateStrategy", "times", "conditions"])
      expect(all).toMatch(new RegExp(`${field}\\s+<`));
  });
  test("wait waits for a pool to be Ready", () => {
    expect(kubectl("wait", "kernelpool/shown", "--for", "condition=Ready", "--timeout", "5s")).toContain("condition met");
  });
  test("scale sets idleMin, and is refused in words beyond idleMax", async () => {
    kubectl("scale", "kernelpool", "shown", "--replicas", "3");
    expect((await rig.api("GET", `${poolsPath}/shown`)).body.spec.capacity.idleMin).toBe(3);
    expect(() => kubectl("scale", "kernelpool", "shown", "--replicas", "9")).toThrow("idleMin is above idleMax");
  });
});

test("the HorizontalPodAutoscaler of the docs is taken", async () => {
  const page = readFileSync(join(root, "docs/following.md"), "utf8");
  const [, written = ""] = /```yaml\n(apiVersion: autoscaling[^`]*)```/.exec(page) ?? [];
  const scaler = parse(written);
  const scalers = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
  await rig.make(scalers, { ...scaler, metadata: { ...scaler.metadata, namespace } });
});
