// Ten times too much: RATE (5000; give ten times what ramp.js found) for DURATION (1m), then a quiet look whether all is well again.
// Refusals are expected and must be quick; nothing that was accepted may be lost. Next: soak.js.
import { sleep } from "k6";
import { compute } from "./lib/api.js";
import { promises, trendStats } from "./lib/metrics.js";
import { secondsOf, settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 5000, duration: "1m" });
/** By then it must answer as if nothing had been. */
const recoverySeconds = 5;

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: {
    overload: {
      executor: "constant-arrival-rate",
      rate: settings.rate,
      timeUnit: "1s",
      duration: settings.duration,
      preAllocatedVUs: settings.users,
      maxVUs: settings.users * 2,
    },
    after: {
      executor: "per-vu-iterations",
      exec: "after",
      vus: 1,
      iterations: 1,
      startTime: `${secondsOf(settings.duration) + recoverySeconds}s`,
      maxDuration: "1m",
    },
  },
  thresholds: { ...promises, refusal_seconds: ["p(99)<0.05"] },
  summaryTrendStats: trendStats,
};

export default function overload() {
  compute(settings, { reader: "poll" });
}

/** Ten computations, one after the other: a refusal counts as a failure here. */
export function after() {
  for (let n = 1; n <= 10; n++) {
    compute(settings, { reader: "poll", code: `${n} + ${n}`, mustBeTaken: true });
    sleep(0.1);
  }
}

export const handleSummary = summaryOf("overload");
