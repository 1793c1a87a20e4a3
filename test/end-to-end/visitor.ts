/** A client that goes on asking while servers die around it, and checks what it reads; next: live-system.ts. */
import { setTimeout as pause } from "node:timers/promises";
import type { z } from "zod";
import type { computationView, messagesPage } from "#gateway/http/schemas.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

type Page = z.infer<typeof messagesPage>;
type View = z.infer<typeof computationView>;
export type Asked = { code: string; language?: "sage" | "python"; timeoutSeconds?: number; [field: string]: unknown };
export type Finished = {
  id: string;
  messages: TranscriptMessage[];
  outcome: NonNullable<Page["outcome"]>;
  /** From the submission to the moment at which the outcome was read. */
  tookMs: number;
};

const pauseMs = 100;
/** One request; whoever is asked may have been killed in the middle of the answer. */
const requestMsMax = 35_000;
export class Visitor {
  /** Of the gateways it may ask, the first that answers. */
  readonly #urls: () => string[];
  readonly #patienceMs: number;

  constructor(urls: () => string[], patienceMs = 60_000) {
    this.#urls = urls;
    this.#patienceMs = patienceMs;
  }

  /** Once, at the first gateway. */
  ask(path: string, options: { method?: string; json?: unknown; headers?: Record<string, string> } = {}): Promise<Response> {
    const { method, json, headers } = options;
    return fetch((this.#urls()[0] ?? "") + path, {
      method: method ?? (json === undefined ? "GET" : "POST"),
      headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(requestMsMax),
    });
  }

  /** Until one of the gateways answers with success, or `patience` is over. Refusals for want of room are asked again. */
  async #until(path: string, init: () => RequestInit): Promise<unknown> {
    let last = "nobody was asked";
    for (const giveUp = Date.now() + this.#patienceMs; Date.now() < giveUp; await pause(pauseMs))
      for (const url of this.#urls()) {
        try {
          const response = await fetch(url + path, { ...init(), signal: AbortSignal.timeout(requestMsMax) });
          if (response.ok) return await response.json();
          last = `${response.status} ${(await response.text()).slice(0, 300)}`;
          if (response.status < 500 && response.status !== 429) throw new Refused(last);
        } catch (error) {
          if (error instanceof Refused) throw error;
          last = String(error);
        }
      }
    throw new Error(`nobody answered ${path} in ${this.#patienceMs} ms; at last: ${last}`);
  }

  /** With an idempotency key, so that asking again after a broken answer does not run it twice. */
  async submit(asked: Asked): Promise<string> {
    const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    const view = (await this.#until("/v1/computations", () => ({
      method: "POST",
      headers,
      body: JSON.stringify(asked),
    }))) as View;
    return view.id;
  }

  page(id: string, since: number, waitSeconds = 5): Promise<Page> {
    return this.#until(`/v1/computations/${id}/messages?since=${since}&wait=${waitSeconds}`, () => ({})) as Promise<Page>;
  }

  /** Reads to the end; throws when a number is missing or comes twice. `heard` sees each message as it comes. */
  async finish(id: string, heard: (message: TranscriptMessage) => void = () => {}): Promise<Finished> {
    const begun = Date.now();
    const messages: TranscriptMessage[] = [];
    for (const giveUp = begun + 2 * this.#patienceMs; Date.now() < giveUp; ) {
      const page = await this.page(id, messages.length);
      for (const message of page.messages) {
        if (message.number !== messages.length + 1) throw new Error(`${id}: number ${message.number} after ${messages.length}`);
        messages.push(message);
        heard(message);
      }
      if (page.complete && page.outcome) {
        if (page.outcome.lastNumber !== messages.length)
          throw new Error(`${id}: ${messages.length} messages, but its outcome names ${page.outcome.lastNumber}`);
        return { id, messages, outcome: page.outcome, tookMs: Date.now() - begun };
      }
    }
    throw new Error(`${id} did not come to its end`);
  }

  async run(asked: Asked): Promise<Finished> {
    return this.finish(await this.submit(asked));
  }
}

class Refused extends Error {}

export const text = ({ messages }: Pick<Finished, "messages">, name = "stdout"): string =>
  messages
    .filter(({ msg_type, content }) => msg_type === "stream" && content["name"] === name)
    .map(({ content }) => content["text"])
    .join("");
