// A computation by Sandcell's own interface: posted, read to its end, every message counted; next: sessions.js.
import exec from "k6/execution";
import http from "k6/http";
import { doubled, failed, firstOutputSeconds, lost, refusalSeconds, refused, tookSeconds } from "./metrics.js";
import { pick } from "./mix.js";

/**
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {import("./mix.js").Kind} Kind
 * @typedef {{ number: number, msg_type: string, content: Record<string, any> }} Message
 * @typedef {{ kind: string, lastNumber: number, files: { link: string }[] }} Outcome
 */

let count = 0;

/** Another for each computation of this user. */
export const nextNumber = () => exec.vu.idInTest * 1_000_000 + ++count;

/** @param {Settings} settings @returns {Record<string, string>} */
export function headersOf(settings) {
  const client = exec.scenario.iterationInTest % settings.clients;
  return {
    "Content-Type": "application/json",
    "X-Forwarded-For": `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`,
    ...(settings.token ? { Authorization: `Bearer ${settings.token}` } : {}),
  };
}

/** True: not taken, and counted. @param {import("k6/http").RefinedResponse<"text">} response @param {number} since ms */
export function isRefused(response, since) {
  if (response.status === 429 || response.status === 503) {
    refused.add(1);
    refusalSeconds.add((Date.now() - since) / 1000);
    return true;
  }
  if (response.status === 200 || response.status === 201) return false;
  failed.add(1);
  return true;
}

/** How much of the run is over, 0 to 1. @param {Settings} settings */
const progress = (settings) => exec.instance.currentTestRunDuration / 1000 / settings.seconds;

/**
 * One computation: of the mix, or the given `code`, which must end well. `reader`: how its messages are read. `mustBeTaken`: being
 * refused is a failure.
 * @param {Settings} settings
 * @param {{ reader: "poll" | "events", code?: string, mustBeTaken?: boolean }} options
 */
export function compute(settings, options) {
  const kind = pick(settings.mix, Math.random());
  const code = options.code ?? kind.code(nextNumber());
  const headers = headersOf(settings);
  const since = Date.now();
  const posted = http.post(`${settings.baseUrl}/v1/computations`, JSON.stringify({ code }), {
    headers,
    responseType: "text",
    tags: { name: "post" },
  });
  if (isRefused(posted, since)) return options.mustBeTaken ? failed.add(1) : undefined;
  const id = String(posted.json("id"));
  const read = options.reader === "poll" ? byLongPoll : byEventStream;
  const outcome = read(settings, id, headers, since);
  if (!outcome) return lost.add(1);
  if (outcome.kind === "rejected") return refused.add(1);
  if (outcome.kind === "lost") return lost.add(1);
  if (outcome.kind !== (options.code === undefined ? kind.outcome : "ok")) return failed.add(1);
  if (options.code !== undefined || kind.name !== "long") tookSeconds((Date.now() - since) / 1000, progress(settings));
  const [file] = outcome.files;
  if (kind.file && file && !options.code) download(settings, file.link, headers);
}

/** @param {Settings} settings @param {string} link @param {Record<string, string>} headers */
function download(settings, link, headers) {
  const response = http.get(settings.baseUrl + link, { headers, responseType: "text", tags: { name: "file" } });
  if (response.status !== 200) failed.add(1);
}

/** Counts messages as they come: numbers from 1 without gaps, one execution. */
export class Counting {
  last = 0;
  #replies = 0;

  /** @param {Message} message */
  take(message) {
    if (message.number <= this.last) doubled.add(1);
    else if (message.number > this.last + 1) lost.add(1);
    this.last = message.number;
    if (message.msg_type === "execute_reply" && ++this.#replies > 1) doubled.add(1);
  }

  /** The outcome if all of its messages came. @param {Outcome | undefined} outcome */
  whole(outcome) {
    return outcome?.lastNumber === this.last ? outcome : undefined;
  }
}

/** @param {Settings} settings @param {string} id @param {Record<string, string>} headers @param {number} since */
function byLongPoll(settings, id, headers, since) {
  const counting = new Counting();
  for (;;) {
    const address = `${settings.baseUrl}/v1/computations/${id}/messages?since=${counting.last}&wait=30`;
    const response = http.get(address, { headers, responseType: "text", tags: { name: "messages" } });
    if (response.status !== 200) return undefined;
    const page = /** @type {{ messages: Message[], complete: boolean, outcome: Outcome }} */ (
      /** @type {unknown} */ (response.json())
    );
    if (counting.last === 0 && page.messages.length > 0) firstOutputSeconds.add((Date.now() - since) / 1000);
    for (const message of page.messages) counting.take(message);
    if (page.complete) return counting.whole(page.outcome);
  }
}

/** @param {Settings} settings @param {string} id @param {Record<string, string>} headers */
function byEventStream(settings, id, headers) {
  const counting = new Counting();
  const address = `${settings.baseUrl}/v1/computations/${id}/events`;
  const response = http.get(address, { headers, responseType: "text", timeout: "180s", tags: { name: "events" } });
  if (response.status !== 200) return undefined;
  /** @type {Outcome | undefined} */
  let outcome;
  for (const event of response.body.split("\n\n")) {
    const name = /^event: (\w+)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1] ?? "null";
    if (name === "message") counting.take(JSON.parse(data));
    if (name === "outcome" && outcome) doubled.add(1);
    if (name === "outcome") outcome = JSON.parse(data).outcome;
  }
  return counting.whole(outcome);
}
