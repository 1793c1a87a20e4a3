/** GET /status for people and /v1/status for programs; next: service-routes.ts. */
import type { RequestHandler } from "express";
import type { ServerFacts, ServiceStatus } from "#gateway/core.ts";
import { examples } from "#gateway/http/examples.ts";
import type { Route } from "#gateway/http/routes.ts";
import { statusView } from "#gateway/http/schemas.ts";
import { pageSafety } from "#gateway/http/static.ts";
import { statusPage, statusScript, statusStyleHash } from "#gateway/http/status-page.ts";
import { sendJson } from "#gateway/http/views.ts";
import type { Health } from "#service/metrics.ts";

export type StatusParts = { status: () => ServiceStatus; health: () => Health; facts: ServerFacts };

/** However many look, it is counted once a second. */
const freshMs = 1_000;

export function statusRoutes({ status, health, facts }: StatusParts): Route[] {
  let known: { at: number; status: ServiceStatus } | undefined;
  const now = () => {
    if (!known || performance.now() - known.at > freshMs) known = { at: performance.now(), status: status() };
    return known.status;
  };
  const page: RequestHandler = (_request, response) => {
    const html = statusPage(now(), { ready: health().ready, version: facts.version });
    response.type("html").set("Cache-Control", "no-store").send(html);
  };
  const script: RequestHandler = (_request, response) =>
    void response.type("text/javascript").set("Cache-Control", "no-cache").send(statusScript);
  const about: Pick<Route, "method" | "tag" | "failures"> = { method: "get", tag: "service", failures: [] };
  return [
    {
      ...about,
      path: "/status",
      handlers: [pageSafety({ styleHash: statusStyleHash }), page],
      summary: "The service's state, for people",
      answers: {
        200: { description: "Pool, line, times and refusals of the last hour, and the day's promises.", type: "text/html" },
      },
    },
    {
      ...about,
      path: "/status.js",
      handlers: [pageSafety({}), script],
      summary: "What keeps that page up to date",
      answers: { 200: { description: "A script.", type: "text/javascript" } },
    },
    {
      ...about,
      path: "/v1/status",
      handlers: [(_request, response) => sendJson(response, 200, now())],
      summary: "The service's state",
      description:
        "Minutes of the last hour, oldest first, and sums of the last day, as gateways heard of them since `since`. Times are known to 15 %; null: nothing was counted.",
      answers: { 200: { description: "Now, the hour and the day.", schema: statusView, example: examples.status } },
      curl: "curl -sS $SERVER/v1/status",
    },
  ];
}
