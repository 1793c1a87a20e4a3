/** Windows of the week, by the clock of their place; next: reconcile.test.ts. */
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { nextMinute, scheduledIdle } from "#operator/pool/schedule.ts";

const schedules = (...given: object[]) =>
  kernelPoolSpec.parse({ schedules: given.map((one) => ({ idleMin: 8, ...one })) }).schedules;
const at = (time: string) => Date.parse(time);
const nine = { from: "08:50", until: "10:30", timeZone: "Europe/Berlin" };

test("a schedule holds from its first minute until its last is over, by its place's clock", () => {
  const class9 = schedules(nine);
  expect(scheduledIdle(class9, at("2026-10-06T06:49:59Z"))).toBe(0);
  expect(scheduledIdle(class9, at("2026-10-06T06:50:00Z"))).toBe(8);
  expect(scheduledIdle(class9, at("2026-10-06T08:29:59Z"))).toBe(8);
  expect(scheduledIdle(class9, at("2026-10-06T08:30:00Z"))).toBe(0);
});
test("it follows summer and winter time", () => {
  expect(scheduledIdle(schedules(nine), at("2026-12-01T07:00:00Z"))).toBe(0);
  expect(scheduledIdle(schedules(nine), at("2026-12-01T07:50:00Z"))).toBe(8);
});
test("it holds on its days only, which are the place's too", () => {
  expect(scheduledIdle(schedules(nine), at("2026-10-10T07:00:00Z"))).toBe(0);
  const auckland = schedules({ from: "00:00", until: "24:00", timeZone: "Pacific/Auckland", days: ["Mon"] });
  expect(scheduledIdle(auckland, at("2026-10-04T12:00:00Z"))).toBe(8);
});
test("where several hold, the highest counts", () => {
  expect(scheduledIdle(schedules({ ...nine, idleMin: 3 }, { ...nine, idleMin: 5 }), at("2026-10-06T07:00:00Z"))).toBe(5);
});
test("what is no time, no zone or no day is refused", () => {
  for (const wrong of [{ from: "9:00" }, { until: "25:00" }, { timeZone: "Europe/Nowhere" }, { days: ["Mond"] }, { days: [] }])
    expect(kernelPoolSpec.safeParse({ schedules: [{ ...nine, idleMin: 1, ...wrong }] }).success).toBe(false);
});
test("windows begin at full minutes", () => {
  expect(nextMinute(at("2026-10-06T06:49:59.999Z"))).toBe(at("2026-10-06T06:50:00Z"));
  expect(nextMinute(at("2026-10-06T06:50:00Z"))).toBe(at("2026-10-06T06:51:00Z"));
});
