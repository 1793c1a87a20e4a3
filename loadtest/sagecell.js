// Pages and programs written for SageMathCell: RATE of them (20) for DURATION (2m), half by /service, half by a kernel over SockJS.
// Shows that the translated interfaces keep up with Sandcell's own. Next: ramp.js.
import exec from "k6/execution";
import { promises, trendStats } from "./lib/metrics.js";
import { byService, bySockJs } from "./lib/sagecell-client.js";
import { settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 20, duration: "2m" });

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: { sagecell: { executor: "constant-vus", vus: settings.rate, duration: settings.duration, gracefulStop: "60s" } },
  thresholds: { ...promises, computation_seconds: ["p(95)<2"] },
  summaryTrendStats: trendStats,
};

export default function sagecell() {
  if (exec.scenario.iterationInTest % 2 === 0) byService(settings);
  else bySockJs(settings);
}

export const handleSummary = summaryOf("sagecell");
