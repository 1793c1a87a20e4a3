/** The table of the operator's benchmark; next: operator.ts. */
import { withFigures } from "#test/bench/operator-table.ts";

const page = (...table: string[]) => ["# Page", "", ...table, "", "More."].join("\n");
const before = page(
  "| what | 500 kernels | 10,000 kernels |",
  "|---|---|---|",
  "| filling | 10 s | 99 s |",
  "| rest | - | 7 % |",
);

test("a size that was measured before gets new figures, and what was not measured this time says so", () => {
  expect(withFigures(before, 10_000, [["filling", "80 s"]])).toBe(
    page("| what | 500 kernels | 10,000 kernels |", "|---|---|---|", "| filling | 10 s | 80 s |", "| rest | - | - |"),
  );
});
test("a new size is a column in its place, a new figure a row, in the order of those that were measured", () => {
  expect(withFigures(before, 4000, [["roll-out", "5 ms"]])).toBe(
    page(
      "| what | 500 kernels | 4,000 kernels | 10,000 kernels |",
      "|---|---|---|---|",
      "| roll-out | - | 5 ms | - |",
      "| filling | 10 s | - | 99 s |",
      "| rest | - | - | 7 % |",
    ),
  );
});
test("a page without the table is no place for figures", () => {
  expect(() => withFigures("# Page", 500, [])).toThrow("no table");
});
