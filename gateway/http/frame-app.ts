/** The second origin: where HTML and scripts that strangers made are shown, in sandboxed frames without cookies; next: ../main.ts. */
import { join } from "node:path";
import express, { type Express } from "express";
import type { Registry } from "prom-client";
import { problemHandler } from "#gateway/http/problems.ts";
import { nameRoute, requestLog } from "#gateway/http/request-log.ts";
import { builtFiles } from "#gateway/http/static.ts";
import { Failure } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";

/**
 * `sandbox` makes the origin opaque even for a visitor who opens a frame's address by itself. Scripts may be inline, made by eval
 * and come from other sites, as plots of many libraries need; but they reach no server by fetch or WebSocket. No frame-ancestors:
 * any page may show a frame, also one from a file.
 */
const framePolicy = (scripts: string) =>
  [
    "sandbox allow-scripts allow-downloads allow-popups",
    "default-src 'none'",
    `script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data: https:${scripts}`,
    "style-src 'self' 'unsafe-inline' https:",
    "img-src 'self' blob: data: https:",
    "media-src 'self' blob: data: https:",
    "font-src 'self' data: https:",
    "connect-src 'self' blob: data:",
    "worker-src blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");

export type FrameParts = { directory: string; widgetModulesUrl?: string | undefined; log: Log; registry: Registry };

/** `directory`: the built cell; its folder `frame` is what is served here, and nothing else. */
export function frameApp(options: FrameParts): Express {
  const { widgetModulesUrl } = options;
  // A copy inside a closed network may have no certificate.
  const policy = framePolicy(widgetModulesUrl === undefined ? "" : ` ${new URL(widgetModulesUrl).origin}`);
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(requestLog(options));
  app.use((_request, response, next) => {
    nameRoute(response, "frame");
    response.set({
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Resource-Policy": "cross-origin",
      "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), midi=()",
    });
    next();
  });
  app.use("/frame", builtFiles(join(options.directory, "frame"), "frame.html"));
  app.use("/threejs", builtFiles(join(options.directory, "frame", "threejs"), false));
  app.get("/healthz", (_request, response) => void response.type("text").send("alive\n"));
  app.use(() => {
    throw new Failure("notFound");
  });
  app.use(problemHandler(options.log));
  return app;
}
