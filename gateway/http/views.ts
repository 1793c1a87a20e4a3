/** The core's answers as clients see them, with links; next: computations-routes.ts. */
import type { Response } from "express";
import type { z } from "zod";
import type { Page, View } from "#gateway/core.ts";
import type { computationView, messagesPage, shownOutcome } from "#gateway/http/schemas.ts";
import type { Outcome } from "#protocol/computation.ts";
import { encodePath } from "#protocol/files.ts";

export const computationLinks = (id: string) => ({
  self: `/v1/computations/${id}`,
  messages: `/v1/computations/${id}/messages`,
  events: `/v1/computations/${id}/events`,
  input: `/v1/computations/${id}/input`,
  files: `/files/${id}/`,
});

export const sessionLinks = (id: string) => ({
  self: `/v1/sessions/${id}`,
  interrupt: `/v1/sessions/${id}/interrupt`,
  requests: `/v1/sessions/${id}/requests`,
  messages: `/v1/sessions/${id}/messages`,
  computations: "/v1/computations",
});

export function showOutcome(id: string, outcome: Outcome): z.infer<typeof shownOutcome> {
  const files = outcome.files.map((file) => ({ ...file, link: `/files/${id}/${encodePath(file.path)}` }));
  return { ...outcome, files };
}

export const showView = (view: View): z.infer<typeof computationView> => ({
  id: view.id,
  state: view.state,
  language: view.language,
  createdAt: view.createdAt,
  sessionId: view.sessionId,
  limits: view.limits,
  position: view.position,
  outcome: view.outcome && showOutcome(view.id, view.outcome),
  links: computationLinks(view.id),
});

export const showPage = (id: string, page: Page): z.infer<typeof messagesPage> => ({
  messages: page.messages,
  state: page.state,
  position: page.position,
  outcome: page.outcome && showOutcome(id, page.outcome),
  complete: page.complete,
});

/** Cheaper than response.json: no etag, no settings, one write. */
export function sendJson(response: Response, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}

export function sendNothing(response: Response): void {
  response.writeHead(204, { "Cache-Control": "no-store" });
  response.end();
}
