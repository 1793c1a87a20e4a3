/** What a pod tells of its kernel; next: kernels.ts. */
import type { V1Pod } from "@kubernetes/client-node";
import { readPod } from "#operator/pool/pod-reading.ts";

const id = `k${"0".repeat(25)}`;
const created = new Date("2026-01-01T00:00:00Z");
const buildPod = (status: V1Pod["status"], metadata: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: {
    name: id,
    uid: "u1",
    creationTimestamp: created,
    labels: { "sandcell.dev/pool": "default", "sandcell.dev/revision": "r1" },
    ownerReferences: [
      { apiVersion: "sandcell.dev/v1alpha1", kind: "KernelPool", name: "default", uid: "p1", controller: true },
    ],
    ...metadata,
  },
  status: status ?? {},
});
const container = (state: NonNullable<NonNullable<V1Pod["status"]>["containerStatuses"]>[number]["state"]) => ({
  name: "kernel",
  image: "sandcell/kernel",
  imageID: "",
  ready: false,
  restartCount: 0,
  state: state ?? {},
});

test("a pod that runs is a kernel that lives since it was made", () => {
  const at = created.getTime();
  expect(readPod(buildPod({ phase: "Running" }))).toMatchObject({
    id,
    uid: "u1",
    pool: "default",
    poolUid: "p1",
    revision: "r1",
    phase: "running",
    since: at,
    ours: true,
  });
});
test("dates of a list and text of a watch are read alike", () => {
  const text = { creationTimestamp: created.toISOString() } as unknown as NonNullable<V1Pod["metadata"]>;
  expect(readPod(buildPod({}, text))).toEqual(readPod(buildPod({})));
});
test("one container that ended is the end of the kernel", () => {
  const finishedAt = new Date("2026-01-01T00:01:00Z");
  const status = { phase: "Running", containerStatuses: [container({ terminated: { exitCode: 137, finishedAt } })] };
  expect(readPod(buildPod(status))).toMatchObject({ phase: "dead", since: finishedAt.getTime() });
});
test("a deleted pod is leaving since it was asked, not since its grace is over", () => {
  const deletionTimestamp = new Date("2026-01-01T01:00:00Z");
  const deleted = buildPod({ phase: "Running" }, { deletionTimestamp, deletionGracePeriodSeconds: 100 });
  expect(readPod(deleted)).toMatchObject({ phase: "leaving", since: deletionTimestamp.getTime() - 100_000, graceSeconds: 100 });
});
test("why it does not start is in one word and in Kubernetes' own", () => {
  const pull = container({ waiting: { reason: "ImagePullBackOff", message: "not found" } });
  expect(readPod(buildPod({ containerStatuses: [pull] }))?.trouble).toEqual({
    reason: "ImagePullFailed",
    message: "sandcell/kernel: not found",
  });
  const unplaced = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" };
  expect(readPod(buildPod({ conditions: [unplaced] }))?.trouble).toEqual({ reason: "Unschedulable", message: "0/3 nodes" });
});
test("a pod of another name is none of ours", () => {
  expect(readPod(buildPod({}, { name: "intruder" }))?.ours).toBe(false);
});

test("it has ended when each of its containers has, and not because somebody says so of the pod", () => {
  const terminated = container({ terminated: { exitCode: 137 } });
  const endedWith = (status: V1Pod["status"]) =>
    readPod({ ...buildPod(status), spec: { containers: [{ name: "agent" }, { name: "kernel" }] } })?.ended;
  expect(endedWith({ phase: "Failed" })).toBe(false);
  expect(endedWith({ containerStatuses: [terminated] })).toBe(false);
  expect(endedWith({ containerStatuses: [terminated, container({ running: {} })] })).toBe(false);
  expect(endedWith({ containerStatuses: [terminated, terminated] })).toBe(true);
});
