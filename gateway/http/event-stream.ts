/** A transcript as text/event-stream, at the reader's pace; next: sessions-routes.ts. */
import type { Response } from "express";
import type { Computations, Page } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import { failureOf, problemBody } from "#gateway/http/problems.ts";
import { requestIdOf } from "#gateway/http/request-log.ts";
import { showOutcome } from "#gateway/http/views.ts";
import { failures } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Log } from "#service/log.ts";

/** The id of the last event: a reader that reconnects with it has everything. */
export const outcomeEventId = "outcome";

export type Times = { heartbeatMs: number; positionMs: number; stuckReaderMs: number };

/**
 * Writes what follows `since` until the outcome, the reader's end, or a failure (event `failure`, after which a reader may
 * connect again with what it has). Reads the next page only when the last was taken, so a reader that takes nothing costs one
 * page, and after `stuckReaderMs` its connection.
 */
export async function streamEvents(
  response: Response,
  source: { computations: Computations; id: string; since: number; first: Page },
  options: { log: Log; times?: Times },
): Promise<void> {
  const times = options.times ?? bounds;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    // nginx and those like it would hold the events back.
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
  });
  response.write("retry: 1000\n\n");
  try {
    const ended = await follow(response, source, { times, signal: gone.signal });
    if (ended) response.end();
  } catch (error) {
    const failure = failureOf(error);
    if (failures[failure.code].status >= 500)
      options.log.error({ request: requestIdOf(response), err: failure.cause ?? failure }, "event stream failed");
    response.end(`event: failure\ndata: ${JSON.stringify(problemBody(failure, requestIdOf(response)))}\n\n`);
  }
}

async function follow(
  response: Response,
  source: { computations: Computations; id: string; since: number; first: Page },
  options: { times: Times; signal: AbortSignal },
): Promise<boolean> {
  const { computations, id } = source;
  const { times, signal } = options;
  let { since } = source;
  let page = source.first;
  let shownState = "";
  let lastWriteAt = Date.now();
  while (!signal.aborted) {
    const state = JSON.stringify({ state: page.state, position: page.position });
    let text = "";
    if (state !== shownState && !page.complete) text += `event: state\ndata: ${state}\n\n`;
    shownState = state;
    for (const message of page.messages) {
      text += `id: ${message.number}\nevent: message\ndata: ${textOf(message)}\n\n`;
      since = message.number;
    }
    if (page.complete && page.outcome) {
      const outcome = { state: page.state, outcome: showOutcome(id, page.outcome), complete: true };
      response.write(`${text}id: ${outcomeEventId}\nevent: outcome\ndata: ${JSON.stringify(outcome)}\n\n`);
      return true;
    }
    if (text === "" && Date.now() - lastWriteAt >= times.heartbeatMs) text = ": still here\n\n";
    if (text !== "") {
      lastWriteAt = Date.now();
      if (!response.write(text) && !(await drained(response, times.stuckReaderMs, signal))) {
        response.destroy();
        return false;
      }
    }
    if (page.messages.length === 0) {
      const untilHeartbeat = Math.max(1, lastWriteAt + times.heartbeatMs - Date.now());
      const waitMs = page.state === "queued" ? Math.min(times.positionMs, untilHeartbeat) : untilHeartbeat;
      await computations.changed(id, since, { waitMs, signal, state: page.state });
      if (signal.aborted) return false;
    }
    page = await computations.read(id, since);
  }
  return false;
}

/** A thousand readers of one computation read the same messages. */
const texts = new WeakMap<TranscriptMessage, string>();
function textOf(message: TranscriptMessage): string {
  const text = texts.get(message) ?? JSON.stringify(message);
  texts.set(message, text);
  return text;
}

/** True when the reader took what was written; false when it is gone or did not take it in time. */
function drained(response: Response, limitMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (taken: boolean) => () => {
      clearTimeout(timer);
      response.off("drain", onDrain);
      signal.removeEventListener("abort", onAbort);
      resolve(taken);
    };
    const onDrain = end(true);
    const onAbort = end(false);
    const timer = setTimeout(end(false), limitMs);
    response.once("drain", onDrain);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
