// The metrics of our own, and the thresholds that scripts share; next: api.js.
import { Counter, Trend } from "k6/metrics";

/** Seconds from a request to the outcome of its computation; those that sleep by themselves are not in it. */
export const computationSeconds = new Trend("computation_seconds");
/** Seconds from a request to the first message. Only the long poll can tell: k6 gives an event stream when it is whole. */
export const firstOutputSeconds = new Trend("first_output_seconds");
/** Seconds until a refusal was said. */
export const refusalSeconds = new Trend("refusal_seconds");
/** 429 and 503: nothing was accepted. */
export const refused = new Counter("refused");
/** Accepted, but its outcome or one of its messages did not come, or it ended `lost`. */
export const lost = new Counter("lost");
/** A message, an outcome or an execution came twice. */
export const doubled = new Counter("doubled");
/** Answers that should not be: 5xx but 503, wrong outcomes, connections that broke. */
export const failed = new Counter("failed");

/** The run in slices of time, so that the summary can draw how it went. */
export const sliceCount = 20;
const slices = Array.from({ length: sliceCount }, (_, slice) => new Trend(`computation_seconds_slice_${slice + 1}`));

/** @param {number} seconds @param {number} progress 0 to 1 */
export function tookSeconds(seconds, progress) {
  computationSeconds.add(seconds);
  slices[Math.max(0, Math.min(sliceCount - 1, Math.floor(progress * sliceCount)))]?.add(seconds);
}

/** Nothing lost and nothing doubled holds whatever the load. */
export const promises = { lost: ["count==0"], doubled: ["count==0"], failed: ["count==0"] };

export const trendStats = /** @type {("count" | "avg" | "min" | "med" | "max" | `p(${number})`)[]} */ ([
  "count",
  "avg",
  "min",
  "med",
  "p(75)",
  "p(90)",
  "p(95)",
  "p(99)",
  "p(99.9)",
  "max",
]);
