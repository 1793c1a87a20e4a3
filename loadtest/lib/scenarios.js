// The open model that steady.js and soak.js share.

/**
 * Arrivals at a constant rate, whether or not the server keeps up.
 * @param {{ rate: number, duration: string, users: number }} settings `rate` a second; `users`: virtual users made beforehand, four times as many at most
 * @returns {import("k6/options").Scenario}
 */
export const constantRate = ({ rate, duration, users }) => ({
  executor: "constant-arrival-rate",
  rate,
  timeUnit: "1s",
  duration,
  preAllocatedVUs: users,
  maxVUs: users * 4,
});
