/** Every rule of a pool, by what it sees; next: reconcile.test.ts. */
import { kernelPoolSpec, leaveMs } from "#operator/kernel-pool.ts";
import { buildKernel, buildSight, buildSpec, now } from "#operator/pool/build-sight.ts";
import { type Action, decide } from "#operator/pool/decide.ts";
import { noLoad } from "#operator/pool/load.ts";
import { noStarts } from "#operator/pool/refill.ts";

const creates = (actions: Action[]) => actions.filter((a) => a.do === "create").length;
const asked = (actions: Action[], verb: "leave" | "destroy") => actions.flatMap((a) => (a.do === verb ? [a.kernel] : []));
const roomy = buildSpec({ capacity: { idleMin: 2, idleMax: 3, totalMax: 50 } });
const kernels = (n: number, change = {}) => Array.from({ length: n }, () => buildKernel(change));

describe("a pool that has what it wants", () => {
  test("does nothing", () => {
    expect(decide(buildSight(kernels(2))).actions).toEqual([]);
  });
  test("looks again when its kernels grow old or fall silent", () => {
    const { lookAgainAt } = decide(buildSight(kernels(2)));
    expect(lookAgainAt).toBe(now + buildSpec().times.silenceMs);
  });
  test("does nothing while its kernels are busy for a moment", () => {
    expect(decide(buildSight(kernels(2, { state: "busy", since: now - 10 }))).actions).toEqual([]);
  });
});

describe("refilling", () => {
  test("creates what is missing", () => {
    expect(creates(decide(buildSight([])).actions)).toBe(2);
    expect(creates(decide(buildSight(kernels(1))).actions)).toBe(1);
  });
  test("counts kernels that are starting", () => {
    expect(decide(buildSight(kernels(2, { state: "starting", createdAt: now - 10 }))).actions).toEqual([]);
  });
  test("replaces kernels that are busy for long", () => {
    expect(creates(decide(buildSight(kernels(2, { state: "busy", since: now - 5000 }))).actions)).toBe(2);
  });
  test("counts no short computation as free once others have been waiting", () => {
    const sight = buildSight(kernels(2, { state: "busy", since: now - 10 }), { waiting: { count: 1, since: now - 5000 } });
    expect(creates(decide(sight).actions)).toBe(2);
  });
  test("replaces kernels that became sessions", () => {
    expect(creates(decide(buildSight(kernels(2, { session: true }))).actions)).toBe(2);
  });
  test("stays within the total, leaving kernels counted", () => {
    const all = [...kernels(2, { state: "leaving", since: now - 10 }), ...kernels(2, { state: "busy" })];
    expect(creates(decide(buildSight(all)).actions)).toBe(1);
    expect(creates(decide(buildSight([...all, buildKernel({ state: "busy" })])).actions)).toBe(0);
  });
  test("spends tokens and says when the next one comes", () => {
    const spec = buildSpec({ refill: { perSecond: 1, burst: 1 } });
    expect(creates(decide(buildSight([], { spec })).actions)).toBe(1);
    const starts = { ...noStarts, askedAt: [now - 400] };
    const decision = decide(buildSight(kernels(1, { state: "starting", createdAt: now - 400 }), { spec, starts }));
    expect(decision.actions).toEqual([]);
    expect(decision.lookAgainAt).toBe(now + 600);
  });
  test("after failures backs off, then tries one at a time", () => {
    const starts = { askedAt: [], failures: 3, failedAt: now - 3999 };
    const early = decide(buildSight([], { starts }));
    expect([creates(early.actions), early.lookAgainAt]).toEqual([0, now + 1]);
    expect(creates(decide(buildSight([], { starts, now: now + 1 })).actions)).toBe(1);
    const trying = kernels(1, { state: "starting", createdAt: now });
    expect(creates(decide(buildSight(trying, { starts, now: now + 1 })).actions)).toBe(0);
  });
});

describe("what is broken", () => {
  test("is cleared away when its process is gone", () => {
    const dead = buildKernel({ state: "dead" });
    expect(asked(decide(buildSight([...kernels(2), dead])).actions, "destroy")).toEqual([dead.id]);
  });
  test("is destroyed when it does not get warm in time", () => {
    const stuck = buildKernel({ state: "starting", createdAt: now - buildSpec().times.startMs });
    expect(asked(decide(buildSight([...kernels(2), stuck])).actions, "destroy")).toEqual([stuck.id]);
  });
  test("is not destroyed for not having been heard by an operator that has just begun to listen", () => {
    const warm = buildKernel({ state: "starting", createdAt: now - buildSpec().times.startMs });
    expect(asked(decide(buildSight([...kernels(2), warm], { hearsSince: now - 1000 })).actions, "destroy")).toEqual([]);
  });
  test("is destroyed when it was asked to leave and stays", () => {
    const stays = buildKernel({ state: "leaving", since: now - leaveMs(buildSpec()) });
    const leaves = buildKernel({ state: "leaving", since: now - 1 });
    expect(asked(decide(buildSight([...kernels(2), stays, leaves])).actions, "destroy")).toEqual([stays.id]);
  });
  test("is destroyed when it falls silent, busy or not", () => {
    const silent = buildKernel({ state: "busy", heardAt: now - buildSpec().times.silenceMs });
    expect(asked(decide(buildSight([...kernels(2), silent])).actions, "destroy")).toEqual([silent.id]);
  });
});

describe("what there is too much of", () => {
  test("leaves when the total is exceeded, but never a busy kernel or a session", () => {
    const spec = buildSpec({ capacity: { idleMin: 0, idleMax: 1, totalMax: 2 } });
    const [rest, busy, session] = [kernels(2), kernels(2, { state: "busy" }), kernels(1, { session: true })];
    const left = asked(decide(buildSight([...busy, ...session, ...rest], { spec })).actions, "leave");
    expect(left.sort()).toEqual(rest.map((k) => k.id).sort());
  });
  test("leaves when idle above idleMax, one after the other, those first that rested longest", () => {
    const [first, ...others] = [buildKernel({ since: now - 90_000 }), ...kernels(4)];
    const decision = decide(buildSight([...others, first]));
    expect(asked(decision.actions, "leave")).toEqual([first.id]);
    expect(decision.shrinks).toBe(true);
  });
  test("leaves a tenth at a time where there are many", () => {
    expect(asked(decide(buildSight(kernels(40), { spec: roomy })).actions, "leave")).toHaveLength(4);
  });
  test("stays for shrinkMs after kernels last left, and after the operator began", () => {
    const { shrinkMs } = buildSpec().times;
    for (const load of [{ ...noLoad(0), shrunkAt: now - 1 }, noLoad(now - 1)]) {
      const decision = decide(buildSight(kernels(5), { load }));
      expect([decision.actions, decision.shrinks]).toEqual([[], false]);
      expect(decide(buildSight(kernels(5, { heardAt: now + shrinkMs }), { load, now: now + shrinkMs })).shrinks).toBe(true);
    }
  });
  test("stays while within shrinkMs as many were wanted", () => {
    const load = { ...noLoad(0), peaks: [{ wanted: 5, at: now - 10 }] };
    expect(decide(buildSight(kernels(5), { load })).actions).toEqual([]);
    const spec = buildSpec({ follow: { ...buildSpec().follow, by: "nothing" } });
    expect(decide(buildSight(kernels(5), { load, spec })).shrinks).toBe(true);
  });
});

describe("the load", () => {
  const load = { ...noLoad(0), wanted: 12, peaks: [{ wanted: 12, at: now }] };
  test("asks for kernels beyond the idle ones, within the total", () => {
    expect(creates(decide(buildSight(kernels(4), { spec: roomy, load })).actions)).toBe(8);
    expect(creates(decide(buildSight(kernels(4), { load })).actions)).toBe(1);
  });
  test("counts those that are starting", () => {
    const all = [...kernels(4), ...kernels(8, { state: "starting", createdAt: now - 10 })];
    expect(creates(decide(buildSight(all, { spec: roomy, load })).actions)).toBe(0);
  });
  test("asks for nothing where another scaler judges it", () => {
    const spec = { ...roomy, follow: { ...roomy.follow, by: "nothing" as const } };
    expect(decide(buildSight(kernels(2), { spec, load })).actions).toEqual([]);
  });
  test("is looked at again soon while it rises", () => {
    expect(decide(buildSight(kernels(2), { load: { ...noLoad(0), rising: true } })).lookAgainAt).toBe(now + 1000);
  });
  test("shows in the status, with what is missing", () => {
    const { wanted, conditions } = decide(buildSight(kernels(4), { spec: roomy, load })).status;
    expect(wanted).toBe(12);
    expect(conditions).toContainEqual({ type: "Progressing", status: true, reason: "Refilling" });
  });
});

describe("a schedule", () => {
  // 09:00 of a Tuesday in Berlin.
  const nine = Date.parse("2026-10-06T07:00:00Z");
  const schedules = kernelPoolSpec.parse({
    schedules: [{ from: "08:50", until: "10:30", timeZone: "Europe/Berlin", idleMin: 8 }],
  }).schedules;
  const spec = { ...roomy, schedules };
  const at = (time: number, n: number) =>
    buildSight(kernels(n, { createdAt: time - 1000, since: time - 1000, heardAt: time }), { spec, now: time });
  test("raises what is kept idle while it holds", () => {
    expect(creates(decide(at(nine, 2)).actions)).toBe(6);
    expect(creates(decide(at(nine + 7_200_000, 2)).actions)).toBe(0);
  });
  test("keeps them, though idleMax is lower", () => {
    expect(decide(at(nine, 8)).actions).toEqual([]);
    expect(asked(decide(at(nine + 7_200_000, 8)).actions, "leave")).toHaveLength(1);
  });
  test("is looked at again at the next full minute", () => {
    expect(decide(at(nine + 50_000, 8)).lookAgainAt).toBe(nine + 60_000);
  });
});

describe("what is used up", () => {
  test("leaves one after the other, replaced in between", () => {
    const old = kernels(3, { served: 1000 });
    expect(asked(decide(buildSight(old)).actions, "leave")).toHaveLength(1);
    const [first, ...others] = old;
    const sight = buildSight([{ ...(first ?? buildKernel()), state: "leaving", since: now }, ...others]);
    expect(asked(decide(sight).actions, "leave")).toEqual([]);
  });
  test("leaves at once at twice its use", () => {
    expect(asked(decide(buildSight(kernels(3, { served: 2000 }))).actions, "leave")).toHaveLength(3);
  });
  test("leaves after one computation when a sandbox is the wall between computations", () => {
    const spec = buildSpec({ isolation: "sandbox" });
    const used = buildKernel({ served: 1 });
    expect(asked(decide(buildSight([...kernels(2), used], { spec })).actions, "leave")).toEqual([used.id]);
  });
  test("is let finish its session", () => {
    expect(asked(decide(buildSight([...kernels(2), buildKernel({ session: true, served: 5000 })])).actions, "leave")).toEqual(
      [],
    );
  });
});

describe("a changed template", () => {
  const old = (change = {}) => buildKernel({ revision: "old", ...change });
  test("rolls out idle kernels first and no more than maxUnavailable at a time", () => {
    const [busy, rest] = [old({ state: "busy", freeSlots: 0, since: now - 10 }), old()];
    expect(asked(decide(buildSight([busy, rest, old()])).actions, "leave")).toEqual([rest.id]);
  });
  test("asks none that an operator which has just begun to listen has not heard yet", () => {
    const unheard = [
      old({ state: "starting", createdAt: now - 100, heardAt: null }),
      old({ state: "starting", createdAt: now - 100, heardAt: null }),
    ];
    expect(asked(decide({ ...buildSight(unheard), hearsSince: now - 50 }).actions, "leave")).toEqual([]);
    expect(asked(decide({ ...buildSight(unheard), hearsSince: now - 200 }).actions, "leave")).toHaveLength(2);
  });
  test("of busy ones it asks the one that began last, which is about to be idle", () => {
    const [long, short] = [
      old({ state: "busy", freeSlots: 0, since: now - 60_000 }),
      old({ state: "busy", freeSlots: 0, since: now - 10 }),
    ];
    const fresh = kernels(2);
    expect(asked(decide(buildSight([long, short, ...fresh])).actions, "leave")).toEqual([short.id]);
  });
  test("takes no kernel away while replacements are missing", () => {
    expect(asked(decide(buildSight([old()])).actions, "leave")).toEqual([]);
  });
  test("goes on when every kernel is busy and none may be added: busy ones finish first", () => {
    const full = Array.from({ length: 5 }, () => old({ state: "busy", freeSlots: 0 }));
    expect(asked(decide(buildSight(full)).actions, "leave")).toHaveLength(1);
    expect(asked(decide(buildSight(full)).actions, "destroy")).toEqual([]);
  });
  test("ends with every kernel of the new revision", () => {
    expect(decide(buildSight(kernels(2))).status.updated).toBe(2);
  });
});

describe("a deleted pool", () => {
  test("asks every kernel to leave and creates none", () => {
    const all = [buildKernel(), buildKernel({ state: "busy" }), buildKernel({ session: true })];
    const { actions } = decide(buildSight(all, { deleted: true }));
    expect(asked(actions, "leave")).toHaveLength(3);
    expect(creates(actions)).toBe(0);
  });
});

describe("the status", () => {
  test("counts every kernel once by state", () => {
    const all = [
      buildKernel(),
      buildKernel({ state: "busy" }),
      buildKernel({ session: true }),
      buildKernel({ state: "starting" }),
    ];
    expect(decide(buildSight(all)).status).toMatchObject({
      total: 4,
      idle: 1,
      busy: 1,
      sessions: 1,
      starting: 1,
      leaving: 0,
      dead: 0,
    });
  });
  test("says when starts keep failing", () => {
    const { conditions } = decide(buildSight([], { starts: { askedAt: [], failures: 3, failedAt: now } })).status;
    expect(conditions).toContainEqual({ type: "Degraded", status: true, reason: "NotProgressing" });
    expect(conditions).toContainEqual({ type: "Ready", status: false, reason: "NoKernelWarm" });
  });
});
