/** What the users measured, and whether the thresholds hold: k6's metrics and expressions; next: main.ts. */
import type { Options } from "#loadtest/adapter/options.ts";

export type Sample = { metric: string; type: "counter" | "trend" | "rate" | "gauge"; value: number };
export type Metric = {
  type: string;
  contains: string;
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
};
export type Data = { metrics: Record<string, Metric>; state: { testRunDurationMs: number } };

const standardStats = ["avg", "min", "med", "max", "p(90)", "p(95)"];

export class Measures {
  readonly #options: Options;
  readonly #values = new Map<string, { type: Sample["type"]; values: number[] }>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Of no value: the metric exists. */
  add(sample: Omit<Sample, "value"> & { value?: number }): void {
    const of = this.#values.get(sample.metric) ?? { type: sample.type, values: [] };
    if (sample.value !== undefined) of.values.push(sample.value);
    this.#values.set(sample.metric, of);
  }

  data(testRunDurationMs: number): Data {
    const seconds = testRunDurationMs / 1000;
    const metrics: Record<string, Metric> = {};
    for (const [name, { type, values }] of this.#values)
      metrics[name] = { type, contains: "default", values: this.#figures(type, values, seconds) };
    for (const [name, expressions] of Object.entries(this.#options.thresholds ?? {})) {
      const none = () => ({ type: "counter", contains: "default", values: this.#figures("counter", [], seconds) });
      const metric: Metric = metrics[name] ?? none();
      metrics[name] = metric;
      metric.thresholds = Object.fromEntries(expressions.map((text) => [text, { ok: this.#holds(name, text, metric) }]));
    }
    return { metrics, state: { testRunDurationMs } };
  }

  missed(data: Data): boolean {
    return Object.values(data.metrics).some(({ thresholds = {} }) => Object.values(thresholds).some(({ ok }) => !ok));
  }

  #figures(type: Sample["type"], values: readonly number[], seconds: number): Record<string, number> {
    const sum = values.reduce((all, value) => all + value, 0);
    if (type === "counter") return { count: sum, rate: sum / seconds };
    if (type === "rate")
      return { rate: values.length === 0 ? 0 : sum / values.length, passes: sum, fails: values.length - sum };
    if (type === "gauge") return { value: values.at(-1) ?? 0 };
    const sorted = Float64Array.from(values).sort();
    const stats = this.#options.summaryTrendStats ?? standardStats;
    return Object.fromEntries(stats.map((stat) => [stat, statistic(sorted, stat)]));
  }

  /** As in k6, a threshold on a metric of which there was nothing holds. */
  #holds(name: string, text: string, metric: Metric): boolean {
    const [, stat = "", operator = "", limit = ""] = /^\s*([\w().]+)\s*(<=|>=|==|<|>)\s*([\d.]+)\s*$/.exec(text) ?? [];
    if (operator === "") throw new Error(`the threshold ${text} of ${name} is not understood`);
    const of = this.#values.get(name);
    if (of?.type === "trend" && of.values.length === 0) return true;
    const figure = of?.type === "trend" ? statistic(Float64Array.from(of.values).sort(), stat) : (metric.values[stat] ?? 0);
    const against = Number(limit);
    switch (operator) {
      case "<":
        return figure < against;
      case "<=":
        return figure <= against;
      case ">":
        return figure > against;
      case ">=":
        return figure >= against;
      default:
        return figure === against;
    }
  }
}

/** Between two values the straight line, as k6 has it; NaN of none. */
function statistic(sorted: Float64Array, stat: string): number {
  const quantile = (q: number) => {
    const place = q * (sorted.length - 1);
    const [below = Number.NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return below + (above - below) * (place - Math.floor(place));
  };
  if (stat === "avg") return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  if (stat === "count") return sorted.length;
  const named: Record<string, number> = { min: 0, med: 0.5, max: 1 };
  return quantile(named[stat] ?? Number(/^p\((.+)\)$/.exec(stat)?.[1]) / 100);
}
