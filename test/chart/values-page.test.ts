/** The chart's values and what is said of them; next: rendering.cluster.test.ts. */
import { valueRows } from "#test/chart/values-page.ts";

test("every value of the chart is described", () => {
  expect(valueRows().filter(({ comment }) => comment === "")).toEqual([]);
});
