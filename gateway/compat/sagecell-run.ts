/** One computation for a client of SageMathCell's, from its submission to its reply; next: sagecell-bundle.ts. */
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { htmlLink, type Place, record, shownOutput, textOf } from "#gateway/compat/sagecell-bundle.ts";
import type { Said, Spoken } from "#gateway/compat/sagecell-wire.ts";
import type { Client, Computations, FilesReader } from "#gateway/core.ts";
import type { Language, Outcome } from "#protocol/computation.ts";
import { Failure } from "#protocol/failures.ts";

export type RunParts = {
  computations: Computations;
  files: FilesReader;
  frameOrigin: string;
  codeBytesMax: number;
  /** Of the request that runs, or that opened the way to the kernel. */
  traceparent?: string | undefined;
};
/** A message of the core; `computation`: whose files it names. */
export type Translation = Said & { number: number; computation: string | undefined };

export type Run = {
  client: Client;
  asked: { code: string; language: Language; allow_stdin: boolean; user_expressions: Record<string, string> };
  /** The kernel's computations count from 1. */
  execution: number;
  signal: AbortSignal;
  idempotencyKey?: string | undefined;
  sessionId: string | undefined;
  /** See Submission. */
  mayStay?: boolean;
  storeHistory?: boolean;
  timeoutSeconds?: number;
  started: (id: string) => void;
  heard: (message: Translation) => Promise<void>;
};
/** `content`: that of the `execute_reply`. */
export type Ran = { content: Record<string, unknown>; outcome: Outcome };

/** Throws Failure, those of Computations.submit among them, and tooLarge. */
export async function runComputation(parts: RunParts, run: Run): Promise<Ran> {
  const { computations, codeBytesMax, traceparent } = parts;
  const { asked, signal, client, idempotencyKey, sessionId, timeoutSeconds } = run;
  if (Buffer.byteLength(asked.code) > codeBytesMax)
    throw new Failure("tooLarge", { detail: `code: at most ${codeBytesMax} bytes.` });
  const [own, ours] = expressionsOf(asked.user_expressions);
  const { view, repeated } = await computations.submit({
    client,
    code: asked.code,
    language: asked.language,
    expressions: own,
    allowInput: asked.allow_stdin,
    files: [],
    interacts: "sagecell",
    sessionId,
    mayStay: run.mayStay,
    storeHistory: run.storeHistory,
    timeoutSeconds,
    idempotencyKey,
    traceparent,
  });
  if (repeated) throw new Failure("gone", { detail: "This kernel is over." });
  run.started(view.id);
  let [last, failed] = [0, false];
  let reply: Record<string, unknown> = {};
  for (;;) {
    const page = await computations.read(view.id, last);
    for (const message of page.messages) {
      last = message.number;
      if (message.msg_type === "execute_reply") reply = message.content;
      else await run.heard({ ...message, computation: view.id });
      failed ||= message.msg_type === "error";
    }
    if (page.complete && page.outcome) {
      const { outcome } = page;
      if (outcome.kind !== "ok" && !failed)
        await run.heard({ ...errorMessage(outcome.kind, outcome.message), number: last + 1, computation: view.id });
      return { content: replyOf(reply, outcome, { execution: run.execution, ours }), outcome };
    }
    signal.throwIfAborted();
    if (page.messages.length === 0)
      await computations.changed(view.id, last, { waitMs: bounds.pollMs, signal, state: page.state });
  }
}

/** Those of SageMathCell's own kernel are answered for it: the rest is evaluated. */
function expressionsOf(expressions: Record<string, string>): [Record<string, string>, string[]] {
  const entries = Object.entries(expressions).slice(0, bounds.expressionsMax);
  const isOurs = ([, text]: [string, string]) => text.startsWith("sys._sage_.");
  return [Object.fromEntries(entries.filter((entry) => !isOurs(entry))), entries.filter(isOurs).map(([name]) => name)];
}

/** Of an expression of SageMathCell's own kernel. */
export const emptyAnswer = { status: "ok", data: { "text/plain": "''" }, metadata: {} };

function replyOf(
  reply: Record<string, unknown>,
  outcome: Outcome,
  about: { execution: number; ours: string[] },
): Record<string, unknown> {
  const files = outcome.files.map(({ path }) => path);
  const payload = Array.isArray(reply["payload"]) ? (reply["payload"] as unknown[]) : [];
  const answered = Object.fromEntries(about.ours.map((name) => [name, emptyAnswer]));
  const status = outcome.kind === "ok" ? "ok" : "error";
  return {
    ...(status === "error" ? errorOf(outcome.kind, outcome.message) : {}),
    ...reply,
    status,
    execution_count: about.execution,
    user_expressions: { ...record(reply["user_expressions"]), ...answered },
    // The files are in the first one, or there is none.
    payload: [...(files.length > 0 ? [{ source: "sagecell", new_files: files }] : []), ...payload],
  };
}

export const errorOf = (ename: string, evalue: string) => ({ ename, evalue, traceback: [`${ename}: ${evalue}`] });
export const errorMessage = (ename: string, evalue: string): Said => ({
  msg_type: "error",
  content: errorOf(ename, evalue),
  metadata: {},
});

/**
 * A message in the forms that these clients show, and what they could do nothing with as text. `place`: where its picture can be
 * fetched; undefined: nowhere, so it is in the message.
 */
export async function translated(
  parts: RunParts,
  message: Spoken & { metadata: Record<string, unknown> },
  place: (Place & { id: string | undefined }) | undefined,
): Promise<Spoken[]> {
  const { msg_type, content, metadata } = message;
  const keep = { ...("interact_id" in metadata ? { interact_id: metadata["interact_id"] } : {}) };
  if (msg_type === "execute_result" || msg_type === "display_data" || msg_type === "update_display_data") {
    if (Object.keys(record(content["data"])).some((mime) => mime.startsWith("application/sage-")))
      return [{ msg_type, content, metadata: keep }];
    const said = message as unknown as Said;
    const html = await linkedHtml(parts, said, place?.id);
    return [{ ...shownOutput(said, { place, frameOrigin: parts.frameOrigin, html }), metadata: keep }];
  }
  if (msg_type === "extension") return formatting(record(content["formatting"]), keep);
  return [{ msg_type, content, metadata: keep }];
}

/** HTML that became a file because of its size; undefined if there is none, or if it is too big for a message even here. */
async function linkedHtml({ files }: RunParts, message: Said, computation: string | undefined): Promise<string | undefined> {
  const link = htmlLink(message);
  if (!link || computation === undefined || link.size > bounds.inlineHtmlBytesMax) return undefined;
  const found = await files.fetch(computation, link.path, {}).catch(() => undefined);
  return found?.ok ? found.text() : undefined;
}

/** Blocks of `new_stream` one after the other: these clients have no places in which to put them. */
function formatting(said: Record<string, unknown>, metadata: Record<string, unknown>): Spoken[] {
  const text = said["action"] === "open" ? textOf(said["title"]) : textOf(said["text"]);
  if (said["data"] !== undefined)
    return [
      { msg_type: "display_data", content: { data: record(said["data"]), metadata: record(said["metadata"]) }, metadata },
    ];
  if (text === "") return [];
  return [{ msg_type: "stream", content: { name: "stdout", text: said["action"] === "open" ? `${text}\n` : text }, metadata }];
}
