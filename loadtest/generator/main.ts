/** Load for any running server: `node loadtest/generator/main.ts --url http://127.0.0.1:8080 --rate 100 --seconds 60`; next: arrivals.ts. */
import { parseArgs } from "node:util";
import { generate } from "#loadtest/generator/run.ts";
import { lines, Tally } from "#loadtest/generator/summary.ts";
import { mixOf } from "#loadtest/lib/mix.js";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    rate: { type: "string", default: "20" },
    seconds: { type: "string", default: "20" },
    mix: { type: "string", default: "realistic" },
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "1000" },
    reader: { type: "string", default: "both" },
    token: { type: "string" },
    echoes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const tally = new Tally();
const { asked, cpuMs, wallMs } = await generate({
  urls: values.url.split(","),
  perSecond: Number(values.rate),
  seconds: Number(values.seconds),
  mix: mixOf(values.mix),
  seed: Number(values.seed),
  clients: Number(values.clients),
  reader: values.reader as "poll" | "events" | "both",
  token: values.token,
  echoes: values.echoes,
  onResult: (result) => tally.add(result),
});
const summary = tally.summary();
if (values.json) console.log(JSON.stringify({ asked, cpuMs, wallMs, ...summary }));
else {
  console.log(
    `asked for ${asked} in ${(wallMs / 1000).toFixed(1)} s; the generator itself used ${(cpuMs / wallMs).toFixed(2)} cores`,
  );
  for (const line of lines(summary)) console.log(line);
}
process.exit(summary.lost + summary.doubled + summary.failed > 0 ? 1 : 0);
