/** The pace of large pages, by a clock set by hand; next: computations.ts. */
import { PagePace, pageBounds } from "#gateway/page-pace.ts";

describe("the pace of large pages", () => {
  const large = pageBounds.bytesMax;
  const rig = () => {
    const clock = { now: 0 };
    return { clock, pace: new PagePace(() => clock.now) };
  };

  test("small pages never wait, whoever else reads much", () => {
    const { pace } = rig();
    for (let n = 0; n < 1000; n++) pace.take("a", large);
    expect(pace.take("a", pageBounds.smallBytes)).toBe(0);
  });
  test("of one computation twenty readers together get a quarter of what all may have", () => {
    const { clock, pace } = rig();
    let bytes = 0;
    for (; clock.now < 10_000; clock.now += pace.take("a", large)) bytes += large;
    expect(bytes / clock.now / pageBounds.allBytesPerMs).toBeCloseTo(0.24, 1);
    expect(pace.take("b", large)).toBeLessThan(10);
  });
  test("all together have their pace, and nobody waits longer than the longest pause", () => {
    const { clock, pace } = rig();
    const waits = Array.from({ length: 1000 }, (_, n) => pace.take(`c${n % 100}`, large));
    expect(waits.at(-1)).toBe(pageBounds.pauseMsMax);
    expect(waits[99]).toBeCloseTo((100 * large) / pageBounds.allBytesPerMs, 0);
    clock.now = 60_000;
    expect(pace.take("c1", large)).toBeLessThan(10);
  });
});
