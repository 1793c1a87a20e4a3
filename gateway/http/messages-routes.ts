/** A transcript by long poll and by event stream; next: event-stream.ts. */
import type { Request, RequestHandler, Response } from "express";
import type { Computations, Page } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import { computationIdOf, computationParameter } from "#gateway/http/computations-routes.ts";
import { outcomeEventId, streamEvents, type Times } from "#gateway/http/event-stream.ts";
import { examples } from "#gateway/http/examples.ts";
import type { Parameter, Route } from "#gateway/http/routes.ts";
import { checked, messagesPage, messagesQuery } from "#gateway/http/schemas.ts";
import { sendJson, sendNothing, showPage } from "#gateway/http/views.ts";
import { Failure } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";

export function messagesRoutes(options: { computations: Computations; log: Log; times?: Times | undefined }): Route[] {
  const { computations, log } = options;

  const poll: RequestHandler = async (request, response) => {
    response.setHeader("Vary", "Accept");
    if (wantsEvents(request)) return events(request, response);
    const id = computationIdOf(request.params);
    const { since, wait } = checked(messagesQuery, request.query);
    let page = await computations.read(id, since);
    if (wait > 0 && !hasNews(page)) page = await waitForNews(response, { computations, id, since, wait, page });
    if (!response.destroyed) sendJson(response, 200, showPage(id, page));
  };

  const events = async (request: Request, response: Response): Promise<void> => {
    const id = computationIdOf(request.params);
    const { since } = checked(messagesQuery, request.query);
    const last = request.headers["last-event-id"];
    if (last === outcomeEventId) return sendNothing(response);
    if (last !== undefined && last !== "" && !/^\d{1,9}$/.test(String(last)))
      throw new Failure("invalid", { detail: "Last-Event-ID: not the id of an event of this stream." });
    const from = last ? Number(last) : since;
    const first = await computations.read(id, from);
    const times = options.times ? { times: options.times } : {};
    if (request.method === "HEAD") response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" }).end();
    else await streamEvents(response, { computations, id, since: from, first }, { log, ...times });
  };

  return [
    {
      method: "get",
      path: "/v1/computations/{id}/messages",
      handlers: [poll],
      tag: "computations",
      summary: "Read messages (long poll)",
      description:
        "Say with `since` which number you have; the answer has what follows, at once if there is any. Ask again with the last " +
        "number until `complete`. Numbers count from 1 without gaps. With `Accept: text/event-stream` this is the event stream.",
      parameters: [computationParameter, sinceParameter, waitParameter],
      answers: { 200: { description: "Messages above `since`.", schema: messagesPage, example: examples.page } },
      failures: ["invalid", "notFound", "unavailable"],
      curl: 'curl -sS "$SERVER/v1/computations/$ID/messages?since=0&wait=30"',
    },
    {
      method: "get",
      path: "/v1/computations/{id}/events",
      handlers: [events],
      tag: "computations",
      summary: "Follow messages (event stream)",
      description:
        "Events: `message` (its id is the message's number), `state`, `failure` (a problem; connect again), and at the end " +
        `\`outcome\`, whose id is \`${outcomeEventId}\`. A browser's EventSource resumes by itself; with the last id it gets 204 and stops.`,
      parameters: [
        computationParameter,
        sinceParameter,
        {
          in: "header",
          name: "Last-Event-ID",
          description: "The last event that came; counts instead of `since`.",
          schema: { type: "string" },
          required: false,
        },
      ],
      answers: {
        200: { description: "The stream.", type: "text/event-stream", example: examples.events },
        204: { description: "You have everything." },
      },
      failures: ["invalid", "notFound", "unavailable"],
      curl: "curl -sSN $SERVER/v1/computations/$ID/events",
    },
  ];
}

export const waitParameter: Parameter = {
  in: "query",
  name: "wait",
  description: "Seconds to wait for something new.",
  schema: { type: "number", minimum: 0, maximum: bounds.longPollSecondsMax, default: 0 },
  required: false,
};
export const sinceParameter: Parameter = {
  in: "query",
  name: "since",
  description: "The number of the last message that you have.",
  schema: { type: "integer", minimum: 0, default: 0 },
  required: false,
};

const wantsEvents = (request: Request): boolean =>
  (request.headers.accept?.includes("text/event-stream") ?? false) &&
  request.accepts("application/json", "text/event-stream") === "text/event-stream";

const hasNews = (page: Page): boolean => page.messages.length > 0 || page.complete;

async function waitForNews(
  response: Response,
  asked: { computations: Computations; id: string; since: number; wait: number; page: Page },
): Promise<Page> {
  const { computations, id, since } = asked;
  const gone = new AbortController();
  const onClose = () => gone.abort();
  response.once("close", onClose);
  const giveUp = Date.now() + asked.wait * 1000;
  let { page } = asked;
  for (let left = giveUp - Date.now(); left > 0 && !hasNews(page) && !gone.signal.aborted; left = giveUp - Date.now()) {
    await computations.changed(id, since, { waitMs: left, signal: gone.signal, state: page.state });
    if (!gone.signal.aborted) page = await computations.read(id, since);
  }
  response.off("close", onClose);
  return page;
}
