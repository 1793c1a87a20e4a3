/** What a session is asked and says beside its computations; next: files-routes.ts. */
import type { RequestHandler, Response } from "express";
import type { Sessions } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import type { BodyReader } from "#gateway/http/computations-routes.ts";
import { examples } from "#gateway/http/examples.ts";
import { sinceParameter, waitParameter } from "#gateway/http/messages-routes.ts";
import type { Route } from "#gateway/http/routes.ts";
import { checked, messagesQuery, sessionPage, sessionReply, sessionRequestBody } from "#gateway/http/schemas.ts";
import { sessionIdOf, sessionParameter } from "#gateway/http/sessions-routes.ts";
import { sendJson } from "#gateway/http/views.ts";

export function sessionChannelRoutes({ sessions, readBody }: { sessions: Sessions; readBody: BodyReader }): Route[] {
  const ask: RequestHandler = async (request, response) => {
    const id = sessionIdOf(request.params);
    sendJson(response, 200, await sessions.request(id, checked(sessionRequestBody, request.body)));
  };
  const poll: RequestHandler = async (request, response) => {
    const id = sessionIdOf(request.params);
    const { since, wait } = checked(messagesQuery, request.query);
    const page = await readOrWait(response, { sessions, id, since, wait });
    if (!response.destroyed) sendJson(response, 200, page);
  };
  return [
    {
      method: "post",
      path: "/v1/sessions/{id}/requests",
      handlers: [readBody(bounds.smallBodyBytesMax), ask],
      tag: "sessions",
      summary: "Ask a session's kernel",
      description:
        "What is no computation: completion, help, is this complete, history, and comms (moved sliders). The reply's `content` may have status " +
        "`error`. What the kernel says because of it (a slider's new picture) is read under `messages`.",
      parameters: [sessionParameter],
      body: { schema: sessionRequestBody, required: true, examples: { completion: examples.sessionRequest } },
      answers: { 200: { description: "The kernel's reply.", schema: sessionReply, example: examples.sessionReply } },
      failures: ["invalid", "notFound", "notStarted", "sessionClosed", "tooLarge", "unavailable"],
      curl: `curl -sS $SERVER/v1/sessions/$SESSION/requests -H 'Content-Type: application/json' -d '${JSON.stringify(examples.sessionRequest)}'`,
    },
    {
      method: "get",
      path: "/v1/sessions/{id}/messages",
      handlers: [poll],
      tag: "sessions",
      summary: "Read what a session says by itself (long poll)",
      description:
        "Messages outside its computations: comms and the output of moved sliders, numbered from 1 without gaps. Ask again with the " +
        "last number until `state` is `closed`.",
      parameters: [sessionParameter, sinceParameter, waitParameter],
      answers: { 200: { description: "Messages above `since`.", schema: sessionPage, example: examples.sessionPage } },
      failures: ["invalid", "notFound", "unavailable"],
      curl: 'curl -sS "$SERVER/v1/sessions/$SESSION/messages?since=0&wait=30"',
    },
  ];
}

async function readOrWait(response: Response, asked: { sessions: Sessions; id: string; since: number; wait: number }) {
  const { sessions, id, since, wait } = asked;
  const gone = new AbortController();
  const onClose = () => gone.abort();
  response.once("close", onClose);
  const giveUp = Date.now() + wait * 1000;
  let page = await sessions.read(id, since);
  for (let left = giveUp - Date.now(); left > 0 && !gone.signal.aborted; left = giveUp - Date.now()) {
    if (page.messages.length > 0 || page.state === "closed") break;
    await sessions.changed(id, since, { waitMs: left, signal: gone.signal });
    if (!gone.signal.aborted) page = await sessions.read(id, since);
  }
  response.off("close", onClose);
  return page;
}
