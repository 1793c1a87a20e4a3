/** Paces by a clock set by hand; next: log.test.ts. */
import { Pace } from "#service/pace.ts";

describe("a pace of 100 bytes a millisecond, 1,000 free", () => {
  const begun = () => new Pace({ bytesPerMs: 100, burstBytes: 1000, pauseMsMax: 500 });

  test("lets a burst through, then makes whoever takes more pause for as long as it is too much", () => {
    const pace = begun();
    expect([pace.take(600, 0), pace.take(400, 0), pace.take(200, 0), pace.take(100, 0)]).toEqual([0, 0, 2, 3]);
  });
  test("has a burst free again after a quiet time, and never more than one", () => {
    const pace = begun();
    pace.take(2000, 0);
    expect(pace.quiet(19)).toBe(false);
    expect(pace.quiet(20)).toBe(true);
    expect([pace.take(1000, 100_000), pace.take(100, 100_000)]).toEqual([0, 1]);
  });
  test("over a long time lets through just as much, whoever keeps to the pauses", () => {
    const pace = begun();
    let now = 0;
    for (let taken = 0; taken < 1_000_000; taken += 500) now += pace.take(500, now);
    expect(now).toBe(9_990);
  });
  test("has its longest pause, and forgets what was above it", () => {
    const pace = begun();
    expect(pace.take(1e9, 0)).toBe(500);
    expect(pace.take(100, 500)).toBe(1);
  });
});
