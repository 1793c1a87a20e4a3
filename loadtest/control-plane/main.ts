/**
 * The control plane under load: the whole system on this machine with kernels that only echo, and the generator beside it. Says, for
 * each rate, how long computations took, whether one was lost or doubled, and what each part cost; next: processes.ts.
 *
 *     npm run loadtest -- control-plane --rates 50,100,200 --seconds 20
 *     ... --profile gateway.cpuprofile   a CPU profile of the gateway at the last rate (flame.ts makes a picture of it)
 *     ... --json figures.json            the same for programs
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cpuMs, type Found, memoryMb, type Part, parts, processesOf } from "#loadtest/control-plane/processes.ts";
import { startProfile } from "#loadtest/control-plane/profile.ts";
import { generate } from "#loadtest/generator/run.ts";
import { lines, type Summary, Tally } from "#loadtest/generator/summary.ts";
import { mixOf } from "#loadtest/lib/mix.js";

const { values } = parseArgs({
  options: {
    rates: { type: "string", default: "50,100,200" },
    seconds: { type: "string", default: "20" },
    agents: { type: "string", default: "50" },
    mix: { type: "string", default: "realistic" },
    reader: { type: "string", default: "both" },
    seed: { type: "string", default: "1" },
    profile: { type: "string" },
    of: { type: "string", default: "gateway" },
    json: { type: "string" },
  },
});
const startMsMax = 120_000;
const clients = 5_000;

type Step = {
  perSecond: number;
  asked: number;
  summary: Summary;
  /** Of each part, for one computation. */
  cpuMsEach: Record<Part, number>;
  /** Cores in use by all parts, and by the generator beside them. */
  cores: number;
  generatorCores: number;
  memoryMb: Record<Part, number>;
};

async function startSystem(dataPath: string): Promise<{ child: ChildProcess; url: string }> {
  const main = join(import.meta.dirname, "../../standalone/main.ts");
  const options = ["--data", dataPath, "--port", "0", "--kernels", `echo:${values.agents}`];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the system did not start: ${said}`)), startMsMax);
    child.once("exit", () => reject(new Error(`the system ended: ${said}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const [, address] = /Sandcell answers at (\S+)/.exec(said) ?? [];
      const warm = said.includes(`kernel ${values.agents} of ${values.agents} is warm`);
      if (!address || !warm) return;
      clearTimeout(late);
      resolve(address);
    });
  }).catch((error: Error) => {
    child.kill("SIGINT");
    throw error;
  });
  return { child, url };
}

async function step(url: string, system: readonly Found[], perSecond: number, seconds: number): Promise<Step> {
  const tally = new Tally();
  const before = cpuMs(system);
  const done = await generate({
    urls: [url],
    perSecond,
    seconds,
    mix: mixOf(values.mix),
    seed: Number(values.seed),
    clients,
    reader: values.reader as "poll" | "events" | "both",
    token: undefined,
    echoes: true,
    onResult: (result) => tally.add(result),
  });
  const after = cpuMs(system);
  const used = parts.map((part) => [part, after[part] - before[part]] as const);
  return {
    perSecond,
    asked: done.asked,
    summary: tally.summary(),
    cpuMsEach: Object.fromEntries(used.map(([part, ms]) => [part, ms / done.asked])) as Record<Part, number>,
    cores: used.reduce((sum, [, ms]) => sum + ms, 0) / done.wallMs,
    generatorCores: done.cpuMs / done.wallMs,
    memoryMb: memoryMb(system),
  };
}

function tell({ perSecond, asked, summary, cpuMsEach, cores, generatorCores, memoryMb: memory }: Step): void {
  console.log(`${perSecond} a second, ${asked} computations`);
  for (const line of lines(summary)) console.log(line);
  const list = (of: Record<Part, number>, digits: number) =>
    parts.map((part) => `${part} ${of[part].toFixed(digits)}`).join(", ");
  console.log(`  CPU ms each       ${list(cpuMsEach, 2)}`);
  console.log(`  cores             ${cores.toFixed(2)}, and the generator ${generatorCores.toFixed(2)}`);
  console.log(`  memory MB         ${list(memory, 0)}`);
}

const folder = mkdtempSync(join(tmpdir(), "sandcell-load-"));
const { child, url } = await startSystem(join(folder, "data"));
let bad = 0;
try {
  const system = processesOf(child.pid ?? 0);
  const rates = values.rates.split(",").map(Number);
  await step(url, system, 20, 3); // so that the first rate does not pay for what is done once
  const steps: Step[] = [];
  for (const [index, rate] of rates.entries()) {
    const profiled = values.profile !== undefined && index === rates.length - 1;
    const pid = system.find(({ part }) => part === values.of)?.pid ?? 0;
    const profile = profiled ? await startProfile(pid) : undefined;
    const taken = await step(url, system, rate, Number(values.seconds));
    if (profile && values.profile) writeFileSync(values.profile, JSON.stringify(await profile.stop()));
    tell(taken);
    steps.push(taken);
    bad += taken.summary.lost + taken.summary.doubled + taken.summary.failed;
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(steps, null, 1));
} finally {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
process.exit(bad > 0 ? 1 : 0);
