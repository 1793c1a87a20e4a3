/** Runs the recipe's own tests, which are Python as the recipe is; next: recipe_test.py. */
import { execFileSync } from "node:child_process";

test("the kernel image's recipe passes its own tests (recipe_test.py)", () => {
  const run = () =>
    execFileSync("python3", ["-B", "-m", "unittest", "recipe_test"], { cwd: import.meta.dirname, stdio: "pipe" });
  expect(run).not.toThrow();
});
