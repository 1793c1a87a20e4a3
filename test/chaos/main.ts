/** The kill matrix as a command: every cell, or those that are asked for, a line each; next: matrix.ts. */
import { parseArgs } from "node:util";
import { openRig, runCell } from "#test/chaos/cell.ts";
import { cellsOf, faults, nameOf, parts, steps } from "#test/chaos/matrix.ts";

const usage = `npm run test:chaos -- [--part NAME…] [--fault NAME…] [--step NAME…] [--seed N] [--held SECONDS]
  parts: ${parts.join(", ")}
  faults: ${faults.join(", ")}
  steps: ${steps.join(", ")}`;

const refuse = (words: string): never => {
  console.error(`${words}\n\n${usage}`);
  process.exit(2);
};
const several = { type: "string", multiple: true } as const;
const asked = () => {
  try {
    const options = {
      part: several,
      fault: several,
      step: several,
      seed: { type: "string" },
      held: { type: "string" },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
};
/** Those of `all` that were named; a name that is none of them is told. */
const chosen = <Name extends string>(all: readonly Name[], given: string[] | undefined): readonly Name[] => {
  const unknown = given?.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) refuse(`There is no ${unknown}.`);
  return given ? all.filter((one) => given.includes(one)) : all;
};
const number = (given: string | undefined, otherwise: number): number => {
  const value = Number(given ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : refuse(`${given} is no whole number.`);
};

const { part, fault, step, seed, held } = asked();
const of = { parts: chosen(parts, part), faults: chosen(faults, fault), steps: chosen(steps, step), seed: number(seed, 1) };
const heldMs = number(held, 20) * 1000;

const rig = await openRig();
let failed = 0;
const cells = cellsOf(of);
try {
  for (const cell of cells) {
    const told = await runCell(rig, cell, heldMs).catch((error: Error) => ({
      outcome: "?",
      tookMs: 0,
      broken: [error.message],
    }));
    if (told.broken.length > 0) failed++;
    const seconds = (told.tookMs / 1000).toFixed(1);
    console.log(
      `${told.broken.length === 0 ? "✓" : "✗"} ${nameOf(cell)} (seed ${cell.seed}): ${told.outcome} after ${seconds} s`,
    );
    for (const line of told.broken) console.log(`    ${line}`);
  }
} finally {
  const left = await rig.close();
  if (left.length > 0) failed++;
  for (const line of left) console.log(`left behind: ${line}`);
}
console.log(`${cells.length - Math.min(failed, cells.length)} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
