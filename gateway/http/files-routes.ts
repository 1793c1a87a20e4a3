/** Files that computations made, passed on from the filestore at the reader's pace; next: links-routes.ts. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebReadable } from "node:stream/web";
import type { RequestHandler } from "express";
import type { FilesReader } from "#gateway/core.ts";
import { computationIdOf, computationParameter } from "#gateway/http/computations-routes.ts";
import type { Route } from "#gateway/http/routes.ts";
import { Failure } from "#protocol/failures.ts";
import { filePathFault } from "#protocol/file-path.ts";

const asked = ["range", "if-range", "if-none-match", "if-modified-since"] as const;
const passedOn = [
  "content-type",
  "content-length",
  "content-range",
  "content-disposition",
  "accept-ranges",
  "etag",
  "last-modified",
  "cache-control",
] as const;

/** A stranger's file on our origin: never sniffed, never with scripts, never in a frame's name, whatever the filestore says. */
export const fileSafety = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Referrer-Policy": "no-referrer",
};

export function filesRoutes(files: FilesReader): Route[] {
  const get: RequestHandler = async (request, response) => {
    const id = computationIdOf(request.params);
    const path = ([] as string[]).concat(request.params["path"] ?? []).join("/");
    if (filePathFault(path) !== undefined) throw new Failure("notFound", { detail: "There is no such file." });
    const headers: Record<string, string> = {};
    for (const name of asked) {
      const value = request.headers[name];
      if (typeof value === "string") headers[name] = value;
    }
    const found = await fetchFile(files, { id, path, headers });
    refuseFailed(found, (range) => response.setHeader("Content-Range", range));
    const known = found.status === 200 && isKnown(request.headers["if-none-match"], found.headers.get("etag"));
    response.status(known ? 304 : found.status).set(fileSafety);
    for (const name of passedOn) {
      const value = found.headers.get(name);
      if (value !== null && !(known && name === "content-length")) response.setHeader(name, value);
    }
    if (!response.hasHeader("content-type")) response.setHeader("Content-Type", "application/octet-stream");
    if (!response.hasHeader("content-disposition")) response.setHeader("Content-Disposition", "attachment");
    if (request.method === "HEAD" || response.statusCode === 304 || !found.body) {
      await found.body?.cancel();
      response.end();
      return;
    }
    try {
      await pipeline(Readable.fromWeb(found.body as WebReadable), response);
    } catch {
      // Either side went away in the middle: the connection's end says so, there is nothing else to say it with.
      response.destroy();
    }
  };
  return [
    {
      method: "get",
      path: "/files/{id}/{path...}",
      handlers: [get],
      tag: "files",
      summary: "Download a file",
      description: "Files are listed in the outcome and in `metadata.links` of messages. Ranges and `If-None-Match` work.",
      parameters: [
        computationParameter,
        {
          in: "path",
          name: "path",
          description: "The file's path; its slashes stay.",
          schema: { type: "string", example: "a.csv" },
        },
        { in: "header", name: "Range", description: "bytes=first-last", schema: { type: "string" }, required: false },
      ],
      answers: {
        200: { description: "The whole file.", type: "application/octet-stream" },
        206: {
          description: "The range.",
          type: "application/octet-stream",
          headers: { "Content-Range": "Which bytes of how many." },
        },
        304: { description: "You have it." },
      },
      failures: ["notFound", "gone", "rangeNotSatisfiable", "unavailable"],
      curl: "curl -sSO $SERVER/files/$ID/a.csv",
    },
  ];
}

/** Asked here once more: fetch adds `Cache-Control: no-cache` to conditional requests, and then a server may send all again. */
function isKnown(ifNoneMatch: string | undefined, etag: string | null): boolean {
  if (ifNoneMatch === undefined || etag === null) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.trim() === "*" || ifNoneMatch.split(",").some((tag) => bare(tag) === bare(etag));
}

async function fetchFile(files: FilesReader, what: { id: string; path: string; headers: Record<string, string> }) {
  try {
    return await files.fetch(what.id, what.path, what.headers);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", { detail: "The filestore does not answer.", cause: error });
  }
}

/** The filestore's own words are for us: a client gets ours. */
function refuseFailed(found: globalThis.Response, setRange: (range: string) => void): void {
  if (found.status === 200 || found.status === 206 || found.status === 304) return;
  void found.body?.cancel().catch(() => {});
  if (found.status === 416) {
    const range = found.headers.get("content-range");
    if (range !== null) setRange(range);
    throw new Failure("rangeNotSatisfiable");
  }
  if (found.status === 410) throw new Failure("gone");
  if (found.status === 404 || found.status === 400) throw new Failure("notFound", { detail: "There is no such file." });
  throw new Failure("unavailable", {
    detail: "The filestore does not answer.",
    cause: new Error(`filestore: ${found.status}`),
  });
}
