// Steady load: RATE computations a second (500) for DURATION (10m) of the realistic MIX, whether or not the server keeps up (an open
// model). Shows the time from POST to outcome, half read by long poll and half by event stream. Next: burst.js.
import exec from "k6/execution";
import { compute } from "./lib/api.js";
import { promises, trendStats } from "./lib/metrics.js";
import { constantRate } from "./lib/scenarios.js";
import { settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 500, duration: "10m" });

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: { steady: constantRate(settings) },
  thresholds: {
    ...promises,
    computation_seconds: ["p(95)<1", "p(99)<2.5"],
    first_output_seconds: ["p(95)<1"],
    refused: ["count==0"],
    dropped_iterations: ["count==0"],
  },
  summaryTrendStats: trendStats,
};

export default function steady() {
  compute(settings, { reader: exec.scenario.iterationInTest % 2 === 0 ? "poll" : "events" });
}

export const handleSummary = summaryOf("steady");
