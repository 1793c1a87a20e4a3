/** A small client of the interface for the protocol suite: asks, checks answers by their schemas, cleans up; next: computations.checks.ts. */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { computationView, messagesPage, problem, sessionView, type shownOutcome } from "#gateway/http/schemas.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import { readSettings } from "#service/settings.ts";

const settings = readSettings(z.object({ testUrl: z.url(), testToken: z.string().optional() }));
export const url = settings.testUrl.replace(/\/+$/, "");
const token: Record<string, string> = settings.testToken ? { authorization: `Bearer ${settings.testToken}` } : {};

const computations = new Set<string>();
const sessions = new Set<string>();

type Ask = { method?: string; headers?: Record<string, string>; json?: unknown; body?: string; signal?: AbortSignal };

export function ask(path: string, more: Ask = {}): Promise<Response> {
  const { method, headers, json, signal } = more;
  const body = json === undefined ? more.body : JSON.stringify(json);
  return fetch(url + path, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...token, ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
  });
}

export type Body = { code: string; [field: string]: unknown };

/** Submits; what is refused for want of room (429, 503) is tried again as the server says, for 20 s at most. */
export async function post(body: Body, headers: Record<string, string> = {}): Promise<Response> {
  for (const giveUp = Date.now() + 20_000; ; ) {
    const response = await ask("/v1/computations", { json: body, headers });
    if (response.status === 201 || response.status === 200) {
      computations.add(((await response.clone().json()) as { id: string }).id);
      return response;
    }
    if ((response.status !== 429 && response.status !== 503) || Date.now() > giveUp) return response;
    await pause(Number(response.headers.get("retry-after") ?? 1) * 1000);
  }
}

export async function submit(body: Body, headers: Record<string, string> = {}): Promise<string> {
  const response = await post(body, headers);
  if (!response.ok) throw new Error(`refused: ${await response.text()}`);
  return computationView.parse(await response.json()).id;
}

export async function read(id: string, query = ""): Promise<z.infer<typeof messagesPage>> {
  const response = await ask(`/v1/computations/${id}/messages${query}`);
  if (!response.ok) throw new Error(`refused: ${await response.text()}`);
  return messagesPage.parse(await response.json());
}

export type Finished = { id: string; messages: TranscriptMessage[]; outcome: z.infer<typeof shownOutcome> };

/** Reads by long poll until complete; the numbers must come without gap or repeat. */
export async function finish(id: string, since = 0): Promise<Finished> {
  const messages: TranscriptMessage[] = [];
  for (let last = since; ; ) {
    const page = await read(id, `?since=${last}&wait=30`);
    for (const message of page.messages) {
      if (message.number !== last + 1) throw new Error(`number ${message.number} after ${last}`);
      last = message.number;
      messages.push(message);
    }
    if (page.complete && page.outcome) {
      computations.delete(id);
      return { id, messages, outcome: page.outcome };
    }
  }
}

export const run = async (body: Body): Promise<Finished> => finish(await submit(body));

/** Reads until `found` says so of a message, and gives the number of that one. */
export async function readUntil(id: string, found: (message: TranscriptMessage) => boolean): Promise<number> {
  for (let last = 0; ; ) {
    const page = await read(id, `?since=${last}&wait=10`);
    const hit = page.messages.find(found);
    if (hit) return hit.number;
    if (page.complete) throw new Error(`ended (${page.outcome?.kind}) before: ${JSON.stringify(page.messages).slice(0, 500)}`);
    last = page.messages.at(-1)?.number ?? last;
  }
}

export const text = (messages: readonly TranscriptMessage[], name = "stdout"): string =>
  messages
    .filter((message) => message.msg_type === "stream" && message.content["name"] === name)
    .map((message) => message.content["text"])
    .join("");

export const data = (message: TranscriptMessage | undefined): Record<string, string> =>
  (message?.content["data"] ?? {}) as Record<string, string>;
export const ofType = (messages: readonly TranscriptMessage[], type: TranscriptMessage["msg_type"]) =>
  messages.find((message) => message.msg_type === type);

export async function openSession(): Promise<z.infer<typeof sessionView>> {
  const response = await ask("/v1/sessions", { method: "POST" });
  if (response.status !== 201) throw new Error(`refused: ${await response.text()}`);
  const session = sessionView.parse(await response.json());
  sessions.add(session.id);
  return session;
}

export async function problemOf(response: Response): Promise<z.infer<typeof problem>> {
  if (response.headers.get("content-type")?.startsWith("application/problem+json") !== true)
    throw new Error(`no problem: ${response.status} ${(await response.text()).slice(0, 300)}`);
  const body = problem.parse(await response.json());
  if (body.status !== response.status) throw new Error(`status ${response.status} but ${body.status} in the body`);
  return body;
}

/** Cancels and closes what this file's tests left open. */
export async function cleanUp(): Promise<void> {
  await Promise.all([
    ...[...computations].map((id) => ask(`/v1/computations/${id}`, { method: "DELETE" })),
    ...[...sessions].map((id) => ask(`/v1/sessions/${id}`, { method: "DELETE" })),
  ]);
}

export type Event = { type: string; id: string | undefined; data: unknown };

/** Yields events as they come; leaving the loop closes the connection. */
export async function* events(path: string, headers: Record<string, string> = {}): AsyncGenerator<Event> {
  const leave = new AbortController();
  const response = await ask(path, { headers, signal: leave.signal });
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true)
    throw new Error(`no event stream: ${response.status}`);
  try {
    let rest = "";
    for await (const piece of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream() as never)) {
      const blocks = (rest + String(piece)).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s).slice(0, 2))) as Record<
          string,
          string
        >;
        if (fields["data"] !== undefined)
          yield { type: fields["event"] ?? "message", id: fields["id"], data: JSON.parse(fields["data"]) };
      }
    }
  } finally {
    leave.abort();
  }
}
