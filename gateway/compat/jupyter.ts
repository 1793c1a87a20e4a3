/**
 * Jupyter's interface: kernels are sessions, cells computations. It uses the core as /v1 does, and nothing relies on it;
 * next: jupyter-bounds.ts. docs/jupyter.md says how clients connect and what is not there.
 */
import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import { z } from "zod";
import { channels } from "#gateway/compat/jupyter-channels.ts";
import { jupyterErrors, jupyterToken, listingWords, ownerOf } from "#gateway/compat/jupyter-clients.ts";
import { JupyterKernels } from "#gateway/compat/jupyter-kernels.ts";
import { kernelspecModel, kernelspecsModel } from "#gateway/compat/jupyter-kernelspecs.ts";
import { JupyterSessions, sessionBody } from "#gateway/compat/jupyter-sessions.ts";
import type { Computations, FilesReader, ServerFacts, Sessions } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import { type ClientOptions, identifyClients } from "#gateway/http/clients.ts";
import { jsonBodies } from "#gateway/http/json-body.ts";
import { nameRoute } from "#gateway/http/request-log.ts";
import { crossOrigin } from "#gateway/http/routes.ts";
import { checked } from "#gateway/http/schemas.ts";
import { sendJson, sendNothing } from "#gateway/http/views.ts";
import { Failure } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";

export type JupyterParts = {
  computations: Computations;
  sessions: Sessions;
  files: FilesReader;
  facts: ServerFacts;
  timeoutSecondsMax: number;
  clients: ClientOptions;
  log: Log;
};

const kernelBody = z.object({ name: z.string().max(1024).nullish() });
/** Of the server that clients take this for. */
const serverVersion = "2.17.0";
const contentsWords = "There are no notebooks and files here: they stay where the client keeps them.";

/** Everything under /api. */
export function jupyterApi(parts: JupyterParts): Router {
  const { facts, log } = parts;
  const kernels = new JupyterKernels({
    ...parts,
    frameOrigin: facts.frameOrigin,
    version: facts.version,
    logError: (err) => log.error({ err }, "a kernel's request failed"),
  });
  const sessions = new JupyterSessions(kernels);
  const startedAt = new Date().toISOString();
  const readBody = jsonBodies()(bounds.smallBodyBytesMax);
  const router = express.Router();
  const on = (method: "get" | "post" | "patch" | "delete", path: string, handler: RequestHandler) => {
    const named: RequestHandler = (_request, response, next) => {
      nameRoute(response, `/api${path}`.replaceAll(/:(\w+)/g, "{$1}"));
      next();
    };
    router[method](path, named, ...(method === "post" || method === "patch" ? [asJson, readBody] : []), handler);
  };
  const kernelOf = (request: Request, response: Response) =>
    kernels.get(String(request.params["id"]), ownerOf(request, response));
  const lister = (request: Request, response: Response) => {
    const { owner, listed } = ownerOf(request, response);
    if (!listed) throw new Failure("forbidden", { detail: listingWords });
    return owner;
  };

  router.use(crossOrigin, identifyClients({ ...parts.clients, tokenOf: jupyterToken }));
  on("get", "/", (_request, response) => sendJson(response, 200, { version: serverVersion }));
  on("get", "/status", (_request, response) =>
    sendJson(response, 200, { started: startedAt, last_activity: startedAt, connections: 0, kernels: kernels.size }),
  );
  on("get", "/me", (_request, response) => sendJson(response, 200, { identity, permissions: {} }));
  on("get", "/kernelspecs", (_request, response) => sendJson(response, 200, kernelspecsModel));
  on("get", "/kernelspecs/:name", (request, response) => {
    const model = kernelspecModel(String(request.params["name"]));
    if (!model) throw new Failure("notFound", { detail: "There is no such kernel." });
    sendJson(response, 200, model);
  });

  on("get", "/kernels", (request, response) =>
    sendJson(
      response,
      200,
      kernels.listOf(lister(request, response)).map((kernel) => kernel.model()),
    ),
  );
  on("post", "/kernels", async (request, response) => {
    const kernel = await kernels.start(ownerOf(request, response), checked(kernelBody, request.body).name);
    response.setHeader("Location", `/api/kernels/${kernel.id}`);
    sendJson(response, 201, kernel.model());
  });
  on("get", "/kernels/:id", async (request, response) => {
    const kernel = await kernelOf(request, response);
    sendJson(response, 200, kernel.model());
  });
  on("delete", "/kernels/:id", async (request, response) => {
    await kernels.end(await kernelOf(request, response));
    sendNothing(response);
  });
  on("post", "/kernels/:id/interrupt", async (request, response) => {
    await (await kernelOf(request, response)).interrupt();
    sendNothing(response);
  });
  on("post", "/kernels/:id/restart", async (request, response) => {
    const kernel = await kernelOf(request, response);
    await kernel.restart(ownerOf(request, response).client);
    sendJson(response, 200, kernel.model());
  });
  on("get", "/kernels/:id/channels", channels(kernels));

  on("get", "/sessions", (request, response) => sendJson(response, 200, sessions.listOf(lister(request, response))));
  on("post", "/sessions", async (request, response) => {
    const model = await sessions.start(ownerOf(request, response), checked(sessionBody, request.body));
    response.setHeader("Location", `/api/sessions/${model.id}`);
    sendJson(response, 201, model);
  });
  on("get", "/sessions/:id", (request, response) => sendJson(response, 200, sessions.get(String(request.params["id"]))));
  on("patch", "/sessions/:id", async (request, response) => {
    const body = checked(sessionBody, request.body);
    sendJson(response, 200, await sessions.change(String(request.params["id"]), ownerOf(request, response), body));
  });
  on("delete", "/sessions/:id", async (request, response) => {
    await sessions.end(String(request.params["id"]));
    sendNothing(response);
  });

  router.use("/contents", () => {
    throw new Failure("notFound", { detail: contentsWords });
  });
  router.use(() => {
    throw new Failure("notFound");
  });
  router.use(jupyterErrors(log));
  return router;
}

const identity = {
  username: "anonymous",
  name: "Anonymous",
  display_name: "Anonymous",
  initials: "A",
  avatar_url: null,
  color: null,
};

/** Not every client says that its body is JSON. */
const asJson: RequestHandler = (request, _response, next) => {
  request.headers["content-type"] = "application/json";
  next();
};
