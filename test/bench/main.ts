/**
 * The system against a bare fork of the same Sage, in one run on one machine, so that ratios hold. Options: --quick, --json FILE,
 * --steady MINUTES (at 80 % of the capacity found; memory must stay level and nothing be lost).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Account, memoryOf, openAccount } from "#test/bench/accounts.ts";
import { startBare } from "#test/bench/bare.ts";
import { closedLoop, compute, quantile } from "#test/bench/load.ts";
import { freePort } from "#test/nats-server.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, steady: { type: "string" } },
});
const codes = { "1+1": "1+1", factor: "factor(2^64-1)", integral: "integrate(sin(x)^2,x)", plot: "plot(sin,(0,6))" };
const count = values.quick ? 20 : 100;
const report: Record<string, unknown> = {};
const rows: string[][] = [["what", "figure", "bare fork", "ratio"]];
const row = (what: string, figure: number, bare?: number, unit = "ms") => {
  const text = (n: number) => `${n < 10 ? n.toFixed(1) : Math.round(n)} ${unit}`;
  rows.push([
    what,
    text(figure),
    bare === undefined ? "" : text(bare),
    bare === undefined ? "" : `${(figure / bare).toFixed(2)}`,
  ]);
  report[what] = bare === undefined ? figure : { figure, bare, ratio: figure / bare };
};

type Running = { url: string; child: ChildProcess; account: Account; startMs: number };

async function startSystem(dataPath: string): Promise<Running> {
  const account = openAccount("system");
  const [port, frame, metrics] = [await freePort(), await freePort(), await freePort()];
  const options = ["--data", dataPath, "--port", port, "--frame-port", frame, "--metrics-port", metrics].map(String);
  const main = join(import.meta.dirname, "../../standalone/main.ts");
  const [command, args] = account.enter([process.execPath, main, ...options]);
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], env: process.env });
  const url = `http://127.0.0.1:${port}`;
  for (const giveUp = Date.now() + 180_000; ; ) {
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    if (Date.now() > giveUp || child.exitCode !== null) throw new Error("the system did not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, child, account, startMs: performance.now() - started };
}

const stopSystem = (system: Running) =>
  new Promise<void>((resolve) => {
    system.child.once("exit", () => {
      system.account.close();
      resolve();
    });
    system.child.kill("SIGINT");
  });

function processesBelow(pid: number): { name: string; pid: number }[] {
  const found: { name: string; pid: number }[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, "utf8"))?.[1]);
      if (parent === pid) found.push({ name: nameOf(command), pid: Number(entry) });
    } catch {
      // gone meanwhile
    }
  }
  return found;
}

const nameOf = (command: readonly string[]): string =>
  ["gateway", "agent", "filestore", "nats-server"].find((name) =>
    command.some((word) => word.includes(`${name}/main`) || word.includes(name)),
  ) ?? "other";

async function steady(system: Running, perSecond: number, minutes: number): Promise<void> {
  const before = memoryOf(processesBelow(system.child.pid ?? 0));
  const until = Date.now() + minutes * 60_000;
  const times: number[] = [];
  let lost = 0;
  const under: Promise<unknown>[] = [];
  for (let next = Date.now(); next < until; next += 1000 / perSecond) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
    under.push(
      compute(system.url, "1+1").then(
        (ms) => times.push(ms),
        () => lost++,
      ),
    );
  }
  await Promise.all(under);
  const after = memoryOf(processesBelow(system.child.pid ?? 0));
  row(`steady, ${perSecond.toFixed(1)}/s for ${minutes} min: p50`, quantile(times, 0.5));
  row("steady: p99", quantile(times, 0.99));
  row("steady: lost", lost, undefined, "");
  report["steady memory MB"] = { before, after };
}

const folder = mkdtempSync(join(tmpdir(), "sandcell-bench-"));
const root = process.env["SANDCELL_KERNEL_ROOT_PATH"] ?? "";
const bare = await startBare(root);
row("bare Sage: start", bare.startMs);
await stopSystem(await startSystem(folder)); // makes the checkpoint, if there is none yet
const system = await startSystem(folder);
row("system: start to ready, second time", system.startMs);
try {
  await closedLoop(system.url, "1+1", { count: 10, together: 2 });
  for (const [name, code] of Object.entries(codes)) {
    const n = name === "plot" ? Math.ceil(count / 4) : count;
    const one = await bare.run(n, code);
    let cpu = system.account.cpuMs();
    const alone = await closedLoop(system.url, code, { count: n, together: 1 });
    cpu = (system.account.cpuMs() - cpu) / n;
    row(`${name}: p50 one at a time`, quantile(alone, 0.5), quantile(one.times, 0.5));
    row(`${name}: p95`, quantile(alone, 0.95), quantile(one.times, 0.95));
    row(`${name}: p99`, quantile(alone, 0.99), quantile(one.times, 0.99));
    row(`${name}: CPU of every process`, cpu, one.cpuMs / n);
    for (const together of [4, 16]) {
      const started = performance.now();
      await closedLoop(system.url, code, { count: n, together });
      row(`${name}: a second, ${together} at a time`, (n * 1000) / (performance.now() - started), undefined, "/s");
    }
    const burst = await bare.run(-30, code);
    const answered = await Promise.all(Array.from({ length: 30 }, () => compute(system.url, code)));
    row(`${name}: burst of 30, p50`, quantile(answered, 0.5), quantile(burst.times, 0.5));
    row(`${name}: burst of 30, last`, Math.max(...answered), Math.max(...burst.times));
  }
  const memory = memoryOf(processesBelow(system.child.pid ?? 0));
  report["memory MB"] = memory;
  for (const [name, mb] of Object.entries(memory)) row(`memory: ${name}`, mb, undefined, "MB");
  if (values.steady) {
    const started = performance.now();
    await closedLoop(system.url, "1+1", { count: 100, together: 8 });
    await steady(system, (0.8 * 100_000) / (performance.now() - started), Number(values.steady));
  }
} finally {
  await stopSystem(system);
  await bare.stop();
  rmSync(folder, { recursive: true, force: true });
}
const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
for (const cells of rows)
  console.log(
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2)))
      .join(""),
  );
if (values.json) writeFileSync(values.json, JSON.stringify(report, null, 1));
