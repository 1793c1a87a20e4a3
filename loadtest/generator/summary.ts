/** The figures of a run: counts by end, and quantiles of its times; next: main.ts. */
import type { Result } from "#loadtest/generator/computation.ts";

export type Quantiles = { p50: number; p95: number; p99: number; max: number };
export type Summary = Record<Result["end"], number> & {
  /** Short ones only: what sleeps by itself says nothing about the server. */
  computationMs: Quantiles;
  firstOutputMs: Quantiles;
  acceptedMs: Quantiles;
  refusedMs: Quantiles;
  /** A few of what went wrong. */
  whys: string[];
};

const whysMax = 10;

export class Tally {
  readonly #counts: Record<Result["end"], number> = { finished: 0, refused: 0, lost: 0, doubled: 0, failed: 0 };
  readonly #times = {
    computation: [] as number[],
    firstOutput: [] as number[],
    accepted: [] as number[],
    refused: [] as number[],
  };
  readonly #whys: string[] = [];

  add(result: Result): void {
    this.#counts[result.end]++;
    const { computation, firstOutput, accepted, refused } = this.#times;
    if (result.acceptedMs !== undefined) accepted.push(result.acceptedMs);
    if (result.end === "refused") refused.push(result.endMs);
    else if (result.end !== "finished" && this.#whys.length < whysMax)
      this.#whys.push(`${result.id ?? result.end}: ${result.why}`);
    if (result.end !== "finished" || result.kind === "long") return;
    computation.push(result.endMs);
    if (result.firstOutputMs !== undefined) firstOutput.push(result.firstOutputMs);
  }

  summary(): Summary {
    const { computation, firstOutput, accepted, refused } = this.#times;
    return {
      ...this.#counts,
      computationMs: quantiles(computation),
      firstOutputMs: quantiles(firstOutput),
      acceptedMs: quantiles(accepted),
      refusedMs: quantiles(refused),
      whys: this.#whys,
    };
  }
}

/** Of no times: NaN. */
export function quantiles(times: readonly number[]): Quantiles {
  const sorted = Float64Array.from(times).sort();
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

const ms = (value: number): string => (Number.isNaN(value) ? "-" : value < 10 ? value.toFixed(1) : String(Math.round(value)));
export const shown = ({ p50, p95, p99, max }: Quantiles): string =>
  `p50 ${ms(p50)}  p95 ${ms(p95)}  p99 ${ms(p99)}  max ${ms(max)} ms`;

export const lines = (summary: Summary): string[] => [
  `  finished ${summary.finished}  refused ${summary.refused}  lost ${summary.lost}  doubled ${summary.doubled}  failed ${summary.failed}`,
  `  to the outcome    ${shown(summary.computationMs)}`,
  `  to first output   ${shown(summary.firstOutputMs)}`,
  `  to acceptance     ${shown(summary.acceptedMs)}`,
  ...(summary.refused > 0 ? [`  to refusal        ${shown(summary.refusedMs)}`] : []),
  ...summary.whys.map((why) => `  ! ${why}`),
];
