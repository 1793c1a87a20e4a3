/** Pools in a seeded storm of lags, losses and crashes; next: world.ts. */
import { calm, stepMs, storm, type Weather, World } from "#test/simulation/world.ts";

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
const minute = 60_000 / stepMs;

/** Runs the story under every seed; what goes wrong is told with its seed. */
const underEverySeed = async (weather: Weather, story: (world: World) => Promise<unknown>) => {
  for (const seed of seeds) {
    const world = new World(seed, weather);
    try {
      await story(world);
      expect(world.wrongs).toEqual([]);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`);
    }
  }
};
/** Enough for the longest start deadline and back-off to pass. */
const calmDown = async (world: World) => {
  world.weather = calm;
  await world.run(4 * minute);
};

test("the total, terminating kernels included, is never exceeded, and no kernel that is well is destroyed", async () => {
  let computations = 0;
  await underEverySeed(storm, async (world) => {
    await world.run(2 * minute);
    computations += world.computations;
  });
  expect(computations).toBeGreaterThan(seeds.length);
});
test("a cache that lags makes no kernel be created twice", async () => {
  await underEverySeed({ ...calm, lagMs: 9000 }, async (world) => {
    await world.run(minute / 2);
    expect(world.kernels.calls.create).toBe(world.spec.capacity.idleMin);
  });
});
test("after any storm the pool has again what it wants", async () => {
  await underEverySeed(storm, async (world) => {
    await world.run(minute);
    await calmDown(world);
    const { idle, total } = world.counts();
    expect(idle).toBeGreaterThanOrEqual(world.spec.capacity.idleMin);
    expect(total).toBeLessThanOrEqual(world.spec.capacity.idleMax);
  });
});
test("a restart of the operator at steady state creates and deletes nothing", async () => {
  await underEverySeed(calm, async (world) => {
    // Longer than a start may take: the kernels are no beginners any more, and a new operator has not heard them yet.
    await world.run(3 * minute);
    const before = world.actions.length;
    for (let i = 0; i < 5; i++) {
      world.restartOperator();
      await world.run(10);
    }
    expect(world.actions.slice(before)).toEqual([]);
  });
});
test("computations cost the edge nothing: kernels are forked from, not made anew", async () => {
  await underEverySeed({ ...calm, load: 0.02 }, async (world) => {
    world.spec = { ...world.spec, capacity: { idleMin: 1, idleMax: 7, totalMax: 7 } };
    await world.run(minute);
    const { create, leave, destroy } = world.kernels.calls;
    expect(create + leave + destroy).toBeLessThanOrEqual(world.spec.capacity.totalMax);
  });
});
test("a changed template reaches every kernel, whatever happens meanwhile", async () => {
  await underEverySeed(storm, async (world) => {
    await world.run(minute / 2);
    world.revision = "second";
    await world.run(minute / 2);
    await calmDown(world);
    expect(new Set(world.kernels.actual().map((kernel) => kernel.revision))).toEqual(new Set(["second"]));
  });
});
test("every kernel of a deleted pool is gone in bounded time", async () => {
  await underEverySeed(storm, async (world) => {
    await world.run(minute / 2);
    world.deleted = true;
    await calmDown(world);
    expect(world.counts().total).toBe(0);
  });
});
test("what a pool leaves behind when nobody works for it is asked to leave, and gone in bounded time", async () => {
  await underEverySeed({ ...storm, operatorDies: 0 }, async (world) => {
    await world.run(minute);
    world.poolGone = true;
    // Young ones first grow old; the longest computation ends; what hangs outlives its grace.
    await world.run(15 * minute);
    expect(world.counts().total).toBe(0);
  });
});
test("when nothing gets warm the pool backs off and says so", async () => {
  await underEverySeed({ ...calm, callFails: 1 }, async (world) => {
    await world.run(minute);
    expect(world.kernels.calls.create).toBeLessThanOrEqual(world.spec.capacity.totalMax + 6);
    expect(world.last?.status.conditions).toContainEqual({ type: "Degraded", status: true, reason: "NotProgressing" });
  });
});
