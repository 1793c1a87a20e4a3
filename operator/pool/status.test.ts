/** What an admin reads of a pool; next: pod-template.test.ts. */

import type { KernelPoolStatus } from "#operator/kernel-pool-crd.ts";
import { buildKernel, buildSight, now } from "#operator/pool/build-sight.ts";
import { decide } from "#operator/pool/decide.ts";
import { differs, invalidStatus, type PoolTrouble, poolStatus, reportDue } from "#operator/pool/status.ts";

const report = (kernels: Parameters<typeof buildSight>[0], before?: KernelPoolStatus, troubles: PoolTrouble[] = [], at = now) =>
  poolStatus({
    counts: decide(buildSight(kernels, { now: at })).status,
    troubles,
    generation: 3,
    selector: "sandcell.dev/pool=default",
    before,
    now: at,
  });
const conditionOf = (status: KernelPoolStatus, type: string) => status.conditions.find((it) => it.type === type);
const warm = () => [buildKernel(), buildKernel()];
const quota: PoolTrouble = { reason: "QuotaExceeded", message: "pods=2" };

test("counts, the generation they speak of, and three conditions with words", () => {
  const { status } = report(warm());
  expect(status).toMatchObject({ idle: 2, total: 2, observedGeneration: 3, selector: "sandcell.dev/pool=default" });
  expect(conditionOf(status, "Ready")).toMatchObject({ status: "True", reason: "KernelsWarm", message: "Kernels are warm." });
  expect(status.conditions.map(({ type }) => type)).toEqual(["Ready", "Progressing", "Degraded"]);
});
test("why kernels do not get warm is told in one word and in the words of whoever refused", () => {
  const { status } = report([], undefined, [{ reason: "Unschedulable", message: "0/3 nodes" }, quota]);
  expect(conditionOf(status, "Degraded")).toMatchObject({
    status: "True",
    reason: "QuotaExceeded",
    message: "The namespace's ResourceQuota is used up. pods=2",
  });
});
test("the time of a condition is when it changed, not when it was looked at", () => {
  const first = report(warm()).status;
  const later = report(warm(), first, [], now + 5000).status;
  expect(later).toEqual(first);
  expect(differs(first, later)).toBe(false);
  const worse = report([], first, [quota], now + 9000).status;
  expect(conditionOf(worse, "Ready")?.lastTransitionTime).not.toBe(conditionOf(first, "Ready")?.lastTransitionTime);
});
test("only a change is an event, a good one no warning", () => {
  const first = report(warm());
  expect(first.transitions).toEqual([]);
  expect(report(warm(), first.status).transitions).toEqual([]);
  const worse = report(warm(), first.status, [quota]);
  expect(worse.transitions).toMatchObject([{ reason: "QuotaExceeded", warning: true }]);
  expect(report(warm(), worse.status).transitions).toMatchObject([{ reason: "StartsSucceed", warning: false }]);
});
test("a pool that is not understood says so and keeps its counts", () => {
  const first = report(warm()).status;
  const { status, transitions } = invalidStatus(first, "spec.isolation", { generation: 4, now, selector: first.selector });
  expect(status).toMatchObject({ idle: 2, observedGeneration: 4 });
  expect(conditionOf(status, "Degraded")?.message).toContain("spec.isolation");
  expect(transitions).toMatchObject([{ reason: "SpecInvalid", warning: true }]);
});
test("conditions are written at once, one more warm kernel soon, numbers only when they stay: a short computation is no write", () => {
  const [one, other] = warm();
  if (!one || !other) throw new Error("two kernels");
  const idle = report([one, other]).status;
  const busy = report([{ ...one, state: "busy", since: now }, other], idle).status;
  expect(busy).toMatchObject({ idle: 1, busy: 1, conditions: idle.conditions });
  expect(reportDue(idle, busy, now)).toBe(now + 5000);
  expect(reportDue(busy, idle, now)).toBe(now + 5000);
  const more = { ...idle, idle: 3 };
  expect([reportDue(idle, more, now), reportDue(more, idle, now)]).toEqual([now + 500, now + 5000]);
  expect(differs(idle, report([one, other], idle, [], now + 400).status)).toBe(false);
  expect(reportDue(idle, report([], idle, [quota]).status, now)).toBe(now);
  expect(reportDue(undefined, idle, now)).toBe(now);
});
