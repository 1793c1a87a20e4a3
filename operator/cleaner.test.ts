/** What is over, by what it says of itself; next: auth-callout.test.ts. */
import { whatIsOver } from "#operator/cleaner.ts";
import type { KernelPod } from "#operator/pool/pod-reading.ts";

const now = 10_000_000;
const pools = new Set(["p1"]);
const buildPod = (change: Partial<KernelPod> = {}): KernelPod => ({
  id: `k${"0".repeat(25)}`,
  uid: "u1",
  pool: "default",
  poolUid: "p1",
  revision: "r1",
  ours: true,
  createdAt: now - 3_600_000,
  phase: "running",
  since: now - 3_600_000,
  goneBy: undefined,
  graceSeconds: undefined,
  ended: false,
  trouble: undefined,
  ...change,
});
const over = (change: Partial<KernelPod>) =>
  whatIsOver([buildPod(change)], pools, now).map(({ reason, graceSeconds }) => [reason, graceSeconds]);

test("a kernel of a pool that is there is left alone", () => {
  expect(over({})).toEqual([]);
});
test("a pod that ended long ago is removed; one that just ended is its pool's", () => {
  expect(over({ phase: "dead", since: now - 600_000 })).toEqual([["finished", 0]]);
  expect(over({ phase: "dead", since: now - 1_000 })).toEqual([]);
});
test("a pod that does not go, long after its grace, is removed by force", () => {
  expect(over({ phase: "leaving", goneBy: now - 600_000 })).toEqual([["expired", 0]]);
  expect(over({ phase: "leaving", goneBy: now + 60_000 })).toEqual([]);
});
test("a kernel without a pool may be busy: it is asked to leave, with all its grace", () => {
  expect(over({ poolUid: "gone" })).toEqual([["orphaned", undefined]]);
});
test("a pod that nobody made is asked to leave", () => {
  expect(over({ ours: false })).toEqual([["unknown", undefined]]);
  expect(over({ poolUid: undefined })).toEqual([["unknown", undefined]]);
});
test("a young pod may belong to a pool that is not seen yet", () => {
  expect(over({ poolUid: "new", createdAt: now - 1_000 })).toEqual([]);
});
