/** Sessions without kernels, for tests of the HTTP side: they answer what the test tells them to; next: app-server.ts. */
import type { Client, SessionState, Sessions } from "#gateway/core.ts";
import type { SideReply } from "#protocol/exec.ts";
import { Failure } from "#protocol/failures.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

type Entry = {
  state: "open" | "closed";
  reason?: string;
  successor?: string;
  interrupts: number;
  said: TranscriptMessage[];
  asked: { msg_type: string; content: Record<string, unknown> }[];
  wake: Set<() => void>;
};

export class MemorySessions implements Sessions {
  readonly entries = new Map<string, Entry>();
  /** The next reply of a session's kernel; without one nothing has run in it. */
  reply: SideReply | undefined;
  readonly #may: () => void;

  constructor(may: () => void) {
    this.#may = may;
  }

  #entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new Failure("notFound");
    return entry;
  }

  async open(_client: Client): Promise<{ id: string }> {
    this.#may();
    const id = `s${(this.entries.size + 1).toString(36).padStart(25, "0")}`;
    this.entries.set(id, { state: "open", interrupts: 0, said: [], asked: [], wake: new Set() });
    return { id };
  }

  async state(id: string): Promise<SessionState> {
    const { state, reason, successor } = this.#entry(id);
    return { id, state, reason, successor };
  }

  async replace(id: string, client: Client): Promise<{ id: string }> {
    const replaced = this.#entry(id);
    const { id: successor } = await this.open(client);
    await this.close(replaced.successor ?? id);
    Object.assign(replaced, { state: "closed", successor });
    return { id: successor };
  }

  async interrupt(id: string): Promise<void> {
    const entry = this.#entry(id);
    if (entry.state === "closed") throw new Failure("sessionClosed");
    entry.interrupts++;
  }

  async close(id: string): Promise<void> {
    Object.assign(this.#entry(id), { state: "closed", reason: "Closed by its client." });
    this.#tell(id);
  }

  async request(id: string, request: Entry["asked"][number]): Promise<SideReply> {
    this.#may();
    const entry = this.#entry(id);
    if (entry.state === "closed") throw new Failure("sessionClosed");
    if (!this.reply) throw new Failure("notStarted");
    entry.asked.push(request);
    return this.reply;
  }

  async read(id: string, since: number): Promise<{ messages: TranscriptMessage[]; state: "open" | "closed" }> {
    this.#may();
    const { said, state } = this.#entry(id);
    return { messages: said.filter(({ number }) => number > since), state };
  }

  async changed(id: string, _since: number, options: { waitMs: number; signal: AbortSignal }): Promise<void> {
    const { wake } = this.#entry(id);
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        wake.delete(end);
        resolve();
      };
      const timer = setTimeout(end, options.waitMs);
      wake.add(end);
      options.signal.addEventListener("abort", end, { once: true });
    });
  }

  /** What the test makes happen. */
  say(id: string, msg_type: "comm_msg" | "update_display_data", content: Record<string, unknown>): void {
    const { said } = this.#entry(id);
    const number = said.length + 1;
    const parent_header = {
      msg_id: id,
      msg_type: "execute_request" as const,
      session: id,
      username: "",
      date: new Date(0).toISOString(),
      version: "5.4" as const,
    };
    said.push({ number, msg_id: `${id}-${number}`, msg_type, content, metadata: {}, parent_header });
    this.#tell(id);
  }

  #tell(id: string): void {
    for (const wake of [...this.#entry(id).wake]) wake();
  }
}
