/**
 * Runs a k6 script in Node, for machines without k6: the same file, options, thresholds and summary. Good for some fifty users, because
 * each is a thread of its own; real rates come from k6 itself or from the generator. Next: scenarios.ts.
 *
 *     npm run loadtest -- steady --rate 20 --duration 30s --url http://127.0.0.1:8080
 *
 * Settings as the scripts name them may also stand in the environment: BASE_URL RATE DURATION MIX TOKEN CLIENTS USERS.
 * Ends with 99 when a threshold does not hold, as k6 does.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Measures } from "#loadtest/adapter/measures.ts";
import { runScenarios } from "#loadtest/adapter/scenarios.ts";
import { inspect, summarise } from "#loadtest/adapter/user.ts";

const thresholdsMissed = 99;
const names = ["url", "rate", "duration", "mix", "token", "clients", "users"] as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
});
const [name = ""] = positionals;
const script = join(import.meta.dirname, "..", `${name}.js`);
const given = names.flatMap((option) => {
  const value = values[option];
  return value === undefined ? [] : [[option === "url" ? "BASE_URL" : option.toUpperCase(), String(value)] as const];
});
const environment = { ...process.env, ...Object.fromEntries(given) } as Record<string, string>;

const options = await inspect({ script, environment });
const measures = new Measures(options);
const startedAt = Date.now();
await runScenarios({ script, environment, options, measures, startedAt });
const data = measures.data(Date.now() - startedAt);
const written = await summarise({ script, environment }, data);
for (const [place, text] of Object.entries(written)) {
  if (place === "stdout") process.stdout.write(text);
  else writeFileSync(place, text);
}
process.exit(measures.missed(data) ? thresholdsMissed : 0);
