/** What clients say in Jupyter's messages, checked, and how ours are made; next: jupyter-outlet.ts (how they leave). */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { type Channel, type Message, WireError } from "#gateway/compat/jupyter-wire.ts";

/** Of the message format. */
export const messageVersion = "5.4";

const text = z.string().max(bounds.idCharsMax);
const json = z.record(z.string(), z.unknown());
/** The whole header comes back as the parent of every answer, so it stays as it is, and small. */
const header = z
  .looseObject({ msg_id: text.min(1), msg_type: text.min(1), session: text.optional(), username: text.nullish() })
  .refine((value) => JSON.stringify(value).length <= bounds.headerBytesMax, "the header is too large");
const incoming = z.object({
  // One client leaves it out and means the shell.
  channel: z
    .enum(["shell", "control", "stdin"])
    .nullish()
    .transform((channel) => channel ?? ("shell" as const)),
  header,
  metadata: json.nullish().transform((metadata) => metadata ?? {}),
  content: json,
  buffers: z
    .array(z.instanceof(Uint8Array))
    .max(bounds.buffersMax)
    .nullish()
    .transform((buffers) => buffers ?? []),
});
export type Incoming = z.infer<typeof incoming>;
export type Header = Incoming["header"];

/** Throws WireError. */
export function checkMessage(value: unknown): Incoming {
  const parsed = incoming.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WireError(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "it is no message"}`.slice(0, 100));
}

export const executeContent = z.object({
  code: z.string().refine((code) => code.isWellFormed(), "has half of a surrogate pair, which is no text"),
  silent: z.boolean().default(false),
  store_history: z.boolean().default(true),
  user_expressions: z
    .record(z.string().min(1).max(200), z.string().max(4096))
    .refine((named) => Object.keys(named).length <= 50, "at most 50 expressions")
    .nullish()
    .transform((named) => named ?? {}),
  allow_stdin: z.boolean().default(true),
  stop_on_error: z.boolean().default(true),
});

export type Made = {
  channel: Channel;
  msg_type: string;
  /** The header of the request that it answers; empty for what answers none. */
  parent: Header | undefined;
  /** Another one after a restart: that is how clients know. */
  session: string;
  content: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  buffers?: readonly Uint8Array[];
};

export function makeMessage({ channel, msg_type, parent, session, content, metadata = {}, buffers = [] }: Made): Message {
  const header = {
    msg_id: randomUUID(),
    msg_type,
    username: "sandcell",
    session,
    date: new Date().toISOString(),
    version: messageVersion,
  };
  return { channel, header, parent_header: parent ?? {}, metadata, content, buffers };
}

export const replyType = (requestType: string): string =>
  requestType.endsWith("_request") ? requestType.replace(/_request$/, "_reply") : `${requestType}_reply`;

/** What every reply of status `error` has. */
export const errorContent = (ename: string, evalue: string) => ({
  status: "error",
  ename,
  evalue,
  traceback: [`${ename}: ${evalue}`],
});
