/** One computation as a client lives it: posted, read to its end, and checked line by line; next: run.ts. */
import { setTimeout as pause } from "node:timers/promises";
import type { Connections } from "#loadtest/generator/http.ts";
import type { Kind } from "#loadtest/lib/mix.js";
import type { Outcome } from "#protocol/computation.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

export type Reader = "poll" | "events";
export type Result = {
  kind: string;
  /**
   * finished: its outcome and each message came once. refused: 429 or 503, nothing was accepted. lost: accepted, but its outcome, or a
   * message, did not come, or it ended `lost`. doubled: a message or an outcome came twice. failed: no answer to the request, or another.
   */
  end: "finished" | "refused" | "lost" | "doubled" | "failed";
  /** What went wrong, for a few of them to be shown. */
  why?: string;
  id?: string;
  /** ms after it was due, whenever it was really sent. */
  acceptedMs?: number;
  firstOutputMs?: number;
  endMs: number;
};

export type Submission = {
  connections: Connections;
  kind: Kind;
  code: string;
  client: string;
  token: string | undefined;
  reader: Reader;
  /** `performance.now()` at which it was to be sent. */
  dueAt: number;
  /** Of the kernels that only echo: the result must be this very code. */
  echoes: boolean;
};

/** No message may be missing or come twice, and the outcome must be the last word. */
class Transcript {
  last = 0;
  outcome: Outcome | undefined;
  wrong: Pick<Result, "end" | "why"> | undefined;
  firstOutputAt: number | undefined;
  #shown = "";
  #executed = 0;

  take(message: TranscriptMessage): void {
    this.firstOutputAt ??= performance.now();
    if (this.outcome) this.#is("doubled", `number ${message.number} after the outcome`);
    else if (message.number <= this.last) this.#is("doubled", `number ${message.number} after ${this.last}`);
    else if (message.number > this.last + 1) this.#is("lost", `number ${message.number} after ${this.last}`);
    this.last = message.number;
    if (message.msg_type === "execute_reply" && ++this.#executed > 1) this.#is("doubled", "it was executed twice");
    if (message.msg_type === "execute_result") this.#shown = String(Object(message.content["data"])["text/plain"]);
  }

  end(outcome: Outcome): void {
    if (this.outcome) this.#is("doubled", "a second outcome");
    this.outcome = outcome;
  }

  #is(end: Result["end"], why: string): void {
    this.wrong ??= { end, why };
  }

  verdict({ kind, code, echoes }: Submission): Pick<Result, "end" | "why"> {
    const { outcome } = this;
    if (this.wrong) return this.wrong;
    if (!outcome) return { end: "lost", why: "no outcome" };
    if (outcome.lastNumber !== this.last) return { end: "lost", why: `${this.last} of ${outcome.lastNumber} messages` };
    if (outcome.kind === "lost") return { end: "lost", why: outcome.message };
    if (outcome.kind === "rejected") return { end: "refused", why: outcome.message };
    if (outcome.kind !== kind.outcome) return { end: "failed", why: `${outcome.kind}: ${outcome.message}` };
    if (echoes && kind.outcome === "ok" && this.#shown !== code) return { end: "failed", why: "another's result" };
    return { end: "finished" };
  }
}

export async function compute(submission: Submission): Promise<Result> {
  const { connections, kind, code, client, token, dueAt } = submission;
  const headers: Record<string, string> = { "x-forwarded-for": client };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  const transcript = new Transcript();
  let id: string | undefined;
  let acceptedMs: number | undefined;
  const after = () => performance.now() - dueAt;
  const result = (end: Pick<Result, "end" | "why">): Result => ({
    kind: kind.name,
    ...end,
    ...(id === undefined ? {} : { id }),
    ...(acceptedMs === undefined ? {} : { acceptedMs }),
    ...(transcript.firstOutputAt === undefined ? {} : { firstOutputMs: transcript.firstOutputAt - dueAt }),
    endMs: after(),
  });
  try {
    const posted = await connections.ask({
      method: "POST",
      path: "/v1/computations",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    if (posted.status === 429 || posted.status === 503) return result({ end: "refused", why: `${posted.status}` });
    if (posted.status !== 201) return result({ end: "failed", why: `${posted.status} ${posted.text.slice(0, 200)}` });
    id = (JSON.parse(posted.text) as { id: string }).id;
    acceptedMs = after();
    const read = submission.reader === "poll" ? byLongPoll : byEventStream;
    for (let broken = 0; !transcript.outcome; ) {
      try {
        await read({ connections, path: `/v1/computations/${id}`, headers, transcript });
        if (!transcript.outcome) throw new Error("the stream ended without an outcome");
      } catch (error) {
        if (++broken > brokenMax) throw error;
        await pause(200 * broken);
      }
    }
    return result(transcript.verdict(submission));
  } catch (error) {
    return result({ end: id === undefined ? "failed" : "lost", why: String(error) });
  }
}

/** A reader whose connection breaks asks again, as browsers do; so many times. */
const brokenMax = 5;

type Reading = { connections: Connections; path: string; headers: Record<string, string>; transcript: Transcript };

async function byLongPoll({ connections, path, headers, transcript }: Reading): Promise<void> {
  for (;;) {
    const answer = await connections.ask({ method: "GET", path: `${path}/messages?since=${transcript.last}&wait=30`, headers });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
    const page = JSON.parse(answer.text) as { messages: TranscriptMessage[]; complete: boolean; outcome: Outcome | null };
    for (const message of page.messages) transcript.take(message);
    if (page.complete && page.outcome) return transcript.end(page.outcome);
  }
}

async function byEventStream({ connections, path, headers, transcript }: Reading): Promise<void> {
  let rest = "";
  const event = (text: string) => {
    const [, name] = /^event: (\w+)$/m.exec(text) ?? [];
    const [, data = ""] = /^data: (.*)$/m.exec(text) ?? [];
    if (name === "message") transcript.take(JSON.parse(data) as TranscriptMessage);
    else if (name === "outcome") transcript.end((JSON.parse(data) as { outcome: Outcome }).outcome);
    else if (name === "failure") throw new Error(`the stream failed: ${data}`);
  };
  const onText = (text: string) => {
    rest += text;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      event(rest.slice(0, end));
      rest = rest.slice(end + 2);
    }
  };
  const answer = await connections.ask({ method: "GET", path: `${path}/events?since=${transcript.last}`, headers, onText });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
}
