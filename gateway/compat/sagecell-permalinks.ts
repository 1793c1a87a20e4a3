/** Links to code: packed into the link itself, and short ones that this server keeps; next: ../../database/permalinks.ts. */
import { deflateSync, inflateSync } from "node:zlib";
import type { Request, RequestHandler, Response } from "express";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Permalinks } from "#database/permalinks.ts";
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { formOf } from "#gateway/compat/sagecell-form.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { Failure } from "#protocol/failures.ts";

export const zipped = (text: string): string => deflateSync(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");

/** Undefined: not base64, not packed, too long, or no text. */
export function unzipped(packed: string): string | undefined {
  if (!/^[\w+/-]*={0,2}$/.test(packed)) return undefined;
  try {
    const bytes = inflateSync(Buffer.from(packed, "base64url"), { maxOutputLength: bounds.permalinkCodeBytesMax });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The name of a function in a page, with dots at most: nothing that could be a program or a tag. Throws Failure invalid. */
export function callbackOf(form: URLSearchParams): string | undefined {
  const callback = form.get("callback");
  if (callback === null || callback === "") return undefined;
  if (callback.length > bounds.callbackCharsMax || !/^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/.test(callback))
    throw new Failure("invalid", { detail: "callback: is not the name of a function" });
  return callback;
}

/** The function gets the text of what it is told, not its parts. */
export function sendCallback(response: Response, callback: string, text: string): void {
  const literal = JSON.stringify(text)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  response.set({ "Content-Type": "application/javascript; charset=utf-8", "X-Content-Type-Options": "nosniff" });
  // What begins with a comment can be no other kind of file.
  response.send(`/**/${callback}(${literal});`);
}

export function permalinkRoutes(permalinks: Permalinks): { get: RequestHandler; post: RequestHandler } {
  const limiter = new RateLimiterMemory({ points: bounds.permalinksPerWindow, duration: bounds.permalinkWindowSeconds });
  const post: RequestHandler = async (request, response) => {
    const form = await formOf(request);
    const code = form.get("code");
    const [language, interacts] = [form.get("language") ?? "sage", form.get("interacts") ?? "[]"];
    if (code === null) throw wrong("code", "is missing");
    if (
      Buffer.byteLength(code) > bounds.permalinkCodeBytesMax ||
      Buffer.byteLength(interacts) > bounds.permalinkInteractsBytesMax
    )
      throw new Failure("tooLarge");
    if (!code.isWellFormed() || !isJson(interacts)) throw wrong("interacts", "is not JSON");
    if (!/^[\w+#.-]{1,32}$/.test(language)) throw wrong("language", "is no name of a language");
    await limiter.consume(clientOf(response).id).catch(() => {
      throw new Failure("tooMany", {
        detail: "Too many links were made from here.",
        retryAfterSeconds: bounds.permalinkWindowSeconds,
      });
    });
    const query = await permalinks.keep({ code, language, interacts });
    const n = Number(form.get("n") ?? Number.NaN);
    const answer = { zip: zipped(code), query, interacts: zipped(interacts), ...(Number.isSafeInteger(n) ? { n } : {}) };
    response.set("Cache-Control", "no-store").json(answer);
  };
  const get: RequestHandler = async (request, response) => {
    const found = await permalinkOf(permalinks, request);
    if (!found) {
      response.status(404).type("text").send("ID not found in permalink database");
      return;
    }
    const text = JSON.stringify([found.code, found.language, found.interacts]);
    const callback = callbackOf(new URLSearchParams(request.url.split("?")[1] ?? ""));
    if (callback === undefined) response.set({ "X-Content-Type-Options": "nosniff" }).type("json").send(text);
    else sendCallback(response, callback, text);
  };
  return { get, post };
}

export async function permalinkOf(permalinks: Permalinks, request: Request) {
  const id = String(request.query["q"] ?? "");
  return id === "" || id.length > 64 ? undefined : permalinks.get(id);
}

const wrong = (name: string, words: string) => new Failure("invalid", { detail: `${name}: ${words}` });
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
