/** The cleaner's sweep at a real API server: what goes, how gently, and what stays; next: cleaner.test.ts. */
import { sweep } from "#operator/cleaner.ts";
import { newKernelId } from "#operator/kernel-id.ts";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { type KernelPod, readPod } from "#operator/pool/pod-reading.ts";
import { kernelPod } from "#operator/pool/pod-template.ts";
import { makeLog } from "#service/log.ts";
import { namespace, type OperatorRig, podsPath, startOperatorRig } from "#test/operator-rig.ts";

const livePool = "11111111-1111-1111-1111-111111111111";
const gonePool = "22222222-2222-2222-2222-222222222222";
const later = () => Date.now() + 3_600_000;
let rig: OperatorRig;

/** A pod on a node that is played: deleted, it stays until a kubelet would have ended it. `pool` "": nobody's. */
const makePod = async ({ pool = livePool, id = newKernelId() } = {}): Promise<string> => {
  const installation = { agentImage: "a", natsUrl: "nats://n", serviceAccount: "kernel", logLevel: "info", hostAliases: [] };
  const spec = kernelPoolSpec.parse({ template: { runtimeClassName: "", unsafeWithoutSandbox: true } });
  const pod = kernelPod({ id, revision: "r", pool: { name: "default", uid: pool, namespace, spec }, installation });
  if (pool === "") delete pod.metadata?.ownerReferences;
  await rig.make(podsPath, pod);
  await rig.make(`${podsPath}/${id}/binding`, { metadata: { name: id }, target: { kind: "Node", name: "played" } });
  return id;
};
const seen = async (): Promise<KernelPod[]> =>
  (await rig.api("GET", podsPath)).body.items.flatMap((pod: Parameters<typeof readPod>[0]) => readPod(pod) ?? []);
const sweepNow = async (pods: readonly KernelPod[], now = later) => {
  const reaped: string[] = [];
  await sweep({
    core: rig.connection.core,
    namespace,
    pods: () => pods,
    poolUids: () => new Set([livePool]),
    reaped: (reason) => void reaped.push(reason),
    now,
    log: makeLog("test", "silent"),
  });
  return reaped.sort();
};
const stateOf = async (id: string) => {
  const { status, body } = await rig.api("GET", `${podsPath}/${id}`);
  if (status === 404) return "gone";
  return body.metadata.deletionTimestamp === undefined ? "there" : `leaving in ${body.metadata.deletionGracePeriodSeconds} s`;
};

beforeAll(async () => {
  // Without controllers: Kubernetes' own collector would be faster.
  rig = await startOperatorRig({ controllers: false });
}, 120_000);
afterAll(() => rig?.stop());
afterEach(async () => {
  for (const { id } of await seen()) await rig.api("DELETE", `${podsPath}/${id}?gracePeriodSeconds=0`);
});

test("a kernel of a pool that is there stays; one that may be busy is asked to leave with all its grace; what is over is gone", async () => {
  const [well, orphaned, unknown, finished, expired] = [
    await makePod(),
    await makePod({ pool: gonePool }),
    await makePod({ pool: "" }),
    await makePod(),
    await makePod(),
  ];
  await rig.api("PATCH", `${podsPath}/${finished}/status`, { status: { phase: "Failed" } });
  await rig.api("DELETE", `${podsPath}/${expired}`);
  expect(await stateOf(expired)).toBe("leaving in 340 s");
  expect(await sweepNow(await seen())).toEqual(["expired", "finished", "orphaned", "unknown"]);
  expect(await stateOf(well)).toBe("there");
  for (const id of [orphaned, unknown]) expect(await stateOf(id)).toBe("leaving in 340 s");
  for (const id of [finished, expired]) expect(await stateOf(id)).toBe("gone");
});
test("another pod of the same name, made since, is not touched by a list that lags", async () => {
  const id = await makePod({ pool: gonePool });
  const before = await seen();
  await rig.api("DELETE", `${podsPath}/${id}?gracePeriodSeconds=0`);
  await makePod({ pool: gonePool, id });
  expect(await sweepNow(before)).toEqual([]);
  expect(await stateOf(id)).toBe("there");
});
test("what is gone already is no error, and a sweep of hundreds is one sweep", async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, () => makePod({ pool: gonePool })));
  const before = await seen();
  await rig.api("DELETE", `${podsPath}/${ids[0]}?gracePeriodSeconds=0`);
  expect(await sweepNow(before)).toHaveLength(99);
  expect(await Promise.all(ids.slice(1).map(stateOf))).toEqual(ids.slice(1).map(() => "leaving in 340 s"));
});
