// A class presses Run: RATE people (200), one computation each, all within a second. Shows how long the last of them waits; nobody
// may be refused, so the server's queue must hold a class (SANDCELL_QUEUE_MAX). Next: interact.js.
import { sleep } from "k6";
import { compute } from "./lib/api.js";
import { promises, trendStats } from "./lib/metrics.js";
import { settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 200, duration: "2m" });

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: {
    burst: { executor: "per-vu-iterations", vus: settings.rate, iterations: 1, maxDuration: settings.duration },
  },
  thresholds: { ...promises, computation_seconds: ["p(50)<5", "max<30"], refused: ["count==0"] },
  summaryTrendStats: trendStats,
};

export default function burst() {
  sleep(Math.random());
  compute(settings, { reader: "poll" });
}

export const handleSummary = summaryOf("burst");
