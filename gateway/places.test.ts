/** Where readers are; next: computations.ts. */
import { Places } from "#gateway/places.ts";

describe("the places up to which a transcript was read", () => {
  test("of many readers each finds its own, or the nearest before it", () => {
    const places = new Places();
    for (const number of [40, 10, 30, 20]) places.remember("c", number, number * 100);
    expect([5, 10, 19, 20, 35, 1000].map((number) => places.before("c", number))).toEqual([
      undefined,
      1000,
      1000,
      2000,
      3000,
      4000,
    ]);
    expect(places.before("other", 10)).toBeUndefined();
  });
  test("are bounded: the oldest are forgotten, of a transcript and of all", () => {
    const places = new Places();
    for (let number = 1; number <= 200; number++) places.remember("long", number, number);
    expect([places.before("long", 72), places.before("long", 73), places.before("long", 200)]).toEqual([undefined, 73, 200]);
    for (let n = 0; n < 2_000; n++) places.remember(`c${n}`, 1, 1);
    expect([places.before("long", 200), places.before("c0", 1)]).toEqual([undefined, 1]);
  });
});
