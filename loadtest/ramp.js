// Find the knee: from a tenth of RATE (500) up to it over DURATION (10m), evenly. The page's first plot shows at which moment, and so
// at which rate, times rise; refusals are no failure here. Next: overload.js.
import { compute } from "./lib/api.js";
import { promises, trendStats } from "./lib/metrics.js";
import { settingsOf } from "./lib/settings.js";
import { summaryOf } from "./lib/summary.js";

const settings = settingsOf({ rate: 500, duration: "10m" });

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: {
    ramp: {
      executor: "ramping-arrival-rate",
      startRate: Math.max(1, Math.round(settings.rate / 10)),
      timeUnit: "1s",
      stages: [{ target: settings.rate, duration: settings.duration }],
      preAllocatedVUs: settings.users,
      maxVUs: settings.users * 4,
    },
  },
  thresholds: promises,
  summaryTrendStats: trendStats,
};

export default function ramp() {
  compute(settings, { reader: "poll" });
}

export const handleSummary = summaryOf("ramp");
