/** What the service says of itself: settings, its documentation, its health; next: openapi.ts. */
import type { RequestHandler } from "express";
import type { ServerFacts } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import { docsPage, docsStyleHash } from "#gateway/http/docs-page.ts";
import { examples } from "#gateway/http/examples.ts";
import { openapiDocument } from "#gateway/http/openapi.ts";
import type { Route } from "#gateway/http/routes.ts";
import { settingsView } from "#gateway/http/schemas.ts";
import { pageSafety } from "#gateway/http/static.ts";
import { sendJson } from "#gateway/http/views.ts";
import type { Health } from "#service/metrics.ts";

export function settingsRoute(facts: ServerFacts, timeoutSecondsMax: number): Route {
  const { inputFilesMax, inputBytesMax, longPollSecondsMax } = bounds;
  const settings = { ...facts, timeoutSecondsMax, inputFilesMax, inputBytesMax, longPollSecondsMax };
  return {
    method: "get",
    path: "/v1/settings",
    handlers: [(_request, response) => sendJson(response, 200, settings)],
    tag: "service",
    summary: "Limits and version",
    answers: { 200: { description: "What a client may want to know.", schema: settingsView, example: examples.settings } },
    failures: [],
    curl: "curl -sS $SERVER/v1/settings",
  };
}

/** Health is asked by who runs the service: no token, no limit, no line of log worth keeping. */
export function healthRoutes(health: () => Health): Route[] {
  const about: Pick<Route, "method" | "tag" | "failures"> = { method: "get", tag: "service", failures: [] };
  const alive: RequestHandler = (_request, response) => void response.type("text").send("alive\n");
  const ready: RequestHandler = (_request, response) => {
    const { ready, reasons } = health();
    response.status(ready ? 200 : 503).type("text");
    response.send(ready ? "ready\n" : `${reasons.join("\n")}\n`);
  };
  const words = (description: string, example: string) => ({ description, type: "text/plain", example });
  return [
    {
      ...about,
      path: "/healthz",
      handlers: [alive],
      summary: "Does the process answer?",
      answers: { 200: words("Yes.", "alive\n") },
    },
    {
      ...about,
      path: "/readyz",
      handlers: [ready],
      summary: "Can it take computations?",
      answers: { 200: words("Yes.", "ready\n"), 503: words("No, and why.", "nats is away\n") },
    },
  ];
}

/** The document and its page describe `routes` and themselves. The document is made when first asked for: no start needs it. */
export function documentRoutes(routes: readonly Route[], options: { version: string; tokenNeeded: boolean }): Route[] {
  let document: string | undefined;
  const json: RequestHandler = (_request, response) => {
    document ??= JSON.stringify(openapiDocument([...routes, ...own], options));
    response.type("json").set("Cache-Control", "no-cache").send(document);
  };
  const page: RequestHandler = (request, response) => {
    const server = `${request.protocol}://${request.host}`;
    const html = docsPage([...routes, ...own], { version: options.version, server });
    response.type("html").set("Cache-Control", "no-cache").send(html);
  };
  const own: Route[] = [
    {
      method: "get",
      path: "/v1/openapi.json",
      handlers: [json],
      tag: "service",
      summary: "This interface as OpenAPI 3.1",
      answers: { 200: { description: "The document.", type: "application/json" } },
      failures: [],
      curl: "curl -sS $SERVER/v1/openapi.json",
    },
    {
      method: "get",
      path: "/v1/docs",
      handlers: [pageSafety({ styleHash: docsStyleHash }), page],
      tag: "service",
      summary: "This page",
      answers: { 200: { description: "The document, for people.", type: "text/html" } },
      failures: [],
    },
  ];
  return own;
}
