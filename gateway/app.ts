/** The interface as an Express app without a port; next: http/routes.ts (what a route is), http/frame-app.ts (the second origin). */
import express, { type Express } from "express";
import type { Registry } from "prom-client";
import type { Computations, FilesReader, ServerFacts, Sessions } from "#gateway/core.ts";
import { type ClientOptions, identifyClients } from "#gateway/http/clients.ts";
import { computationsRoutes } from "#gateway/http/computations-routes.ts";
import { docsStyle } from "#gateway/http/docs-page.ts";
import type { Times } from "#gateway/http/event-stream.ts";
import { filesRoutes } from "#gateway/http/files-routes.ts";
import { jsonBodies } from "#gateway/http/json-body.ts";
import { messagesRoutes } from "#gateway/http/messages-routes.ts";
import { problemHandler } from "#gateway/http/problems.ts";
import { requestLog } from "#gateway/http/request-log.ts";
import { crossOrigin, mountRoutes, type Route } from "#gateway/http/routes.ts";
import { documentRoutes, healthRoutes, settingsRoute } from "#gateway/http/service-routes.ts";
import { sessionsRoutes } from "#gateway/http/sessions-routes.ts";
import { staticFiles } from "#gateway/http/static.ts";
import { Failure } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";
import type { Health } from "#service/metrics.ts";

export type AppParts = {
  computations: Computations;
  sessions: Sessions;
  files: FilesReader;
  facts: ServerFacts;
  timeoutSecondsMax: number;
  clients: ClientOptions;
  /** Express' `trust proxy`: whose X-Forwarded-For is believed. */
  trustProxy: string;
  /** The built cell. */
  pageDirectory: string;
  health: () => Health;
  registry: Registry;
  log: Log;
  times?: Times | undefined;
};

export function gatewayApp(parts: AppParts): Express {
  const { facts, log } = parts;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // answers differ each time; files bring their own
  app.set("trust proxy", parts.trustProxy);
  app.set("query parser", "simple");
  app.use(requestLog({ log, registry: parts.registry }));
  mountRoutes(app, healthRoutes(parts.health));
  app.use(["/v1", "/files"], crossOrigin);
  const documented = interfaceRoutes(parts);
  const documents = documentRoutes([...documented, ...healthRoutes(parts.health)], {
    version: facts.version,
    tokenNeeded: parts.clients.token !== undefined,
  });
  mountRoutes(app, documents);
  app.get("/v1/docs.css", (_request, response) => void response.type("css").send(docsStyle));
  app.use(["/v1", "/files"], identifyClients(parts.clients));
  mountRoutes(app, documented);
  app.use(["/v1", "/files"], () => {
    throw new Failure("notFound");
  });
  app.use(...staticFiles({ directory: parts.pageDirectory, frameOrigin: facts.frameOrigin }));
  app.use(() => {
    throw new Failure("notFound");
  });
  app.use(problemHandler(log));
  return app;
}

function interfaceRoutes(parts: AppParts): Route[] {
  const { computations, sessions, files, facts, timeoutSecondsMax, log, times } = parts;
  const readBody = jsonBodies();
  const limits = { codeBytesMax: facts.codeBytesMax, timeoutSecondsMax };
  return [
    ...computationsRoutes({ computations, limits, readBody }),
    ...messagesRoutes({ computations, log, times }),
    ...sessionsRoutes({ sessions, readBody }),
    ...filesRoutes(files),
    settingsRoute(facts, timeoutSecondsMax),
  ];
}
