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
const hear = (kernels: FreeKernels, c: string, sequence: number, more: object = {}) =>
  kernels.hear(`kernel.${kid(c)}.status`, status(c, sequence, more));

describe("free kernels", () => {
  test("a taken kernel is not taken twice", () => {
    const kernels = new FreeKernels();
    hear(kernels, "a", 1);
    expect(kernels.take("default")).toBe(kid("a"));
    expect(kernels.take("default")).toBeUndefined();
  });
  test("a status from before the kernel's answer does not make it free again", () => {
    const kernels = new FreeKernels();
    hear(kernels, "a", 1);
    kernels.take("default");
    kernels.settle(kid("a"), 3);
    hear(kernels, "a", 2);
    expect(kernels.free("default")).toBe(0);
    hear(kernels, "a", 4);
    expect(kernels.free("default")).toBe(1);
  });
  test("busy, leaving and session kernels are not offered, nor those of another pool", () => {
    const kernels = new FreeKernels();
    hear(kernels, "a", 1, { state: "busy" });
    hear(kernels, "b", 1, { state: "leaving" });
    hear(kernels, "c", 1, { session: `s${"1".repeat(25)}` });
    hear(kernels, "d", 1, { pool: "other" });
    expect(kernels.take("default")).toBeUndefined();
    expect(kernels.counts("default")).toEqual({ idle: 0, busy: 2, sessions: 1 });
  });
  test("a status on another kernel's subject, and nonsense, are not believed", () => {
    const kernels = new FreeKernels();
    kernels.hear(`kernel.${kid("b")}.status`, status("a", 1));
    kernels.hear(`kernel.${kid("a")}.status`, "{");
    kernels.hear(`kernel.${kid("a")}.status`, status("a", 1, { freeSlots: "many" }));
    expect(kernels.free("default")).toBe(0);
  });
  test("a kernel that is silent for ten seconds is gone", () => {
    let now = 0;
    const kernels = new FreeKernels(() => now);
    hear(kernels, "a", 1);
    now = 9_999;
    kernels.sweep();
    expect([kernels.free("default"), kernels.isGone(kid("a"))]).toEqual([1, false]);
    now = 10_000;
    kernels.sweep();
    expect([kernels.free("default"), kernels.isGone(kid("a"))]).toEqual([0, true]);
  });
  test("a kernel of which its pool says that it is destroyed is gone at once, and there again should it speak", () => {
    const kernels = new FreeKernels(() => 0);
    hear(kernels, "a", 1);
    kernels.destroyed(kid("a"));
    expect([kernels.free("default"), kernels.isGone(kid("a"))]).toEqual([0, true]);
    hear(kernels, "a", 2);
    expect([kernels.free("default"), kernels.isGone(kid("a"))]).toEqual([1, false]);
  });
  test("a kernel never heard of is given ten seconds from the first question", () => {
    let now = 0;
    const kernels = new FreeKernels(() => now);
    expect(kernels.isGone(kid("a"))).toBe(false);
    now = 9_999;
    expect(kernels.isGone(kid("a"))).toBe(false);
    now = 10_000;
    expect(kernels.isGone(kid("a"))).toBe(true);
  });
  test("silence during an outage is forgiven", () => {
    let now = 0;
    const kernels = new FreeKernels(() => now);
    hear(kernels, "a", 1);
    now = 20_000;
    kernels.forgive();
    kernels.sweep();
    expect(kernels.free("default")).toBe(1);
  });
  test("an older status that arrives late is dropped", () => {
    const kernels = new FreeKernels();
    hear(kernels, "a", 5, { state: "busy" });
    hear(kernels, "a", 4);
    expect(kernels.free("default")).toBe(0);
  });
});
