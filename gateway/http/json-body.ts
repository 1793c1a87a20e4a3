/** Reads a request's JSON: one kind of body, bounded each and in all; next: routes.ts. */
import { isUtf8 } from "node:buffer";
import express, { type Request, type RequestHandler } from "express";
import { bounds } from "#gateway/http/bounds.ts";
import { Failure } from "#protocol/failures.ts";

/**
 * Middleware that puts the parsed object into `request.body`, `{}` when there is no body.
 * Fails with `invalid` (another type, not UTF-8, not an object), `tooLarge`, or `unavailable` while too many bodies are being read.
 */
export function jsonBodies(): (bytesMax: number) => RequestHandler {
  let underWay = 0;
  return (bytesMax) => {
    const parse = express.json({ limit: bytesMax, inflate: false, strict: true, verify: refuseOtherEncodings });
    return (request, response, next) => {
      const size = announcedSize(request);
      if (size === 0) {
        request.body = {};
        return next();
      }
      if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(request.headers["content-type"] ?? ""))
        return next(new Failure("invalid", { detail: "Send JSON, with the header Content-Type: application/json." }));
      if (size !== undefined && size > bounds.refusedBytesMax) return next(new Failure("tooLarge", { detail: tooLargeWords }));
      const share = Math.min(size ?? bytesMax, bytesMax);
      if (underWay + share > bounds.bodiesBytesMax)
        return next(new Failure("unavailable", { detail: "Too much is being uploaded at this moment." }));
      underWay += share;
      parse(request, response, (error) => {
        underWay -= share;
        if (error) return next(error);
        if (Array.isArray(request.body)) return next(new Failure("invalid", { detail: "The body is a list, not an object." }));
        next();
      });
    };
  };
}

const tooLargeWords = "The body is larger than this server takes.";

/** Bytes; undefined for a chunked body of unknown length. */
function announcedSize(request: Request): number | undefined {
  if (request.headers["transfer-encoding"] !== undefined) return undefined;
  return Number(request.headers["content-length"] ?? 0);
}

function refuseOtherEncodings(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (!/^utf-?8$/i.test(encoding) || !isUtf8(body)) throw new Failure("invalid", { detail: "The body is not UTF-8." });
}
