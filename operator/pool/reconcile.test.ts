/** Passes against kernels that lag and fail; next: kernel-pool.test.ts. */
import { buildSpec } from "#operator/pool/build-sight.ts";
import type { Action, Decision } from "#operator/pool/decide.ts";
import { hear, Refused } from "#operator/pool/kernels.ts";
import { MemoryKernels } from "#operator/pool/memory-kernels.ts";
import { PoolReconciler } from "#operator/pool/reconcile.ts";

const setUp = (trouble: { lagMs?: () => number; fate?: () => "done" | "refused" | "answerLost" } = {}) => {
  const clock = { now: 1_000_000 };
  const lease = { held: true };
  const kernels = new MemoryKernels({ now: () => clock.now, ...trouble });
  const decisions: Decision[] = [];
  const acted: { action: Action; error: unknown }[] = [];
  let made = 0;
  const reconciler = new PoolReconciler({
    kernels,
    spec: () => ({ spec: buildSpec(), revision: "new", deleted: false }),
    heard: () => undefined,
    hearsSince: () => 0,
    waiting: () => null,
    mayAct: () => lease.held,
    newKernelId: () => `k${String(made++).padStart(25, "0")}`,
    now: () => clock.now,
    report: (decision) => decisions.push(decision),
    acted: (action, _, error) => acted.push({ action, error }),
  });
  return { clock, lease, kernels, reconciler, decisions, acted };
};

test("a list that lags does not make a pass create again what was created", async () => {
  const { clock, kernels, reconciler } = setUp({ lagMs: () => 5000 });
  for (let i = 0; i < 5; i++) {
    await reconciler.pass();
    clock.now += 500;
  }
  expect(kernels.actual()).toHaveLength(2);
});
test("a create whose answer was lost is counted until it shows", async () => {
  const { clock, kernels, reconciler } = setUp({ lagMs: () => 5000, fate: () => "answerLost" });
  for (let i = 0; i < 8; i++) {
    await reconciler.pass();
    clock.now += 2000;
  }
  expect(kernels.actual()).toHaveLength(2);
});
test("refused creates back off", async () => {
  const { clock, kernels, reconciler, acted } = setUp({ fate: () => "refused" });
  for (let i = 0; i < 600; i++) {
    await reconciler.pass();
    clock.now += 1000;
  }
  expect(kernels.calls.create).toBeLessThan(25);
  expect(acted.every((entry) => entry.error instanceof Error)).toBe(true);
});
test("a create that was refused for certain is not counted as one that may come", async () => {
  const { clock, kernels, reconciler, decisions } = setUp();
  kernels.create = async () => Promise.reject(new Refused("a quota"));
  await reconciler.pass();
  clock.now += 1;
  await reconciler.pass();
  expect(decisions.at(-1)?.status).toMatchObject({ total: 0, starting: 0 });
});
test("a destruction that failed is asked for again", async () => {
  let fate: "done" | "refused" = "done";
  const { clock, kernels, reconciler } = setUp({ fate: () => fate });
  await reconciler.pass();
  kernels.change((all) => all.map((k) => ({ ...k, phase: "dead" as const })));
  fate = "refused";
  await reconciler.pass();
  expect(kernels.actual()).toHaveLength(2);
  fate = "done";
  clock.now += 10;
  await reconciler.pass();
  expect(kernels.actual()).toHaveLength(0);
});
test("a kernel that says nothing yet is starting, and its latest word counts", () => {
  const status = {
    kernel: "k",
    pool: "default",
    state: "idle",
    freeSlots: 1,
    served: 0,
    computations: [],
    memoryBytes: 0,
  } as const;
  const first = hear(undefined, { ...status, computations: [], sequence: 5 }, 100);
  expect(hear(first, { ...status, computations: [], state: "busy", sequence: 4 }, 200)).toBe(first);
  expect(hear(first, { ...status, computations: [], sequence: 6 }, 200)).toMatchObject({ since: 100, heardAt: 200 });
  expect(hear(first, { ...status, computations: [], state: "busy", sequence: 6 }, 200)).toMatchObject({ since: 200 });
});
test("an operator that woke up after another took over asks for nothing more, and counts nothing as asked for", async () => {
  const { lease, kernels, reconciler, acted } = setUp();
  lease.held = false;
  await reconciler.pass();
  expect([kernels.calls, acted]).toEqual([{ create: 0, leave: 0, destroy: 0 }, []]);
  lease.held = true;
  await reconciler.pass();
  expect(kernels.calls.create).toBe(2);
});
