/** The messages that SageMathCell's clients send and get: Jupyter's, with a channel and copies of type and id on top; next: sagecell-bundle.ts. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { language } from "#protocol/computation.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

const json = z.record(z.string(), z.unknown());

/** Clients leave out what they do not care for; what is there must be what it should be. */
export const clientMessage = z.object({
  channel: z.enum(["shell", "control", "stdin", "iopub"]).default("shell").catch("shell"),
  header: z
    .object({
      msg_id: z.string().max(200),
      msg_type: z.string().max(100),
      session: z.string().max(200).optional(),
      username: z.string().max(200).optional(),
      date: z.unknown().optional(),
      version: z.unknown().optional(),
    })
    .transform(({ date, version, ...header }) => ({
      ...header,
      ...(typeof date === "string" && date.length < 100 ? { date } : {}),
      ...(typeof version === "string" && version.length < 20 ? { version } : {}),
    })),
  content: json.default({}),
  metadata: json.default({}).catch({}),
});
export type ClientMessage = z.output<typeof clientMessage>;
export type Parent = ClientMessage["header"] | Record<string, never>;

export type Said = Pick<TranscriptMessage, "msg_type" | "content" | "metadata">;
/** What goes to a client, before it has its envelope. */
export type Spoken = { msg_type: string; content: Record<string, unknown>; metadata?: Record<string, unknown> };
export type Channel = "shell" | "iopub" | "stdin";

export const executeRequest = z.object({
  code: z.string().refine((code) => code.isWellFormed(), "is no text"),
  silent: z.boolean().default(false).catch(false),
  /** Of this project's own pages: others wrap their code themselves. */
  language: language.default("sage").catch("sage"),
  allow_stdin: z.boolean().default(false).catch(false),
  user_expressions: z.record(z.string().min(1).max(200), z.string().max(4096)).default({}).catch({}),
});

/** The text of one message to a client. */
export function envelope(
  channel: Channel,
  { msg_type, content, metadata = {} }: Spoken,
  about: { parent: Parent; kernel: string },
): string {
  const msg_id = randomUUID();
  const date = new Date().toISOString();
  const header = { msg_id, msg_type, username: "kernel", session: about.kernel, date, version: "5.4" };
  return JSON.stringify({ channel, header, msg_id, msg_type, parent_header: about.parent, metadata, content });
}

/** The kernel is gone. This one has no copies of type and id. */
export function deadMessage(kernel: string): string {
  const date = new Date().toISOString();
  const header = { msg_id: randomUUID(), msg_type: "status", username: "kernel", session: kernel, date, version: "5.4" };
  return JSON.stringify({
    channel: "iopub",
    header,
    parent_header: {},
    metadata: {},
    content: { execution_state: "dead" },
  });
}

export const kernelInfo = {
  status: "ok",
  protocol_version: "5.4",
  implementation: "sandcell",
  implementation_version: "1",
  language_info: { name: "python", version: "3", mimetype: "text/x-python", file_extension: ".py", codemirror_mode: "python" },
  banner: "SageMath in Sandcell",
  help_links: [],
};
