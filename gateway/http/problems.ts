/** The one handler of everything that goes wrong: a Failure becomes application/problem+json; next: schemas.ts. */
import type { ErrorRequestHandler, Response } from "express";
import { bounds } from "#gateway/http/bounds.ts";
import { requestIdOf } from "#gateway/http/request-log.ts";
import { Failure, type FailureCode, failures } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";

export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  code: FailureCode;
  detail?: string;
  /** Names the request in the log of the server: what to tell its operator. */
  instance?: string;
  fields?: readonly { path: string; message: string }[];
  retryAfterSeconds?: number;
};

const retryAfterSecondsDefault = 2;

/** RFC 9457. `type` is the place in the documentation where the code is explained. */
export function problemBody(failure: Failure, requestId?: string): ProblemBody {
  const { status, words, retry } = failures[failure.code];
  const retryAfter = failure.retryAfterSeconds ?? (status === 429 || status === 503 ? retryAfterSecondsDefault : undefined);
  return {
    type: `/v1/docs#${failure.code}`,
    title: words,
    status,
    code: failure.code,
    ...(failure.detail !== undefined ? { detail: failure.detail } : {}),
    ...(requestId !== undefined && status >= 500 ? { instance: `urn:sandcell:request:${requestId}` } : {}),
    ...(failure.fields ? { fields: failure.fields.slice(0, bounds.problemFieldsMax) } : {}),
    ...(retry && retryAfter !== undefined ? { retryAfterSeconds: Math.max(1, Math.ceil(retryAfter)) } : {}),
  };
}

export function sendProblem(response: Response, failure: Failure, requestId?: string): void {
  const body = problemBody(failure, requestId);
  if (body.retryAfterSeconds !== undefined) response.setHeader("Retry-After", String(body.retryAfterSeconds));
  if (body.status === 401) response.setHeader("WWW-Authenticate", "Bearer");
  const text = JSON.stringify(body);
  response.writeHead(body.status, {
    "Content-Type": "application/problem+json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}

/** Ours are hidden behind the request's id and logged; theirs are shown. Nothing of a stack leaves. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const failure = failureOf(error);
    const requestId = requestIdOf(response);
    if (failure.code === "internal") log.error({ request: requestId, err: error }, "request failed");
    else if (failures[failure.code].status >= 500 && failure.cause)
      log.warn({ request: requestId, code: failure.code, err: failure.cause }, "request refused");
    if (response.headersSent) response.destroy();
    else if (!response.destroyed) {
      // Node reads and drops what is left of a body, so that its sender hears the answer; a huge one ends the connection instead.
      if (!request.complete && !(Number(request.headers["content-length"]) <= bounds.refusedBytesMax))
        response.setHeader("Connection", "close");
      sendProblem(response, failure, requestId);
    }
  };
}

/** What body-parser, the router and express.static throw carries a `status` and mostly a `type`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { status, type } = error instanceof Error ? (error as Error & { status?: unknown; type?: unknown }) : {};
  if (error instanceof URIError) return new Failure("invalid", { detail: "The address is not well encoded." });
  if (typeof status !== "number" || status >= 500 || status < 400) return new Failure("internal", { cause: error });
  const known = typeof type === "string" ? parserFailures[type] : undefined;
  if (known) return new Failure(known[0], { detail: known[1] });
  if (status === 404 || status === 403) return new Failure("notFound");
  if (status === 413) return new Failure("tooLarge");
  if (status === 416) return new Failure("rangeNotSatisfiable");
  return new Failure("invalid");
}

const parserFailures: Record<string, [FailureCode, string]> = {
  "entity.too.large": ["tooLarge", "The body is larger than this server takes."],
  "entity.parse.failed": ["invalid", "The body is not JSON (an object, encoded in UTF-8)."],
  "encoding.unsupported": ["invalid", "Send the body without Content-Encoding."],
  "charset.unsupported": ["invalid", "Send the body as UTF-8."],
  "request.size.invalid": ["invalid", "The body has another length than its Content-Length says."],
  "request.aborted": ["invalid", "The body ended early."],
};
