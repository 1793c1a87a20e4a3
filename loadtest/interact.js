// Sliders: RATE people (20) who each open a session, run an interact and move its slider ten times, again and again for DURATION
// (2m). Shows how long a moved slider takes to show something new. Each session holds a kernel of its own. Next: sagecell.js.
import { promises, trendStats } from "./lib/metrics.js";
import { moveSliders } from "./lib/sessions.js";
import { settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 20, duration: "2m" });
const moves = 10;

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: { interact: { executor: "constant-vus", vus: settings.rate, duration: settings.duration, gracefulStop: "60s" } },
  thresholds: { ...promises, computation_seconds: ["p(95)<1"] },
  summaryTrendStats: trendStats,
};

export default function interact() {
  moveSliders(settings, moves);
}

export const handleSummary = summaryOf("interact");
