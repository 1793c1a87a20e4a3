/**
 * Whoever begins to read is let in with a few others at a time: a thousand who come in one turn of events would else be served before
 * anything else moves, for the better part of a second; next: request-log.ts.
 */
import type { RequestHandler } from "express";

/** Some milliseconds' work. Who waits is bounded by the connections that there may be. */
const atOnceMax = 8;
const reading = /^\/v1\/computations\/[^/?]+\/(events|messages)\b/;

export function inTurns(): RequestHandler {
  const line: (() => void)[] = [];
  let begun = 0;
  const turn = () => {
    const next = line.splice(0, atOnceMax);
    begun = next.length;
    if (begun > 0) setImmediate(turn);
    for (const begin of next) begin();
  };
  return (request, _response, next) => {
    if (request.method !== "GET" || !reading.test(request.url)) return next();
    if (begun >= atOnceMax) return void line.push(next);
    if (begun++ === 0) setImmediate(turn);
    next();
  };
}
