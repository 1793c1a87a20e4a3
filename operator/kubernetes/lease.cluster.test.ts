/** Which of two operators works, by a real Lease; next: ../pools.cluster.test.ts. */
import { LeaseElection } from "#operator/kubernetes/lease.ts";
import { makeLog } from "#service/log.ts";
import { eventually, namespace, type OperatorRig, startOperatorRig } from "#test/operator-rig.ts";

let rig: OperatorRig;
beforeAll(async () => {
  rig = await startOperatorRig();
}, 120_000);
afterAll(() => rig.stop());

const times = { leaseMs: 2_000, renewMs: 1_200, retryMs: 200 };
let leases = 0;
const candidate = (name: string, identity: string, monotonic = () => performance.now()) => {
  const clock = { stopped: false };
  const events: string[] = [];
  const election = new LeaseElection({
    coordination: rig.connection.coordination,
    namespace,
    name,
    identity,
    monotonic,
    times,
    log: makeLog("test", "silent"),
    lost: () => events.push("lost"),
  });
  return { election, events, clock };
};
const twoCandidates = async () => {
  const name = `lease-${++leases}`;
  const [first, second] = [candidate(name, "first"), candidate(name, "second")];
  first.election.start();
  await first.election.leading;
  second.election.start();
  return { name, first: first.election, second: second.election, firstEvents: first.events };
};

test("one leads, and the other begins as soon as it lets go", async () => {
  const { first, second } = await twoCandidates();
  expect([first.leads, second.leads]).toEqual([true, false]);
  const begun = Date.now();
  await first.stop();
  await second.leading;
  expect(Date.now() - begun).toBeLessThan(times.leaseMs);
  await second.stop();
});
test("one that was frozen does not hold what it led, though it has not asked yet", async () => {
  let frozenMs = 0;
  const { election } = candidate(`lease-${++leases}`, "frozen", () => performance.now() + frozenMs);
  election.start();
  await election.leading;
  expect([election.leads, election.holds]).toEqual([true, true]);
  frozenMs = times.renewMs;
  expect([election.leads, election.holds]).toEqual([true, false]);
  await election.stop();
});
test("of two that begin together one leads", async () => {
  const name = `lease-${++leases}`;
  const all = [candidate(name, "a"), candidate(name, "b"), candidate(name, "c")].map(({ election }) => election);
  for (const election of all) election.start();
  await Promise.race(all.map(({ leading }) => leading));
  expect(all.filter(({ leads }) => leads)).toHaveLength(1);
  await Promise.all(all.map((election) => election.stop()));
});
test("a holder that falls silent is followed after its time, and one whose lease was taken says that it is lost", async () => {
  const { name, first, second, firstEvents } = await twoCandidates();
  // Somebody takes it away, as a slow holder would find it.
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  await rig.api("PATCH", path, { spec: { holderIdentity: "a silent one", leaseDurationSeconds: 2 } });
  await eventually("the loss", async () => firstEvents.includes("lost"));
  await second.leading;
  expect(first.leads).toBe(false);
  await Promise.all([first.stop(), second.stop()]);
});
