/** What is no cell (completion, help, history, comms) on its way to the session's kernel; next: jupyter-feed.ts. */
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { errorContent, type Incoming } from "#gateway/compat/jupyter-messages.ts";
import type { Sessions } from "#gateway/core.ts";
import { type SideRequest, sideRequest } from "#protocol/exec.ts";
import { Failure } from "#protocol/failures.ts";

type Asked = SideRequest["msg_type"];
export type Answer = { reply: Record<string, unknown> | undefined; saidUpTo: number };

/** What an interpreter answers in which nothing has run yet: there is no kernel before that. */
const unstarted: Partial<Record<Asked, (content: Record<string, unknown>) => Record<string, unknown>>> = {
  complete_request: ({ cursor_pos }) => ({
    status: "ok",
    matches: [],
    cursor_start: cursor_pos ?? 0,
    cursor_end: cursor_pos ?? 0,
    metadata: {},
  }),
  inspect_request: () => ({ status: "ok", found: false, data: {}, metadata: {} }),
  is_complete_request: () => ({ status: "unknown" }),
  history_request: () => ({ status: "ok", history: [] }),
  comm_info_request: () => ({ status: "ok", comms: {} }),
};

/** They have no reply. */
export const isComm = (msgType: string): boolean => /^comm_(open|msg|close)$/.test(msgType);
export const isQuestion = (msgType: string): msgType is Asked => sideRequest.shape.msg_type.safeParse(msgType).success;

/** `reply` is undefined for comms. Throws Failure sessionClosed, unavailable. */
export async function ask(sessions: Sessions, session: string, { header, content, buffers }: Incoming): Promise<Answer> {
  const { msg_type } = header;
  if (!isQuestion(msg_type)) {
    const words = `${msg_type.slice(0, 100)} is nothing that this kernel understands.`;
    return { reply: errorContent("NotImplementedError", words), saidUpTo: 0 };
  }
  const told = buffers.length === 0 ? content : { ...content, buffers: buffers.map((buffer) => base64(buffer)) };
  if (Buffer.byteLength(JSON.stringify(told)) > bounds.questionBytesMax)
    return { reply: isComm(msg_type) ? undefined : errorContent("ValueError", "The request is too large."), saidUpTo: 0 };
  try {
    const { content: reply, saidUpTo = 0 } = await sessions.request(session, { msg_type, content: told });
    return { reply: isComm(msg_type) ? undefined : { status: "ok", ...reply }, saidUpTo };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "notStarted") throw error;
    return { reply: unstarted[msg_type]?.(content), saidUpTo: 0 };
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
