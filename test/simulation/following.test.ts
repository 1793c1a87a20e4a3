/** A pool follows a step, a ramp and a day: what is promised of it, and that docs/following.md tells what comes out; next: world.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { heading, row, type ShapeName, seeds, shapes, type Told, tell, type Way } from "#test/simulation/following.ts";
import { root } from "#test/tree.ts";

const page = readFileSync(join(root, "docs/following.md"), "utf8");
const known = new Map<string, Promise<Told[]>>();
const underEverySeed = (name: ShapeName, way: Way): Promise<Told[]> => {
  const key = `${name} ${way}`;
  const told = known.get(key) ?? run(name, way);
  known.set(key, told);
  return told;
};
const run = async (name: ShapeName, way: Way): Promise<Told[]> => {
  const told = await Promise.all(seeds.map((seed) => tell(shapes[name], way, seed)));
  told.forEach(({ crowd }, i) => {
    if (crowd.wrongs.length > 0) throw new Error(`seed ${seeds[i]}: ${crowd.wrongs.slice(0, 3).join("; ")}`);
  });
  expect(page).toContain(row(name, way, told));
  return told;
};
const worst = (told: readonly Told[], figure: (one: Told) => number) => Math.max(...told.map(figure));
const least = (told: readonly Told[], figure: (one: Told) => number) => Math.min(...told.map(figure));

test("the table of the docs is of these runs", () => {
  for (const line of heading) expect(page).toContain(line);
});
test("after a step of twenty times nobody waits long after a minute, and without panic it takes longer", async () => {
  const following = await underEverySeed("step", "as it is");
  const calmly = await underEverySeed("step", "without panic");
  const alone = await underEverySeed("step", "idleMin alone");
  const recovery = ({ recoveryMs }: Told) => recoveryMs;
  expect(worst(following, recovery)).toBeLessThan(120_000);
  expect(worst(following, recovery)).toBeLessThan(least(calmly, recovery));
  expect(worst(calmly, recovery)).toBeLessThan(least(alone, recovery));
  expect(worst(following, ({ refused }) => refused)).toBe(0);
}, 120_000);
test("after the step the pool comes down to what idleMax says, and a busy kernel is never asked to go", async () => {
  for (const { crowd } of await underEverySeed("step", "as it is")) {
    expect(crowd.wrongs).toEqual([]);
    expect(crowd.warm).toBeLessThanOrEqual(crowd.spec.capacity.idleMax + 4);
    expect(crowd.warm).toBeGreaterThanOrEqual(crowd.spec.capacity.idleMin);
  }
}, 120_000);
test("a ramp is followed as it rises: one in a hundred waits a second at most", async () => {
  for (const way of shapes.ramp.ways) await underEverySeed("ramp", way);
  expect(worst(await underEverySeed("ramp", "as it is"), ({ noticed }) => noticed)).toBeLessThan(0.01);
}, 120_000);
test("a schedule has the kernels there before the class comes", async () => {
  const alone = await underEverySeed("day", "idleMin alone");
  const following = await underEverySeed("day", "as it is");
  const scheduled = await underEverySeed("day", "with a schedule");
  const longest = ({ waitMostMs }: Told) => waitMostMs;
  expect(worst(following, longest)).toBeLessThan(least(alone, longest));
  expect(worst(scheduled, longest)).toBeLessThan(least(following, longest));
  expect(worst(scheduled, ({ waitP99Ms }) => waitP99Ms)).toBeLessThan(1_000);
}, 120_000);
