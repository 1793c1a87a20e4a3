/** The control group round a sandbox, tried for real; next: nats-setup.test.ts. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { openMemoryWall } from "#standalone/memory-wall.ts";
import { waitUntil } from "#standalone/ready.ts";

const mebibyte = 1024 * 1024;
const wall = openMemoryWall(randomBytes(6).toString("hex"));
afterAll(() => wall.close());

const run = (argv: string[]) => {
  const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: "ignore" });
  const ended = new Promise<string>((resolve) => child.once("exit", (code, signal) => resolve(signal ?? String(code))));
  return { child, ended };
};

test("what wants more memory than its wall holds is killed, and the count of kills says so", async () => {
  const { enter } = wall.make("hungry", { memoryBytes: 32 * mebibyte, threads: 64 });
  expect(await run(enter(["tail", "/dev/zero"])).ended).toBe("SIGKILL");
  expect(readFileSync(wall.eventsPath("hungry"), "utf8")).toMatch(/^oom_kill [1-9]/m);
  await wall.remove("hungry");
  expect(wall.list()).toEqual([]);
});
test("what would start more threads than its wall holds cannot", async () => {
  const { enter } = wall.make("many", { memoryBytes: 256 * mebibyte, threads: 8 });
  const script = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done; wait";
  expect(await run(enter(["/bin/sh", "-c", script])).ended).not.toBe("0");
  await wall.remove("many");
});
test("everything inside is killed when the wall is removed, daemons too", async () => {
  const { enter } = wall.make("daemons", { memoryBytes: 64 * mebibyte, threads: 64 });
  const { ended } = run(enter(["/bin/sh", "-c", "setsid sleep 1000 & setsid sleep 1000 & exec sleep 1000"]));
  await waitUntil("all three", 5000, async () => wall.pids("daemons").length >= 3);
  await wall.remove("daemons");
  expect(await ended).toBe("SIGKILL");
  expect(wall.pids("daemons")).toEqual([]);
});
test("removing what is not there is no error", async () => {
  await wall.remove("nothing");
});
