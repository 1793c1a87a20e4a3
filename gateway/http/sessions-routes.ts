/** Sessions over HTTP: a kernel kept for several computations; next: session-channel-routes.ts. */
import type { RequestHandler } from "express";
import type { Sessions } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import { clientOf } from "#gateway/http/clients.ts";
import type { BodyReader } from "#gateway/http/computations-routes.ts";
import { examples } from "#gateway/http/examples.ts";
import type { Parameter, Route } from "#gateway/http/routes.ts";
import { checked, sessionBody, sessionView } from "#gateway/http/schemas.ts";
import { sendJson, sendNothing, sessionLinks } from "#gateway/http/views.ts";
import { sessionId } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";

export const sessionParameter: Parameter = {
  in: "path",
  name: "id",
  description: "The session's id.",
  schema: { type: "string", example: examples.session.id },
};

export function sessionIdOf(params: Record<string, unknown>): string {
  const parsed = sessionId.safeParse(params["id"]);
  if (!parsed.success) throw new Failure("notFound", { detail: "There is no such session." });
  return parsed.data;
}

export function sessionsRoutes(options: { sessions: Sessions; readBody: BodyReader }): Route[] {
  const { sessions, readBody } = options;
  const open: RequestHandler = async (request, response) => {
    checked(sessionBody, request.body);
    const { id } = await sessions.open(clientOf(response));
    response.setHeader("Location", `/v1/sessions/${id}`);
    sendJson(response, 201, { id, state: "open", links: sessionLinks(id) });
  };
  const get: RequestHandler = async (request, response) => {
    const { id, state, reason } = await sessions.state(sessionIdOf(request.params));
    sendJson(response, 200, { id, state, reason, links: sessionLinks(id) });
  };
  const interrupt: RequestHandler = async (request, response) => {
    await sessions.interrupt(sessionIdOf(request.params));
    sendNothing(response);
  };
  const close: RequestHandler = async (request, response) => {
    await sessions.close(sessionIdOf(request.params));
    sendNothing(response);
  };
  const about = { tag: "sessions", parameters: [sessionParameter] } as const;
  return [
    {
      method: "post",
      path: "/v1/sessions",
      handlers: [readBody(bounds.smallBodyBytesMax), open],
      tag: "sessions",
      summary: "Open a session",
      description:
        "Computations with its `sessionId` run one after the other in one kernel and keep their variables. The kernel is taken " +
        "when the first of them runs.",
      body: { schema: sessionBody, required: false, examples: { empty: {} } },
      answers: {
        201: { description: "Open.", schema: sessionView, example: examples.session, headers: { Location: "Its address." } },
      },
      failures: ["invalid", "tooMany", "full", "unavailable"],
      curl: "curl -sS -X POST $SERVER/v1/sessions",
    },
    {
      ...about,
      method: "get",
      path: "/v1/sessions/{id}",
      handlers: [get],
      summary: "Look at a session",
      parameters: [sessionParameter],
      answers: { 200: { description: "As it is now.", schema: sessionView, example: examples.session } },
      failures: ["notFound", "unavailable"],
      curl: "curl -sS $SERVER/v1/sessions/$SESSION",
    },
    {
      ...about,
      method: "delete",
      path: "/v1/sessions/{id}",
      handlers: [close],
      summary: "Close a session",
      description: "Its kernel goes; what runs in it is cancelled.",
      answers: { 204: { description: "Closed." } },
      failures: ["notFound", "unavailable"],
      curl: "curl -sS -X DELETE $SERVER/v1/sessions/$SESSION",
    },
    {
      ...about,
      method: "post",
      path: "/v1/sessions/{id}/interrupt",
      handlers: [interrupt],
      summary: "Interrupt what runs in a session",
      description: "As Ctrl-C: the code gets KeyboardInterrupt and the variables stay. Code that does not react is killed.",
      answers: { 204: { description: "Passed on." } },
      failures: ["notFound", "sessionClosed", "unavailable"],
      curl: "curl -sS -X POST $SERVER/v1/sessions/$SESSION/interrupt",
    },
  ];
}
