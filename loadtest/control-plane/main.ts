/**
 * The control plane under load: the whole system on this machine with kernels that only echo, and the generator beside it. Says, for
 * each rate, how long computations took, whether one was lost or doubled, and what each part cost; next: step.ts.
 *
 *     npm run loadtest -- control-plane --rates 50,100,200 --seconds 20
 *     ... --profile FOLDER      CPU profiles of gateway, one agent and filestore at the last rate (flame.ts makes pictures of them)
 *     ... --json figures.json   the same for programs
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cpuMs, type Part, parts, processesOf } from "#loadtest/control-plane/processes.ts";
import { startProfile } from "#loadtest/control-plane/profile.ts";
import { type Step, stepLines, takeStep } from "#loadtest/control-plane/step.ts";
import { startEchoSystem } from "#loadtest/control-plane/system.ts";
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
    json: { type: "string" },
  },
});
const rates = values.rates.split(",").map(Number);
const profiledParts: readonly Part[] = ["gateway", "agents", "filestore"];
const profiledSeconds = 10;
const idleMs = 3_000;

const { pid, url, stop } = await startEchoSystem(Number(values.agents));
const steps: Step[] = [];
try {
  const system = processesOf(pid);
  const step = (perSecond: number, seconds: number) =>
    takeStep(system, {
      urls: [url],
      perSecond,
      seconds,
      mix: mixOf(values.mix),
      seed: Number(values.seed),
      clients: 5_000,
      reader: values.reader as "poll" | "events" | "both",
      token: undefined,
      echoes: true,
    });
  await step(20, 3); // so that the first rate does not pay for what is done once
  const before = cpuMs(system);
  await pause(idleMs);
  const after = cpuMs(system);
  console.log(`idle: ${parts.map((part) => `${part} ${((after[part] - before[part]) / idleMs).toFixed(3)}`).join(", ")} cores`);
  for (const rate of rates) {
    const taken = await step(rate, Number(values.seconds));
    for (const line of stepLines(taken)) console.log(line);
    steps.push(taken);
  }
  for (const part of values.profile ? profiledParts : []) {
    const profile = await startProfile(system.find((found) => found.part === part)?.pid ?? 0);
    await step(rates.at(-1) ?? 1, profiledSeconds);
    writeFileSync(join(values.profile ?? "", `${part}.cpuprofile`), JSON.stringify(await profile.stop()));
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(steps, null, 1));
} finally {
  await stop();
}
process.exit(steps.some(({ summary }) => summary.lost + summary.doubled + summary.failed > 0) ? 1 : 0);
