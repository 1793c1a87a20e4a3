// An hour: RATE (100) for DURATION (1h) of the realistic MIX. Shows whether times, and on the server's side memory, stay level. Next: README.md.
import { compute } from "./lib/api.js";
import { promises, trendStats } from "./lib/metrics.js";
import { constantRate } from "./lib/scenarios.js";
import { settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 100, duration: "1h" });

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: { soak: constantRate(settings) },
  thresholds: {
    ...promises,
    computation_seconds: ["p(95)<1", "p(99.9)<5"],
    refused: ["count==0"],
    dropped_iterations: ["count==0"],
  },
  summaryTrendStats: trendStats,
};

export default function soak() {
  compute(settings, { reader: "poll" });
}

export const handleSummary = summaryOf("soak");
