/** A number for every request and a line for it at its end, without code, addresses or queries; next: clients.ts. */
import { randomBytes } from "node:crypto";
import type { RequestHandler, Response } from "express";
import { Histogram, type Registry } from "prom-client";
import type { Log } from "#service/log.ts";

const prefix = randomBytes(6).toString("hex");
let count = 0;

/** Names a request in answers and in the log. */
export const requestIdOf = (response: Response): string => response.locals["requestId"] as string;
/** Routes say which they are: a path as it came could hold anything, and would make a time series each. */
export const nameRoute = (response: Response, route: string): void => {
  response.locals["route"] = route;
};

export function requestLog(options: { log: Log; registry: Registry }): RequestHandler {
  const seconds = requestSeconds(options.registry);
  return (request, response, next) => {
    const start = performance.now();
    const requestId = `${prefix}-${++count}`;
    response.locals["requestId"] = requestId;
    response.setHeader("X-Request-Id", requestId);
    response.once("close", () => {
      const ms = performance.now() - start;
      const route = (response.locals["route"] as string | undefined) ?? "other";
      const status = response.writableFinished || response.statusCode === 101 ? response.statusCode : 499;
      seconds.observe({ route, method: methodName(request.method), status }, ms / 1000);
      options.log.info({ request: requestId, method: request.method, route, status, ms: Math.round(ms * 10) / 10 }, "request");
    });
    next();
  };
}

const methods = new Set(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"]);
const methodName = (method: string): string => (methods.has(method) ? method : "other");

/** One for all apps of a process. */
function requestSeconds(registry: Registry): Histogram<"route" | "method" | "status"> {
  const name = "sandcell_http_request_seconds";
  const known = registry.getSingleMetric(name);
  if (known instanceof Histogram) return known;
  return new Histogram({
    name,
    help: "Time from a request's headers to the end of its answer, by route, method and status.",
    labelNames: ["route", "method", "status"],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  });
}
