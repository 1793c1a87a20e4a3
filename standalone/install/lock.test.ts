/** One maker at a time, and what a killed one leaves; next: steps.test.ts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { withLock } from "#standalone/install/lock.mjs";
import { makeWhole } from "#standalone/install/places.mjs";

const here = import.meta.dirname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandcell-install-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another process that says `ready` from inside what `script` does, and stays there. */
const inAnotherProcess = async (script: string) => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  return { child, line };
};

const holder = (path: string) =>
  inAnotherProcess(`
    const { withLock } = await import("${join(here, "lock.mjs")}");
    await withLock(${JSON.stringify(path)}, () => new Promise(() => { console.log("ready"); setInterval(() => {}, 1e6); }));
  `);

test("two that want the same lock work one after the other", async () => {
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} in`);
    await new Promise((later) => setImmediate(later));
    seen.push(`${name} out`);
  };
  await Promise.all([withLock(join(folder, "a"), work("first")), withLock(join(folder, "a"), work("second"))]);
  expect(seen).toEqual(["first in", "first out", "second in", "second out"]);
});

test("the lock of a process that was killed is taken over, and its holder was known", async () => {
  const path = join(folder, "b");
  const { child } = await holder(path);
  const holders: number[] = [];
  const onHolder = (pid: number) => {
    holders.push(pid);
    child.kill("SIGKILL");
  };
  expect(await withLock(path, () => "mine", { onHolder })).toBe("mine");
  expect(holders).toEqual([child.pid]);
});

test("waiting for a lock has a limit", async () => {
  const path = join(folder, "c");
  const { child } = await holder(path);
  await expect(withLock(path, () => "mine", { waitMs: 50 })).rejects.toThrow("another process works on");
  child.kill("SIGKILL");
});

test("a lock is let go when the work fails", async () => {
  const path = join(folder, "d");
  await expect(
    withLock(path, () => {
      throw new Error("broken");
    }),
  ).rejects.toThrow("broken");
  expect(await withLock(path, () => "mine", { waitMs: 50 })).toBe("mine");
});

test("a file that is being made has its name only when it is whole", async () => {
  const path = join(folder, "runsc");
  await makeWhole(path, (part: string) => {
    writeFileSync(part, "whole");
    expect(existsSync(path)).toBe(false);
  });
  expect(readFileSync(path, "utf8")).toBe("whole");
});

test("what a failed or killed making left is gone after the next one", async () => {
  const path = join(folder, "runsc");
  const failing = (part: string) => {
    writeFileSync(part, "half");
    throw new Error("full disk");
  };
  await expect(makeWhole(path, failing)).rejects.toThrow("full disk");
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, "runsc.part-1"), "half");
  await makeWhole(path, (part: string) => writeFileSync(part, "whole"));
  expect(readdirSync(folder)).toEqual(["runsc"]);
});

test("a program that the installer runs ends when the installer is killed", async () => {
  const script = `
    const { run } = await import("${join(here, "programs.mjs")}");
    await run(["sh", "-c", "echo $$; exec sleep 600"], { onLine: (line) => console.log(line) });
  `;
  const { child, line } = await inAnotherProcess(script);
  child.kill("SIGKILL");
  const deadline = Date.now() + 10_000;
  while (existsSync(`/proc/${line}`) && Date.now() < deadline) await new Promise((later) => setTimeout(later, 10));
  expect(existsSync(`/proc/${line}`)).toBe(false);
});
