/** Processes of an earlier run, told from strangers with their numbers; next: stops.test.ts. */
import { spawn } from "node:child_process";
import { isStill, killMarked, markOf } from "#standalone/process-table.ts";

const argv = ["sleep", "1000"];
const start = () => {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  const ended = new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  return { child, ended, mark: markOf(child.pid ?? -1, argv) };
};

test("a marked process is known again and killed", async () => {
  const { ended, mark } = start();
  if (!mark) throw new Error("no mark");
  expect(isStill(mark)).toBe(true);
  expect(await killMarked(mark)).toBe(true);
  expect(await ended).toBe("SIGKILL");
  expect(isStill(mark)).toBe(false);
});
test("a process that has the number but another start, command or boot is left alone", async () => {
  const { child, ended, mark } = start();
  if (!mark) throw new Error("no mark");
  const others = [
    { ...mark, startTicks: "1" },
    { ...mark, bootId: "another" },
    { ...mark, argv: ["sleep", "2000"] },
  ];
  for (const other of others) {
    expect(isStill(other)).toBe(false);
    await killMarked(other);
  }
  expect(child.exitCode ?? child.signalCode).toBeNull();
  child.kill("SIGKILL");
  await ended;
});
