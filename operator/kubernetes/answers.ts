/** What the API server's refusals mean: the one file that knows its status numbers and words; next: informer.ts. */
import { ApiException } from "@kubernetes/client-node";
import type { PoolTrouble } from "#operator/pool/status.ts";

/** The HTTP status of an error that the API server answered with; undefined: there was no answer. */
export const answeredStatus = (error: unknown): number | undefined => (error instanceof ApiException ? error.code : undefined);
export const isNotFound = (error: unknown): boolean => answeredStatus(error) === 404;
/** Somebody else was first, or the thing is another one by now. */
export const isConflict = (error: unknown): boolean => answeredStatus(error) === 409;

/** The server's own words, for logs and conditions. */
export const wordsOf = (error: unknown): string => {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error);
  try {
    const { message } = JSON.parse(String(error.body)) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not every refusal is JSON: a proxy's, for instance.
  }
  return `status ${error.code}`;
};

/** Why a pod was not taken. 403 is all the server says by number, so here alone its words are read; a test holds them. */
export const refusalOf = (error: unknown): PoolTrouble | undefined => {
  const status = answeredStatus(error);
  if (status === undefined || status === 409 || status === 429 || status >= 500) return undefined;
  const message = wordsOf(error);
  if (status === 403 && message.includes("exceeded quota")) return { reason: "QuotaExceeded", message };
  if (status === 403 && /RuntimeClass "[^"]*" not found/.test(message)) return { reason: "RuntimeClassMissing", message };
  return { reason: "CreateRefused", message };
};
