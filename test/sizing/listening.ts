/**
 * What a gateway pays for computations that another one took: it hears of their records, acknowledgements and kernels all the same; next: inputs.ts.
 *
 *     npm run loadtest -- listening --rates 50,100 --seconds 20
 *
 * Two gateways, kernels that only echo, and load on the first gateway alone. Both have something to do when nobody computes, too; what one
 * uses of what the other does was the same at each rate.
 */
import { parseArgs } from "node:util";
import { cpuMs, processesOf } from "#loadtest/control-plane/processes.ts";
import { takeStep } from "#loadtest/control-plane/step.ts";
import { mixOf } from "#loadtest/lib/mix.js";
import { startLiveSystem } from "#test/end-to-end/live-system.ts";

const { values } = parseArgs({
  options: {
    rates: { type: "string", default: "50,100" },
    seconds: { type: "string", default: "20" },
    agents: { type: "string", default: "20" },
  },
});

const system = await startLiveSystem({ echo: true, kernels: Number(values.agents), gateways: 2, unsafeWithoutGvisor: true });
try {
  const parts = processesOf(process.pid);
  const gateways = parts.filter(({ part }) => part === "gateway");
  const cpu = () => gateways.map((gateway) => cpuMs([gateway]).gateway);
  const load = (perSecond: number, seconds: number) =>
    takeStep(parts, {
      urls: [system.urls[0] ?? ""],
      perSecond,
      seconds,
      mix: mixOf(),
      seed: 1,
      clients: 5_000,
      reader: "both",
      token: undefined,
      echoes: true,
    });
  await load(20, 3); // so that the first rate does not pay for what is done once
  for (const rate of values.rates.split(",").map(Number)) {
    const [before, from] = [cpu(), performance.now()];
    const { summary } = await load(rate, Number(values.seconds));
    const seconds = (performance.now() - from) / 1000;
    const used = cpu().map((ms, at) => (ms - (before[at] ?? 0)) / seconds);
    const [hears = 0, takes = 0] = used.sort((a, b) => a - b);
    const ends = `refused ${summary.refused}, lost ${summary.lost}, doubled ${summary.doubled}`;
    console.log(`${(summary.finished / seconds).toFixed(1)} a second (${ends})`);
    console.log(
      `  CPU ms a second: who takes them ${takes.toFixed(0)}, who hears of them ${hears.toFixed(0)}: ${(hears / takes).toFixed(2)} of it`,
    );
  }
} finally {
  await system.end();
}
process.exit(0);
