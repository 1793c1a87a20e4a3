/** The gateway's HTTP side: an Express app without a port; next: http/routes.ts (what a route is). */
import express, { type Express } from "express";
import type { Registry } from "prom-client";
import type { Permalinks } from "#database/permalinks.ts";
import { jupyterApi } from "#gateway/compat/jupyter.ts";
import { sagecell } from "#gateway/compat/sagecell.ts";
import type { Computations, FilesReader, ServerFacts, ServiceStatus, Sessions } from "#gateway/core.ts";
import { type ClientOptions, identifyClients } from "#gateway/http/clients.ts";
import { computationsRoutes } from "#gateway/http/computations-routes.ts";
import type { Times } from "#gateway/http/event-stream.ts";
import { filesRoutes } from "#gateway/http/files-routes.ts";
import { inTurns } from "#gateway/http/in-turns.ts";
import { jsonBodies } from "#gateway/http/json-body.ts";
import { linksRoutes } from "#gateway/http/links-routes.ts";
import { messagesRoutes } from "#gateway/http/messages-routes.ts";
import { oembedRoute } from "#gateway/http/oembed-route.ts";
import { problemHandler } from "#gateway/http/problems.ts";
import { requestLog } from "#gateway/http/request-log.ts";
import { crossOrigin, mountRoutes } from "#gateway/http/routes.ts";
import { documentRoutes, healthRoutes, settingsRoute } from "#gateway/http/service-routes.ts";
import { sessionChannelRoutes } from "#gateway/http/session-channel-routes.ts";
import { sessionsRoutes } from "#gateway/http/sessions-routes.ts";
import { staticFiles } from "#gateway/http/static.ts";
import { statusRoutes } from "#gateway/http/status-routes.ts";
import { turnAway } from "#gateway/http/turn-away.ts";
import { Failure } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";
import type { Health } from "#service/metrics.ts";

export type GatewayAppParts = {
  computations: Computations;
  sessions: Sessions;
  files: FilesReader;
  permalinks: Permalinks;
  facts: ServerFacts;
  timeoutSecondsMax: number;
  clients: ClientOptions;
  health: () => Health;
  /** Why no computation of anybody could be taken now. */
  full: () => Failure | undefined;
  status: () => ServiceStatus;
  log: Log;
  registry: Registry;
  /** Express' `trust proxy`: whose X-Forwarded-For is believed; false: nobody's. */
  trustProxy: string | false;
  /** The built cell. */
  pageDirectory: string;
  /** Of event streams; only tests set them. */
  times?: Times;
};

/** Every route that has a description: all but the page's files. */
export function appRoutes(parts: GatewayAppParts) {
  const { computations, facts, log, timeoutSecondsMax } = parts;
  const limits = { codeBytesMax: facts.codeBytesMax, timeoutSecondsMax };
  const readBody = jsonBodies();
  const open = healthRoutes(parts.health);
  const guarded = [
    ...computationsRoutes({ computations, limits, readBody }),
    ...messagesRoutes({ computations, log, times: parts.times }),
    ...sessionsRoutes({ sessions: parts.sessions, readBody }),
    ...sessionChannelRoutes({ sessions: parts.sessions, readBody }),
    ...filesRoutes(parts.files),
    oembedRoute(),
    ...linksRoutes({ permalinks: parts.permalinks, limits, readBody }),
    settingsRoute(facts, timeoutSecondsMax),
    ...statusRoutes(parts),
  ];
  const about = { version: facts.version, tokenNeeded: parts.clients.token !== undefined };
  return { open, guarded: [...guarded, ...documentRoutes([...guarded, ...open], about)] };
}

export function gatewayApp(parts: GatewayAppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", "simple");
  app.set("trust proxy", parts.trustProxy);
  const { open, guarded } = appRoutes(parts);
  app.use(turnAway(parts), inTurns());
  mountRoutes(app, open);
  app.use(requestLog(parts));
  const identify = identifyClients(parts.clients);
  app.use(["/v1", "/files"], crossOrigin, identify);
  mountRoutes(app, guarded);
  app.use("/api", jupyterApi(parts));
  app.use(sagecell({ ...parts, identify }));
  app.use(staticFiles({ directory: parts.pageDirectory, frameOrigin: parts.facts.frameOrigin }));
  app.use(() => {
    throw new Failure("notFound");
  });
  app.use(problemHandler(parts.log));
  return app;
}
