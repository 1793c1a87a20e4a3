/** One rate for some seconds: how long computations took, what became of them, and what each part of the system used for it; next: system.ts. */
import { cpuMs, type Found, memoryMb, type Part, parts } from "#loadtest/control-plane/processes.ts";
import { generate, type Load } from "#loadtest/generator/run.ts";
import { lines, type Summary, Tally } from "#loadtest/generator/summary.ts";

export type Step = {
  perSecond: number;
  asked: number;
  summary: Summary;
  /** Of each part, for one computation that was not refused. */
  cpuMsEach: Record<Part, number>;
  /** Cores in use by all parts, and by the generator beside them. */
  cores: number;
  generatorCores: number;
  memoryMb: Record<Part, number>;
  /** The same each quarter of a minute: does it stay level? */
  memoryOverTime: { seconds: number; memoryMb: Record<Part, number> }[];
};

const memoryEveryMs = 15_000;

export async function takeStep(system: readonly Found[], load: Omit<Load, "onResult">): Promise<Step> {
  const tally = new Tally();
  const before = cpuMs(system);
  const memoryOverTime: Step["memoryOverTime"] = [];
  const begun = performance.now();
  const look = () => memoryOverTime.push({ seconds: (performance.now() - begun) / 1000, memoryMb: memoryMb(system) });
  const looking = setInterval(look, memoryEveryMs);
  const done = await generate({ ...load, onResult: (result) => tally.add(result) });
  clearInterval(looking);
  const after = cpuMs(system);
  const taken = Math.max(1, done.asked - tally.summary().refused);
  const used = parts.map((part) => [part, after[part] - before[part]] as const);
  return {
    perSecond: load.perSecond,
    asked: done.asked,
    summary: tally.summary(),
    cpuMsEach: Object.fromEntries(used.map(([part, ms]) => [part, ms / taken])) as Record<Part, number>,
    cores: used.reduce((sum, [, ms]) => sum + ms, 0) / done.wallMs,
    generatorCores: done.cpuMs / done.wallMs,
    memoryMb: memoryMb(system),
    memoryOverTime,
  };
}

export function stepLines({ perSecond, asked, summary, cpuMsEach, cores, generatorCores, memoryMb: memory }: Step): string[] {
  const list = (of: Record<Part, number>, digits: number) =>
    parts.map((part) => `${part} ${of[part].toFixed(digits)}`).join(", ");
  const all = parts.reduce((sum, part) => sum + cpuMsEach[part], 0);
  return [
    `${perSecond} a second, ${asked} computations`,
    ...lines(summary),
    `  CPU ms each       ${all.toFixed(2)}: ${list(cpuMsEach, 2)}`,
    `  cores             ${cores.toFixed(2)}, and the generator ${generatorCores.toFixed(2)}`,
    `  memory MB         ${list(memory, 0)}`,
  ];
}
