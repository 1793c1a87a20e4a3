/** What the load asks for: averages, panic, lines, sessions; next: schedule.test.ts. */
import { buildKernel, buildSpec, now } from "#operator/pool/build-sight.ts";
import type { PoolKernel } from "#operator/pool/kernels.ts";
import { highest, type Load, noLoad, noteLoad, noteStart } from "#operator/pool/load.ts";

const spec = buildSpec();
const idle = (n: number) => Array.from({ length: n }, () => buildKernel());
const busy = (n: number) => Array.from({ length: n }, () => buildKernel({ state: "busy" }));

/** Looks each second for so many seconds; each look sees what `kernels` and `waiting` give. */
const watch = (
  load: Load,
  seconds: number,
  {
    kernels,
    waiting = 0,
    with: own = spec,
  }: { kernels: (second: number) => PoolKernel[]; waiting?: number; with?: typeof spec },
) => {
  let at = load.last.at;
  for (let second = 1; second <= seconds; second++) {
    at += 1000;
    const line = waiting > 0 ? { count: waiting, since: now } : null;
    load = noteLoad(load, { spec: own, kernels: kernels(second), waiting: line, now: at });
  }
  return load;
};

test("a pool where nobody computes is asked for nothing", () => {
  expect(watch(noLoad(now), 60, { kernels: () => idle(4) })).toMatchObject({ wanted: 0, demand: 0, rising: false });
});
test("computations that run ask for their number and room beside them", () => {
  const stock = [...busy(7), ...idle(3)];
  const load = watch(noLoad(now), 120, { kernels: () => stock });
  expect(load.demand).toBeCloseTo(7);
  expect(load.wanted).toBe(10);
});
test("long ones in line ask for a kernel each, however long they are", () => {
  const stock = busy(2);
  expect(watch(noLoad(now), 120, { kernels: () => stock, waiting: 5 }).demand).toBeCloseTo(7);
});
test("two hundred short ones in line ask for what works them off, not for two hundred", () => {
  const stock = busy(2);
  const served = (second: number) => stock.map((kernel) => ({ ...kernel, served: 20 * second }));
  // Twenty a second on each kernel: 50 ms each.
  expect(watch(noLoad(now), 120, { kernels: served, waiting: 200 }).demand).toBeCloseTo(3, 1);
});
test("a step alarms within seconds; the panic wants ever more and ends when nothing has alarmed it for the long window", () => {
  const calm = watch(noLoad(now), 120, { kernels: () => idle(2) });
  const stock = busy(2);
  const alarmed = watch(calm, 6, { kernels: () => stock, waiting: 10 });
  expect(alarmed.panic).not.toBeNull();
  expect(alarmed.wanted).toBeGreaterThanOrEqual(8);
  expect(
    watch(calm, 6, { kernels: () => stock, waiting: 10, with: { ...spec, follow: { ...spec.follow, panicFactor: 1000 } } })
      .wanted,
  ).toBeLessThan(4);
  const after = idle(20);
  const still = watch(alarmed, 50, { kernels: () => after });
  expect(still.wanted).toBeGreaterThanOrEqual(alarmed.wanted);
  expect(watch(still, 30, { kernels: () => after })).toMatchObject({ panic: null });
});
test("what was wanted within shrinkMs is remembered by its highest", () => {
  const stock = busy(7);
  const load = watch(watch(noLoad(now), 120, { kernels: () => stock }), 80, { kernels: () => idle(10) });
  expect(load.wanted).toBe(0);
  expect(highest(load)).toBeGreaterThan(0);
  expect(highest(watch(load, 40, { kernels: () => idle(10) }))).toBe(0);
});
test("kernels that clients take for sessions ask for as many as are taken while one starts", () => {
  const first = noteStart(noLoad(now), 10_000);
  // One a second becomes a session; a start takes ten seconds.
  const stock = idle(100);
  const load = watch(first, 60, { kernels: (second) => stock.map((kernel, i) => ({ ...kernel, session: i < second })) });
  expect(load.demand).toBeCloseTo(10, 0);
});
test("where a sandbox is used once, so does each computation", () => {
  const stock = idle(100);
  const used = (second: number) => stock.map((kernel, i) => ({ ...kernel, served: i < second ? 1 : 0 }));
  expect(watch(noLoad(now), 60, { kernels: used }).demand).toBe(0);
  expect(watch(noLoad(now), 60, { kernels: used, with: { ...spec, isolation: "sandbox" } }).demand).toBeCloseTo(10, 0);
});
test("it remembers no more than its window", () => {
  expect(watch(noLoad(now), 3600, { kernels: () => busy(3) }).slices.length).toBeLessThanOrEqual(61);
});
