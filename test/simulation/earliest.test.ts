/** The earliest comes first; next: earliest.ts. */
import { Earliest } from "#test/simulation/earliest.ts";
import { chance } from "#test/simulation/random.ts";

test("whatever is added in whatever order, the earliest is taken first", () => {
  const { below } = chance(1);
  const [times, taken] = [Array.from({ length: 500 }, () => below(100)), [] as number[]];
  const earliest = new Earliest<number>((time) => time);
  for (const time of times) earliest.add(time);
  for (let first = earliest.take(); first !== undefined; first = earliest.take()) taken.push(first);
  expect(taken).toEqual(times.sort((a, b) => a - b));
  expect(earliest.first).toBeUndefined();
});
