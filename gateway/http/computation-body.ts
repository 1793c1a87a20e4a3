/** From the body of POST /v1/computations to a submission of the core: sizes, decoding, the Idempotency-Key; next: views.ts. */
import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import type { Client, Submission } from "#gateway/core.ts";
import { bounds, type SubmissionLimits } from "#gateway/http/bounds.ts";
import { checked, computationBody, idempotencyKey } from "#gateway/http/schemas.ts";
import { Failure } from "#protocol/failures.ts";

type Asked = { body: unknown; headers: IncomingHttpHeaders; client: Client };

/** Throws Failure invalid (which field and why) or tooLarge (what, and how much there may be). */
export function submissionOf(asked: Asked, limits: SubmissionLimits): Submission {
  refuseMany(asked.body);
  const body = checked(computationBody, asked.body);
  const key = asked.headers["idempotency-key"];
  if (Buffer.byteLength(body.code) > limits.codeBytesMax)
    throw new Failure("tooLarge", { detail: `code: at most ${limits.codeBytesMax} bytes.` });
  if ((body.timeoutSeconds ?? 0) > limits.timeoutSecondsMax)
    throw wrongField("timeoutSeconds", `at most ${limits.timeoutSecondsMax} seconds`);
  return {
    client: asked.client,
    code: body.code,
    language: body.language,
    timeoutSeconds: body.timeoutSeconds,
    expressions: body.expressions,
    allowInput: body.allowInput,
    sessionId: body.sessionId,
    mayStay: body.mayStay,
    interacts: body.interacts,
    figureFormat: body.figureFormat,
    files: body.files.length > 0 ? decoded(body.files) : [],
    idempotencyKey: key === undefined ? undefined : checkedKey(key),
    ...traceOf(asked.headers),
  };
}

/** The trace that the request is a part of, as W3C Trace Context says it; what it is worth is read later. */
export const traceOf = ({ traceparent }: IncomingHttpHeaders): { traceparent?: string } =>
  typeof traceparent === "string" ? { traceparent } : {};

/** Before the schema looks at each of them; and a key that JSON may hold but no object of ours should. */
function refuseMany(body: unknown): void {
  const { files, expressions } = body as { files?: unknown; expressions?: unknown };
  if (Array.isArray(files) && files.length > bounds.inputFilesMax)
    throw new Failure("tooLarge", { detail: `files: at most ${bounds.inputFilesMax}.` });
  for (const [path, value] of [["", body] as const, ["expressions.", expressions] as const])
    if (typeof value === "object" && value !== null && Object.hasOwn(value, "__proto__"))
      throw wrongField(`${path}__proto__`, "is not a name that can be used");
}

function decoded(files: z.output<typeof computationBody>["files"]): Submission["files"] {
  let bytes = 0;
  return files.map(({ path, content, base64 }, index) => {
    const data = content === undefined ? fromBase64(base64 ?? "", index) : Buffer.from(content, "utf8");
    bytes += data.length;
    if (bytes > bounds.inputBytesMax)
      throw new Failure("tooLarge", { detail: `files: at most ${bounds.inputBytesMax} bytes in all.` });
    return { path, data };
  });
}

/** Node skips what is not base64; a client that sent it would get another file than it meant. */
function fromBase64(text: string, index: number): Buffer {
  const data = Buffer.from(text, "base64");
  const unpadded = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  if (/[^A-Za-z0-9+/=]/.test(text) || data.length !== Math.floor((unpadded * 3) / 4) || unpadded % 4 === 1)
    throw wrongField(`files.${index}.base64`, "is not base64");
  return data;
}

function checkedKey(key: string | string[]): string {
  const parsed = idempotencyKey.safeParse(key);
  if (parsed.success) return parsed.data;
  throw wrongField("Idempotency-Key", `1 to ${bounds.idempotencyKeyCharsMax} printable ASCII characters`);
}

const wrongField = (path: string, message: string) =>
  new Failure("invalid", { detail: `${path}: ${message}`, fields: [{ path, message }] });
