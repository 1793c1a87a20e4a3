/** The pool follows the load on a real machine: more ask than kernels are idle, and afterwards it is small again; next: isolation.test.ts. */
import { jest } from "@jest/globals";
import { waitUntil } from "#standalone/ready.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { text, Visitor } from "#test/end-to-end/visitor.ts";

jest.setTimeout(120_000);

let system: LiveSystem;
beforeAll(async () => {
  // Windows of seconds, so that the test sees what takes a minute otherwise; memory for four kernels at most.
  system = await startLiveSystem({ kernels: 1, kernelsMax: 4 }, ({ pool, ...options }) => ({
    ...options,
    pool: {
      ...pool,
      capacity: { idleMin: 1, idleMax: 1, totalMax: 4 },
      refill: { perSecond: 1, burst: 4 },
      follow: { ...pool.follow, steadyMs: 5_000, panicMs: 1_500 },
      times: { ...pool.times, shrinkMs: 1_000 },
    },
  }));
});
afterAll(async () => {
  expect(await system?.end()).toEqual([]);
});

test("five that compute at once get as many kernels as there is room for, every one its answer, and the pool is small again after", async () => {
  const visitor = new Visitor(() => [system.url]);
  // Each holds its kernel until it is told something.
  const ids = await Promise.all([0, 1, 2, 3, 4].map(() => visitor.submit({ code: "print(input())", timeoutSeconds: 100 })));
  await waitUntil("four kernels at work", 60_000, async () => system.poolStatus()?.busy === 4);
  expect(system.poolStatus()).toMatchObject({ total: 4, wanted: 4 });
  const answer = async (id: string) => {
    const value = `hello ${id}`;
    await waitUntil("a question", 60_000, async () => {
      const { status } = await visitor.ask(`/v1/computations/${id}/input`, { json: { value } });
      return status < 300;
    });
    return value;
  };
  const finished = await Promise.all(ids.map(async (id) => ({ value: await answer(id), run: await visitor.finish(id) })));
  for (const { value, run } of finished) {
    expect(run.outcome.kind).toBe("ok");
    expect(text(run)).toContain(value);
  }
  await waitUntil("a small pool", 60_000, async () => system.poolStatus()?.total === 1);
  expect(system.poolStatus()).toMatchObject({ wanted: 1, idle: 1, leaving: 0 });
});
