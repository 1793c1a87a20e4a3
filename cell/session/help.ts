/** Help on a name: from the cell's session when it has one, else from a computation of its own; next: ../editor/help-panel.ts. */
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Server } from "../connection.ts";
import { recordOf, textOf } from "../output/content.ts";
import type { Session } from "./session.ts";

export interface HelpQuestion {
  readonly server: Server;
  readonly session: Session | undefined;
  /** `factor`, `E.rank`. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Plain text; undefined if there is none. Throws Refusal or Away. */
export async function askHelp({ server, session, name, signal }: HelpQuestion): Promise<string | undefined> {
  if (session?.started) {
    const reply = await session.request("inspect_request", { code: name, cursor_pos: name.length, detail_level: 0 }, signal);
    if (reply) return textOf(recordOf(reply.data)["text/plain"]) || undefined;
  }
  const { id } = await server.submit({ code: `${name}?`, allowInput: false }, signal);
  let found: string | undefined;
  const messages = (some: readonly TranscriptMessage[]) => {
    for (const { msg_type, content } of some) if (msg_type === "execute_reply") found = pageOf(content);
  };
  await server.follow(id, 0, { messages, state() {}, dropped() {} }, signal);
  return found;
}

function pageOf(content: Readonly<Record<string, unknown>>): string | undefined {
  const [payload] = Array.isArray(content.payload) ? content.payload : [];
  return textOf(recordOf(recordOf(payload).data)["text/plain"]) || undefined;
}
