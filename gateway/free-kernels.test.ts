/** What kernels say of themselves, in order and out of it; next: core.test.ts. */
import { FreeKernels } from "#gateway/free-kernels.ts";

const kid = (c: string) => `k${c.repeat(25)}`;
const status = (c: string, sequence: number, more: object = {}) =>
  JSON.stringify({
    kernel: kid(c),
    pool: "default",
    state: "idle",
    freeSlots: 1,
    served: 0,
    computations: [],
    memoryBytes: 0,
    sequence,
    ...more,
  });
const hear = (free: FreeKernels, c: string, sequence: number, more: object = {}) =>
  free.hear(`kernel.${kid(c)}.status`, status(c, sequence, more));

describe("free kernels", () => {
  test("a taken kernel is not taken twice", () => {
    const free = new FreeKernels();
    hear(free, "a", 1);
    expect(free.take("default")).toBe(kid("a"));
    expect(free.take("default")).toBeUndefined();
  });
  test("a status from before the kernel's answer does not make it free again", () => {
    const free = new FreeKernels();
    hear(free, "a", 1);
    free.take("default");
    free.settle(kid("a"), 3);
    hear(free, "a", 2);
    expect(free.hasFree("default")).toBe(false);
    hear(free, "a", 4);
    expect(free.hasFree("default")).toBe(true);
  });
  test("busy, leaving and session kernels are not offered, nor those of another pool", () => {
    const free = new FreeKernels();
    hear(free, "a", 1, { state: "busy" });
    hear(free, "b", 1, { state: "leaving" });
    hear(free, "c", 1, { session: `s${"1".repeat(25)}` });
    hear(free, "d", 1, { pool: "other" });
    expect(free.take("default")).toBeUndefined();
    expect(free.counts("default")).toEqual({ idle: 0, busy: 2, sessions: 1 });
  });
  test("a status on another kernel's subject, and nonsense, are not believed", () => {
    const free = new FreeKernels();
    free.hear(`kernel.${kid("b")}.status`, status("a", 1));
    free.hear(`kernel.${kid("a")}.status`, "{");
    free.hear(`kernel.${kid("a")}.status`, status("a", 1, { freeSlots: "many" }));
    expect(free.hasFree("default")).toBe(false);
  });
  test("a kernel that is silent for ten seconds is gone", () => {
    let now = 0;
    const free = new FreeKernels(() => now);
    hear(free, "a", 1);
    now = 9_999;
    free.sweep();
    expect([free.hasFree("default"), free.isGone(kid("a"))]).toEqual([true, false]);
    now = 10_000;
    free.sweep();
    expect([free.hasFree("default"), free.isGone(kid("a"))]).toEqual([false, true]);
  });
  test("a kernel never heard of is given ten seconds from the first question", () => {
    let now = 0;
    const free = new FreeKernels(() => now);
    expect(free.isGone(kid("a"))).toBe(false);
    now = 9_999;
    expect(free.isGone(kid("a"))).toBe(false);
    now = 10_000;
    expect(free.isGone(kid("a"))).toBe(true);
  });
  test("silence during an outage is forgiven", () => {
    let now = 0;
    const free = new FreeKernels(() => now);
    hear(free, "a", 1);
    now = 20_000;
    free.forgive();
    free.sweep();
    expect(free.hasFree("default")).toBe(true);
  });
  test("an older status that arrives late is dropped", () => {
    const free = new FreeKernels();
    hear(free, "a", 5, { state: "busy" });
    hear(free, "a", 4);
    expect(free.hasFree("default")).toBe(false);
  });
});
