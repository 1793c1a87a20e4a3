/**
 * What a greedy neighbour costs everyone else: the p95 of a steady load alone, and beside each disturbance; next: disturbances.ts.
 *
 *     npm run loadtest -- neighbours --rate 50 --seconds 15
 */
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { processesOf } from "#loadtest/control-plane/processes.ts";
import { type Step, takeStep } from "#loadtest/control-plane/step.ts";
import { startEchoSystem } from "#loadtest/control-plane/system.ts";
import { shown } from "#loadtest/generator/summary.ts";
import { mixOf } from "#loadtest/lib/mix.js";
import { disturbances } from "#loadtest/neighbours/disturbances.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "15" },
    agents: { type: "string", default: "30" },
  },
});
const { pid, url, stop } = await startEchoSystem(Number(values.agents));
let bad = 0;
try {
  const system = processesOf(pid);
  const step = (seconds: number): Promise<Step> =>
    takeStep(system, {
      urls: [url],
      perSecond: Number(values.rate),
      seconds,
      mix: mixOf("arithmetic=60,algebra=40"),
      seed: 1,
      clients: 1000,
      reader: "both",
      token: undefined,
      echoes: true,
    });
  const tell = (what: string, { summary }: Step, alone?: Step) => {
    const ratio = alone ? `, p95 ${(summary.computationMs.p95 / alone.summary.computationMs.p95).toFixed(2)} times` : "";
    console.log(`${what}: ${shown(summary.computationMs)}${ratio}; lost ${summary.lost}, refused ${summary.refused}`);
    bad += summary.lost + summary.doubled + summary.failed;
  };
  await step(3);
  for (const name of Object.keys(disturbances)) {
    const alone = await step(Number(values.seconds));
    tell("alone", alone);
    const neighbour = new Worker(join(import.meta.dirname, "disturbances.ts"), { workerData: { name, url } });
    await once(neighbour, "message");
    tell(`beside ${name}`, await step(Number(values.seconds)), alone);
    neighbour.postMessage("end");
    await once(neighbour, "message");
    await neighbour.terminate();
  }
} finally {
  await stop();
}
process.exit(bad > 0 ? 1 : 0);
