/** Looks at keys: once for many changes, one at a time, later after failures; next: reconcile.test.ts. */
import { jest } from "@jest/globals";
import { WorkQueue, type WorkQueueInput } from "#operator/pool/work-queue.ts";

const setUp = (work: WorkQueueInput["work"], change: Partial<WorkQueueInput> = {}) => {
  const failed = jest.fn();
  const queue = new WorkQueue({ work, failed, pauseMs: 10, backOffMs: 100, backOffMaxMs: 400, keysMax: 2, ...change });
  return { queue, failed };
};
const hour = 3_600_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("many changes of a key are one look", async () => {
  const work = jest.fn(async () => hour);
  const { queue } = setUp(work);
  for (let i = 0; i < 50; i++) queue.add("a");
  queue.add("b");
  await jest.advanceTimersByTimeAsync(1000);
  expect(work.mock.calls).toEqual([["a"], ["b"]]);
  await queue.stop();
});
test("a change during a look makes another look after it, never one beside it", async () => {
  let end: () => void = () => {};
  let beside = 0;
  const work = jest.fn(async () => {
    beside += 1;
    expect(beside).toBe(1);
    await new Promise<void>((resolve) => (end = resolve));
    beside -= 1;
    return hour;
  });
  const { queue } = setUp(work);
  queue.add("a");
  await jest.advanceTimersByTimeAsync(20);
  queue.add("a");
  await jest.advanceTimersByTimeAsync(20);
  expect(work).toHaveBeenCalledTimes(1);
  end();
  await jest.advanceTimersByTimeAsync(20);
  expect(work).toHaveBeenCalledTimes(2);
  end();
  await queue.stop();
});
test("it looks again by itself when the look says so", async () => {
  const work = jest.fn(async () => 5000);
  const { queue } = setUp(work);
  queue.add("a");
  await jest.advanceTimersByTimeAsync(4000);
  expect(work).toHaveBeenCalledTimes(1);
  await jest.advanceTimersByTimeAsync(2000);
  expect(work).toHaveBeenCalledTimes(2);
  await queue.stop();
});
test("after a failure it waits, longer each time, whatever changes meanwhile", async () => {
  const work = jest.fn(async () => Promise.reject(new Error("no")));
  const { queue, failed } = setUp(work);
  queue.add("a");
  for (let i = 0; i < 100; i++) {
    await jest.advanceTimersByTimeAsync(10);
    queue.add("a");
  }
  // At 10, 110, 310 and 710 ms.
  expect(work).toHaveBeenCalledTimes(4);
  expect(failed).toHaveBeenCalledTimes(4);
  await queue.stop();
});
test("what is forgotten is not looked at, and more keys than allowed are refused", async () => {
  const work = jest.fn(async () => hour);
  const { queue } = setUp(work);
  queue.add("a");
  queue.add("b");
  expect(() => queue.add("c")).toThrow("more than 2 keys");
  queue.forget("a");
  await jest.advanceTimersByTimeAsync(100);
  expect(work.mock.calls).toEqual([["b"]]);
  await queue.stop();
});
test("stopping waits for the look that is under way and begins no other", async () => {
  let end: () => void = () => {};
  const work = jest.fn(async () => {
    await new Promise<void>((resolve) => (end = resolve));
    return 0;
  });
  const { queue } = setUp(work);
  queue.add("a");
  await jest.advanceTimersByTimeAsync(20);
  const stopped = queue.stop();
  end();
  await stopped;
  await jest.advanceTimersByTimeAsync(1000);
  expect(work).toHaveBeenCalledTimes(1);
});
