/** The filestore over HTTP: an Express app without a port; next: main.ts. The addresses are those of protocol/files.ts. */
import { pipeline } from "node:stream/promises";
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from "express";
import { Counter, type Registry } from "prom-client";
import { z } from "zod";
import { type Blobs, notFound } from "#filestore/blobs.ts";
import { fileHeaders, safetyHeaders } from "#filestore/headers.ts";
import { Uploads } from "#filestore/uploads.ts";
import { computationId } from "#protocol/computation.ts";
import { Failure, failures } from "#protocol/failures.ts";
import { filePathFault } from "#protocol/file-path.ts";
import { type FileArea, fileArea, type GrantClaims, sha256Header, storedFiles } from "#protocol/files.ts";
import { readGrant } from "#service/file-grants.ts";
import type { Log } from "#service/log.ts";

export type FilestoreParts = {
  blobs: Blobs;
  secret: string;
  now: () => number;
  log: Log;
  registry: Registry;
  /** At a time; more are refused with 503. */
  uploadsMax: number;
  /** A connection that moves no byte for so long is cut. */
  idleMs: number;
};

/** So much of a refused body is still read, so that its sender hears why. */
const drainedBytesMax = 1024 * 1024;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export function filestoreApp(parts: FilestoreParts): Express {
  const { blobs } = parts;
  const uploads = new Uploads(blobs);
  const metrics = counters(parts.registry);
  let running = 0;

  const granted = (request: Request): GrantClaims => {
    const claims = readGrant(parts.secret, request.headers.authorization, parts.now());
    if (claims.computation !== request.params["cid"]) throw new Failure("forbidden");
    return claims;
  };
  const manager = (request: Request): string => {
    const claims = granted(request);
    if (claims.right !== "manage") throw new Failure("forbidden");
    return claims.computation;
  };

  const put = async (request: Request, response: Response): Promise<void> => {
    const claims = granted(request);
    const { area, path } = target(request);
    if (running >= parts.uploadsMax) throw new Failure("unavailable", { retryAfterSeconds: 1 });
    running++;
    try {
      const result = await uploads.take({
        claims,
        area,
        path,
        length: request.headers["content-length"] === undefined ? undefined : Number(request.headers["content-length"]),
        sha256: request.headers[sha256Header] === undefined ? undefined : digestHeader(request),
        // Leaving it early must not cut the connection: the refusal still has to be said.
        body: request.iterator({ destroyOnReturn: false }),
      });
      metrics.received.inc(Number(request.headers["content-length"] ?? 0));
      response.status(result === "created" ? 201 : 200).end();
    } finally {
      running--;
    }
  };

  const get = async (request: Request, response: Response): Promise<void> => {
    const { area, path } = target(request);
    const computation = cid(request);
    // An output is known by its computation's id, which nobody can guess; an input is not published at all.
    if (area === "in") granted(request);
    const blob = { computation, name: `${area}/${path}` };
    const facts = await blobs.find(blob);
    if (!facts) throw notFound();
    const headers = fileHeaders(path, facts);
    response.set(headers);
    if (request.fresh) return void response.status(304).end();
    const range = rangeOf(request, facts.size, headers);
    if (range === "unsatisfiable") {
      response.set("Content-Range", `bytes */${facts.size}`).removeHeader("Content-Disposition");
      throw new Failure("rangeNotSatisfiable");
    }
    const { start, end } = range ?? { start: 0, end: facts.size - 1 };
    if (range) response.status(206).set("Content-Range", `bytes ${start}-${end}/${facts.size}`);
    response.set("Content-Length", String(end - start + 1));
    if (request.method === "HEAD" || facts.size === 0) return void response.end();
    const stream = await blobs.read(blob, { start, end });
    metrics.sent.inc(end - start + 1);
    await pipeline(stream, response);
  };

  const list = async (request: Request, response: Response): Promise<void> => {
    const files = (await blobs.list(manager(request))).map(({ name, size }) => ({ path: name, size }));
    response.set("Cache-Control", "no-store").json(storedFiles.parse({ files }));
  };

  const remove = async (request: Request, response: Response): Promise<void> => {
    const computation = manager(request);
    await blobs.delete(computation);
    uploads.forget(computation);
    response.status(204).end();
  };

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(safely(parts, metrics.requests));
  app.route("/computations/:cid").get(list).delete(remove);
  app.route("/computations/:cid/:area/*path").put(put).get(get).options(preflight).all(otherMethod);
  app.use(() => {
    throw notFound();
  });
  app.use(refusal(parts.log));
  return app;
}

const cid = (request: Request): string => {
  const parsed = computationId.safeParse(request.params["cid"]);
  if (!parsed.success) throw notFound();
  return parsed.data;
};

/** The router has split the path and decoded each part: joined again, a hidden slash or dots are seen by the one rule. */
function target(request: Request): { area: FileArea; path: string } {
  cid(request);
  const area = fileArea.safeParse(request.params["area"]);
  if (!area.success) throw notFound();
  const path = [request.params["path"]].flat().join("/");
  const fault = filePathFault(path);
  if (fault !== undefined) throw new Failure("invalid", { fields: [{ path: "path", message: fault }] });
  return { area: area.data, path };
}

function digestHeader(request: Request): string {
  const parsed = sha256.safeParse(request.headers[sha256Header]);
  if (!parsed.success)
    throw new Failure("invalid", { fields: [{ path: sha256Header, message: "64 digits of lower-case hex" }] });
  return parsed.data;
}

/** One range; several at once, or one of an older version of the file (If-Range), are answered with the whole. */
function rangeOf(request: Request, size: number, headers: Record<string, string>) {
  const condition = request.headers["if-range"];
  if (condition !== undefined && condition !== headers["ETag"] && condition !== headers["Last-Modified"]) return undefined;
  const ranges = request.range(size);
  if (ranges === -1) return "unsatisfiable";
  if (ranges === undefined || ranges === -2 || ranges.type !== "bytes" || ranges.length !== 1) return undefined;
  return ranges[0];
}

function safely(parts: FilestoreParts, requests: Counter<"method" | "status">): RequestHandler {
  return (request, response, next) => {
    response.set(safetyHeaders);
    request.setTimeout(parts.idleMs, () => request.destroy());
    response.once("close", () => {
      const method = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].includes(request.method) ? request.method : "other";
      requests.inc({ method, status: response.writableFinished ? response.statusCode : 499 });
    });
    next();
  };
}

const preflight: RequestHandler = (_request, response) => {
  response.set({
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match",
    "Access-Control-Max-Age": "86400",
  });
  response.status(204).end();
};

const otherMethod: RequestHandler = () => {
  throw new Failure("methodNotAllowed");
};

function refusal(log: Log): ErrorRequestHandler {
  return async (error: unknown, request, response, _next) => {
    const failure =
      error instanceof Failure ? error : new Failure(error instanceof URIError ? "invalid" : "internal", { cause: error });
    // A client that went away is its own business, and nobody is left to hear of it.
    if (request.destroyed && !request.complete) return void response.destroy();
    if (failure.cause !== undefined) log.error({ code: failure.code, err: failure.cause }, "request failed");
    if (response.headersSent) return void response.destroy();
    const { status, words, retry } = failures[failure.code];
    if (!(await drained(request))) response.set("Connection", "close");
    if (status === 401) response.set("WWW-Authenticate", "Bearer");
    if (retry) response.set("Retry-After", String(failure.retryAfterSeconds ?? 2));
    const more = {
      ...(failure.detail ? { detail: failure.detail } : {}),
      ...(failure.fields ? { fields: failure.fields } : {}),
    };
    for (const header of ["Content-Length", "ETag", "Last-Modified", "Content-Disposition"]) response.removeHeader(header);
    response.set("Cache-Control", "no-store").status(status).type("application/problem+json");
    response.send(JSON.stringify({ type: "about:blank", title: words, status, code: failure.code, ...more }));
  };
}

/** Reads on to the body's end, `drainedBytesMax` at most; false: there is more, and it is cut off. */
async function drained(request: Request): Promise<boolean> {
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > drainedBytesMax) return false;
    }
    return true;
  } catch {
    return false; // the client went away
  }
}

const counters = (registry: Registry) => ({
  requests: new Counter({
    name: "sandcell_filestore_requests_total",
    help: "Requests answered, by method and status (499: the client went away).",
    labelNames: ["method", "status"] as const,
    registers: [registry],
  }),
  received: new Counter({
    name: "sandcell_filestore_received_bytes_total",
    help: "Bytes of files taken.",
    registers: [registry],
  }),
  sent: new Counter({ name: "sandcell_filestore_sent_bytes_total", help: "Bytes of files sent.", registers: [registry] }),
});
