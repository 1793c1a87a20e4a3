/** Who asks, in the ways in which Jupyter's clients say it; and what goes wrong, in Jupyter's words; next: jupyter-channels.ts. */
import { createHash } from "node:crypto";
import type { ErrorRequestHandler, Request, Response } from "express";
import type { Owner } from "#gateway/compat/jupyter-kernels.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { failureOf } from "#gateway/http/problems.ts";
import { requestIdOf } from "#gateway/http/request-log.ts";
import { sendJson } from "#gateway/http/views.ts";
import { failures } from "#protocol/failures.ts";
import type { Log } from "#service/log.ts";

/** `Authorization: token X`, `Bearer X`, or `?token=X`. */
export function jupyterToken(request: Request): string {
  const [, inHeader] = /^(?:Bearer|token) +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
  const { token } = request.query;
  return inHeader ?? (typeof token === "string" ? token : "");
}

/**
 * Kernels are listed to who has a token of their own (any, where the server wants none) or asks from this machine: behind one address may
 * be a whole school, and who knows a kernel's id may use it.
 */
export function ownerOf(request: Request, response: Response): Owner & { listed: boolean } {
  const client = clientOf(response);
  const token = jupyterToken(request);
  const owner = createHash("sha256").update(`${client.id}\n${token}`).digest("base64url");
  return { client, owner, listed: token !== "" || /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(request.ip ?? "") };
}

export const listingWords =
  "Kernels are listed only to who has a token: give your client one, any secret word will do where the server asks for none.";

/** Jupyter's errors: `message` for people, `reason` short or null. */
export function jupyterErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const failure = failureOf(error);
    const { status, words } = failures[failure.code];
    if (failure.code === "internal") log.error({ request: requestIdOf(response), err: error }, "request failed");
    if (response.headersSent) return void response.destroy();
    if (status === 429 || status === 503) response.setHeader("Retry-After", String(Math.ceil(failure.retryAfterSeconds ?? 2)));
    sendJson(response, status, { message: failure.detail ?? words, reason: words });
  };
}
