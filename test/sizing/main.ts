/**
 * What a rate needs, and whether anybody waits: computed from what was measured, and simulated; next: sizing.test.ts.
 *
 *     npm run loadtest -- sizing                      docs/scaling.md explains what comes
 *     ... --mix arithmetic=90,plot=10                 another mix of the load tests
 *     ... --node-cores 32 --plot-cpu-ms 250           any input, by the option that the last table names
 *     ... --docs                                      writes docs/scaling.md and its pictures
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mixOf } from "#loadtest/lib/mix.js";
import { defaults, type Inputs, names, optionOf } from "#test/sizing/inputs.ts";
import { sizesPicture, stepPicture } from "#test/sizing/pictures.ts";
import { drawnRate, type Run, rates, sectionOf, stocks, withSection } from "#test/sizing/section.ts";
import { simulate } from "#test/sizing/simulated.ts";
import { root } from "#test/tree.ts";

const { values } = parseArgs({
  options: {
    mix: { type: "string", default: "realistic" },
    docs: { type: "boolean", default: false },
    ...Object.fromEntries(names.map((name) => [optionOf(name), { type: "string" } as const])),
  },
});
const given = (name: keyof Inputs): number => {
  const text = (values as Record<string, unknown>)[optionOf(name)];
  if (text !== undefined && !(Number(text) > 0)) throw new Error(`--${optionOf(name)}: ${text} is not a number above 0`);
  return text === undefined ? defaults[name] : Number(text);
};
const is = Object.fromEntries(names.map((name) => [name, given(name)])) as Inputs;
const mix = mixOf(String(values.mix));

const runs: Run[] = [];
for (const perSecond of rates)
  for (const stock of stocks) {
    process.stderr.write(`simulating ${perSecond} a second, idleMin for ${stock === "steady" ? "as much" : "twice as much"}\n`);
    runs.push({ perSecond, stock, simulated: await simulate(perSecond, stock, { mix, is }) });
  }
const section = sectionOf(mix, is, runs);
const drawn = runs.find(({ perSecond, stock }) => perSecond === drawnRate && stock === "steady");
if (values.docs && drawn) {
  const page = join(root, "docs/scaling.md");
  writeFileSync(page, withSection(readFileSync(page, "utf8"), section));
  writeFileSync(join(root, "docs/scaling/sizes.svg"), `${sizesPicture(mix, is)}\n`);
  writeFileSync(join(root, "docs/scaling/step.svg"), `${stepPicture(drawn.perSecond, drawn.simulated.moments)}\n`);
} else console.log(section);
