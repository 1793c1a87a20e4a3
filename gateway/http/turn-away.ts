/**
 * Before anything else is done with it: a computation that nobody could take is refused at the door, so that refusing costs next to
 * nothing and those who are in are not slowed down by those who are not; next: in-turns.ts.
 */
import type { RequestHandler } from "express";
import { Counter, type Registry } from "prom-client";
import { bounds } from "#gateway/http/bounds.ts";
import { sendProblem } from "#gateway/http/problems.ts";
import { crossOriginHeaders } from "#gateway/http/routes.ts";
import type { Failure } from "#protocol/failures.ts";

/**
 * `full`: why no computation of anybody could be taken now; undefined while one could. What repeats an earlier request (it has an
 * Idempotency-Key) goes on, because it may find its computation.
 */
export function turnAway(options: { full: () => Failure | undefined; registry: Registry }): RequestHandler {
  const turnedAway = new Counter({
    name: "sandcell_turned_away_total",
    help: "Computations refused at the door: every kernel busy and the queue full.",
    registers: [options.registry],
  });
  return (request, response, next) => {
    if (request.method !== "POST" || request.url !== "/v1/computations") return next();
    if (request.headers["idempotency-key"] !== undefined) return next();
    // Its body is dropped while it comes; a large one is for the handler, which knows when to end a connection.
    if (!(Number(request.headers["content-length"]) <= bounds.smallBodyBytesMax)) return next();
    const failure = options.full();
    if (!failure) return next();
    turnedAway.inc();
    for (const [name, value] of crossOriginHeaders) response.setHeader(name, value);
    sendProblem(response, failure);
  };
}
