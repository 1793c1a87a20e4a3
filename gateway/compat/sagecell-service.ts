/** POST /service: code in a form, all that it printed in one answer; next: sagecell-run.ts. */
import type { RequestHandler } from "express";
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { record } from "#gateway/compat/sagecell-bundle.ts";
import { formOf } from "#gateway/compat/sagecell-form.ts";
import { type RunParts, runComputation } from "#gateway/compat/sagecell-run.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { traceOf } from "#gateway/http/computation-body.ts";
import { sendJson } from "#gateway/http/views.ts";
import { Failure } from "#protocol/failures.ts";

/**
 * Always 200 once it ran: `success` says whether the code ended well. A client that leaves ends its computation. Failures: tooLarge
 * (code above 65,000 characters), invalid, and full, tooMany or unavailable with Retry-After.
 */
export function service(parts: RunParts): RequestHandler {
  return async (request, response) => {
    const form = await formOf(request);
    const code = form.getAll("code").join("");
    if (code.length > bounds.serviceCodeCharsMax)
      throw new Failure("tooLarge", { detail: `code: at most ${bounds.serviceCodeCharsMax} characters.` });
    if (!code.isWellFormed()) throw new Failure("invalid", { detail: "code: is no text" });
    const left = new AbortController();
    const gone = () => left.abort(new Failure("gone"));
    response.once("close", gone);
    const streams: Record<string, string> = {};
    let id: string | undefined;
    try {
      const run = { ...parts, ...traceOf(request.headers) };
      const { content, outcome } = await runComputation(run, {
        client: clientOf(response),
        asked: { code, language: "sage", allow_stdin: false, user_expressions: expressionsOf(form.get("user_expressions")) },
        execution: 1,
        signal: left.signal,
        sessionId: undefined,
        timeoutSeconds: bounds.serviceSeconds,
        started: (computation) => {
          id = computation;
        },
        heard: async ({ msg_type, content }) => {
          const { name, text } = content;
          if (msg_type === "stream" && (name === "stdout" || name === "stderr")) streams[name] = (streams[name] ?? "") + text;
        },
      });
      // What was stopped has no reply, as if its kernel had been killed.
      const ended = outcome.kind === "ok" || outcome.kind === "error";
      sendJson(response, 200, { ...streams, success: outcome.kind === "ok", ...(ended ? { execute_reply: content } : {}) });
    } catch (error) {
      if (!left.signal.aborted) throw error;
      if (id !== undefined) await parts.computations.cancel(id).catch(() => {});
    } finally {
      response.off("close", gone);
    }
  };
}

/** JSON of names and expressions; what is none is nothing. */
function expressionsOf(text: string | null): Record<string, string> {
  try {
    const named = Object.entries(record(JSON.parse(text ?? "{}"))).slice(0, bounds.expressionsMax);
    return Object.fromEntries(named.filter((entry): entry is [string, string] => isExpression(entry)));
  } catch {
    throw new Failure("invalid", { detail: "user_expressions: is not JSON" });
  }
}
const isExpression = ([name, text]: [string, unknown]): boolean =>
  name !== "" && name !== "__proto__" && name.length <= 200 && typeof text === "string" && text.length <= 4096;
