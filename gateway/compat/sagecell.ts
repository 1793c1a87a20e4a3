/**
 * SageMathCell's interface for pages and clients that were written for it: every address, translated to the core; next:
 * sagecell-channel.ts. Deleting gateway/compat/sagecell*.ts and its line in app.ts leaves everything else as it is.
 */
import { join } from "node:path";
import { type RequestHandler, Router } from "express";
import type { Permalinks } from "#database/permalinks.ts";
import { type ChannelParts, SagecellChannel } from "#gateway/compat/sagecell-channel.ts";
import { kernelFiles } from "#gateway/compat/sagecell-files.ts";
import { formOf } from "#gateway/compat/sagecell-form.ts";
import { SagecellKernels } from "#gateway/compat/sagecell-kernels.ts";
import { SagecellLines } from "#gateway/compat/sagecell-lines.ts";
import { callbackOf, permalinkOf, permalinkRoutes, sendCallback, unzipped } from "#gateway/compat/sagecell-permalinks.ts";
import { service } from "#gateway/compat/sagecell-service.ts";
import { hearSocket, sockJsRoutes } from "#gateway/compat/sagecell-sockjs-routes.ts";
import type { Computations, FilesReader, Sessions } from "#gateway/core.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { traceOf } from "#gateway/http/computation-body.ts";
import { filesRoutes } from "#gateway/http/files-routes.ts";
import { nameRoute } from "#gateway/http/request-log.ts";
import { builtFiles } from "#gateway/http/static.ts";
import { acceptWebSocket, sendBounded } from "#gateway/http/web-sockets.ts";
import { Failure } from "#protocol/failures.ts";

export type SagecellParts = {
  computations: Computations;
  sessions: Sessions;
  files: FilesReader;
  permalinks: Permalinks;
  facts: { frameOrigin: string; codeBytesMax: number };
  clients: { secret: string | Uint8Array };
  /** The built cell. */
  pageDirectory: string;
  /** Sets the client of a request, or refuses it. */
  identify: RequestHandler;
};

export function sagecell(parts: SagecellParts): Router {
  const kernels = new SagecellKernels(parts.clients.secret);
  const channels: ChannelParts = { ...parts, ...parts.facts, kernels };
  const lines = new SagecellLines();
  const router = Router();
  const guard = [reflectOrigin, parts.identify];
  const named = (name: string): RequestHandler[] => [
    (_request, response, next) => {
      nameRoute(response, name);
      next();
    },
    ...guard,
  ];

  const start: RequestHandler = async (request, response) => {
    const form = await formOf(request);
    // Browsers that could not send a DELETE say it so.
    if (form.get("method") === "DELETE") return void response.end();
    const timeout = form.get("timeout") ?? "0";
    const seconds = timeout === "inf" ? Infinity : Number(timeout);
    if (Number.isNaN(seconds)) throw new Failure("invalid", { detail: "timeout: is not a number of seconds" });
    const { id } = kernels.make(seconds > 0);
    const scheme = request.protocol === "https" ? "wss" : "ws";
    response.set({ "Jupyter-Kernel-ID": id, "Cache-Control": "no-store" });
    response.json({ ws_url: `${scheme}://${request.host}/`, id });
  };
  const end: RequestHandler = (request, response) => {
    kernels.end(String(request.params["id"]));
    response.status(200).end();
  };
  const channel: RequestHandler = async (request, response) => {
    const socket = await acceptWebSocket(request, response);
    const kernel = kernels.read(String(request.params["id"]));
    const client = clientOf(response);
    const send = (text: string) => sendBounded(socket, text);
    const run = { ...channels, ...traceOf(request.headers) };
    const open = (speak: typeof send) => kernel && SagecellChannel.open(run, { client, kernel, send: speak });
    const heard = resumedAt(request.query["resume"]);
    if (kernel && heard !== undefined) {
      const line = lines.find(kernel, client) ?? (heard === 0 ? lines.open(kernel, client, open) : undefined);
      if (!line?.attach(send, heard)) return socket.close(1000, "There is no such kernel.");
      socket.once("close", (code) => line.detach(send, code === 1000 || code === 1001));
      return hearSocket(socket, (text) => line.hear(text));
    }
    const opened = open(send);
    if (!opened) return socket.close(1000, "There is no such kernel.");
    socket.once("close", () => opened.close());
    hearSocket(socket, (text) => opened.hear(text));
  };
  router.route("/kernel").all(named("sagecell kernel")).post(start);
  router.route("/kernel/:id").all(named("sagecell kernel")).delete(end).post(end);
  router.get("/kernel/:id/channels", named("sagecell channels"), channel);
  const [sendFile] = filesRoutes(parts.files)[0]?.handlers ?? [];
  if (sendFile) router.route("/kernel/:id/files/*path").all(named("sagecell files")).get(kernelFiles(channels, sendFile));
  router.use("/sockjs", named("sagecell sockjs"), sockJsRoutes(channels));
  router.route("/service").all(named("sagecell service")).post(service(channels));

  const links = permalinkRoutes(parts.permalinks);
  router.route("/permalink").all(named("sagecell permalink")).get(links.get).post(links.post);
  router.route("/tos.html").all(named("sagecell tos")).post(noTerms);
  router.get("/", checkLinks(parts.permalinks));
  router.get("/embedded_sagecell.js", (_request, response) => response.redirect(301, "/static/embedded_sagecell.js"));
  for (const page of ["/help.html", "/about.html", "/about", "/static/about.html"])
    router.get(page, (_request, response) => response.redirect(302, "/"));
  router.use("/static", reflectOrigin, builtFiles(join(parts.pageDirectory, "sagecell"), false));
  return router;
}

/** Undefined: a client that does not come back. */
const resumedAt = (asked: unknown): number | undefined =>
  typeof asked === "string" && /^\d{1,9}$/.test(asked) ? Number(asked) : undefined;

/** No terms of service are asked for. */
const noTerms: RequestHandler = async (request, response) => {
  const callback = callbackOf(await formOf(request));
  if (callback === undefined) response.status(204).end();
  else sendCallback(response, callback, "");
};

/** A link that holds no code is told so at once; what it holds is read by the page. */
function checkLinks(permalinks: Permalinks): RequestHandler {
  return async (request, response, next) => {
    const { z, q } = request.query;
    if (typeof z === "string" && z !== "" && unzipped(z) === undefined) {
      response.status(400).type("text").send("Invalid zipped code: it does not unpack.");
    } else if (typeof q === "string" && q !== "" && !(await permalinkOf(permalinks, request))) {
      response.status(404).type("text").send("ID not found in permalink database");
    } else next();
  };
}

/** These clients send credentials, so their own origin must be named. Nothing here is known by a cookie: it gives nobody a right. */
const reflectOrigin: RequestHandler = (request, response, next) => {
  const { origin } = request.headers;
  response.vary("Origin");
  response.set({
    "Access-Control-Allow-Origin": origin ?? "*",
    ...(origin === undefined ? {} : { "Access-Control-Allow-Credentials": "true" }),
    "Access-Control-Expose-Headers": "Jupyter-Kernel-ID, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
  });
  if (request.method !== "OPTIONS") return next();
  response.set({
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS, DELETE",
    "Access-Control-Allow-Headers": "X-XSRFToken, Content-Type, X-Requested-With, traceparent",
    "Access-Control-Max-Age": "86400",
  });
  response.status(200).end();
};
