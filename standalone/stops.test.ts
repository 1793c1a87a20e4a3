/** What was done is undone, in order; next: main.test.ts. */
import { Stops } from "#standalone/stops.ts";

test("what was done last is undone first, and a failure keeps nothing else from being undone", async () => {
  const order: string[] = [];
  const stops = new Stops((error) => order.push((error as Error).message));
  stops.push(() => void order.push("first"));
  stops.push(() => {
    throw new Error("failed");
  });
  stops.push(async () => void order.push("last"));
  await stops.run();
  expect(order).toEqual(["last", "failed", "first"]);
});
test("what is done while stopping is undone at once, and stopping twice undoes once", async () => {
  const order: string[] = [];
  const stops = new Stops(() => undefined);
  stops.push(() => void order.push("early"));
  await Promise.all([stops.run(), stops.run()]);
  stops.push(() => void order.push("late"));
  expect(order).toEqual(["early", "late"]);
});
