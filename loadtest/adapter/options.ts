/** The part of k6's options that the scripts use; next: scenarios.ts. */

export type Scenario = { exec?: string; startTime?: string; gracefulStop?: string } & (
  | { executor: "constant-arrival-rate"; rate: number; duration: string; preAllocatedVUs: number; maxVUs?: number }
  | {
      executor: "ramping-arrival-rate";
      startRate: number;
      stages: { target: number; duration: string }[];
      preAllocatedVUs: number;
      maxVUs?: number;
    }
  | { executor: "constant-vus"; vus: number; duration: string }
  | { executor: "per-vu-iterations"; vus: number; iterations: number; maxDuration?: string }
);

export type Options = {
  scenarios: Record<string, Scenario>;
  thresholds?: Record<string, string[]>;
  summaryTrendStats?: string[];
};

/** Milliseconds of k6's `1m30s`. */
export function msOf(text: string): number {
  const factors: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  let sum = 0;
  for (const [, count, unit = "s"] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) sum += Number(count) * (factors[unit] ?? 0);
  return sum;
}
