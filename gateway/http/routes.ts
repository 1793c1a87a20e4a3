/** A route is its handler and its description in one place, so that the document and the app cannot differ; next: computations-routes.ts. */
import type { Express, RequestHandler } from "express";
import type { z } from "zod";
import { nameRoute } from "#gateway/http/request-log.ts";
import { Failure, type FailureCode } from "#protocol/failures.ts";

export type Parameter = {
  in: "path" | "query" | "header";
  name: string;
  description: string;
  schema: object;
  required?: boolean;
};
export type Answer = {
  description: string;
  type?: string;
  schema?: z.ZodType;
  example?: unknown;
  headers?: Record<string, string>;
};

export type Route = {
  method: "get" | "post" | "delete";
  /** As in OpenAPI: `/v1/computations/{id}`; `{path...}` takes the rest with its slashes. */
  path: string;
  handlers: RequestHandler[];
  tag: "computations" | "sessions" | "files" | "links" | "service";
  summary: string;
  description?: string;
  parameters?: readonly Parameter[];
  body?: { schema: z.ZodType; examples: Record<string, unknown>; required: boolean };
  answers: Record<number, Answer>;
  failures: readonly FailureCode[];
  curl?: string;
};

export const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\.\.\.\}/g, "*$1").replaceAll(/\{(\w+)\}/g, ":$1");

/** Mounts all routes; a method that a known path does not have is 405 with `Allow`. */
export function mountRoutes(app: Express, routes: readonly Route[]): void {
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const route = app.route(expressPath(path));
    const named: RequestHandler = (_request, response, next) => {
      nameRoute(response, path);
      next();
    };
    for (const { method, handlers } of ofPath) route[method](named, ...handlers);
    const allowed = ofPath.flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
    route.all(named, (_request, response) => {
      response.setHeader("Allow", [...allowed, "OPTIONS"].join(", "));
      throw new Failure("methodNotAllowed", { detail: `Here are ${allowed.join(", ")}.` });
    });
  }
}

/** Any origin may use the interface, without credentials: a token is sent by who knows it, never by a browser on its own. */
export const crossOrigin: RequestHandler = (request, response, next) => {
  for (const [name, value] of crossOriginHeaders) response.setHeader(name, value);
  if (request.method !== "OPTIONS") return next();
  nameRoute(response, "preflight");
  response.writeHead(204, {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers":
      "Authorization, Content-Type, Idempotency-Key, If-None-Match, If-Range, Last-Event-ID, Range, traceparent, X-XSRFToken",
    "Access-Control-Max-Age": "86400",
  });
  response.end();
};
const exposed =
  "Location, Retry-After, X-Request-Id, ETag, Accept-Ranges, Content-Range, Content-Length, Content-Disposition, Allow";
/** With every answer. */
export const crossOriginHeaders = [
  ["Access-Control-Allow-Origin", "*"],
  ["Access-Control-Expose-Headers", exposed],
  ["Cross-Origin-Resource-Policy", "cross-origin"],
] as const;
