/**
 * Kernels' own WebSockets of this project's pages, which come back when their connection broke; next: sagecell-sockets.ts.
 *
 * A page says `resume=<how many messages it has heard>`, 0 at first, and sends again what got no answer. Clients that do not say so lose
 * their kernel with their connection, as they always did.
 */
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import type { KernelId } from "#gateway/compat/sagecell-kernels.ts";
import { clientMessage } from "#gateway/compat/sagecell-wire.ts";
import type { Client } from "#gateway/core.ts";

type Send = (text: string) => void;
type Opened = { hear(text: string): void; close(): void };

export class SagecellLines {
  readonly #lines = new Map<string, { client: string; line: HeldLine }>();

  /** The line of a kernel that is open here, to this client; undefined if there is none. */
  find(kernel: KernelId, client: Client): HeldLine | undefined {
    const found = this.#lines.get(kernel.id);
    return found?.client === client.id ? found.line : undefined;
  }

  /** `open` opens the kernel, which then speaks by the function it is given. Undefined: it cannot be opened, or there are too many. */
  open(kernel: KernelId, client: Client, open: (send: Send) => Opened | undefined): HeldLine | undefined {
    if (this.#lines.size >= bounds.heldLinesMax || this.#lines.has(kernel.id)) return undefined;
    const line = new HeldLine(() => this.#lines.delete(kernel.id));
    const opened = open((text) => line.say(text));
    if (!opened) return undefined;
    line.leadsTo(opened);
    this.#lines.set(kernel.id, { client: client.id, line });
    return line;
  }
}

export class HeldLine {
  readonly #forget: () => void;
  #kernel: Opened | undefined;
  #send: Send | undefined;
  #kept: string[] = [];
  #keptChars = 0;
  /** Of what was said so much is not kept any more. */
  #dropped = 0;
  readonly #heard = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(forget: () => void) {
    this.#forget = forget;
  }

  leadsTo(kernel: Opened): void {
    this.#kernel = kernel;
  }

  say(text: string): void {
    this.#kept.push(text);
    this.#keptChars += text.length;
    while (this.#keptChars > bounds.heldCharsMax && this.#kept.length > 1) {
      this.#keptChars -= this.#kept.shift()?.length ?? 0;
      this.#dropped++;
    }
    this.#send?.(text);
  }

  /** False: what it has not heard is not here any more. An older connection hears nothing from now on. */
  attach(send: Send, heard: number): boolean {
    const at = heard - this.#dropped;
    if (at < 0 || at > this.#kept.length) return false;
    clearTimeout(this.#timer);
    this.#send = send;
    for (const text of this.#kept.slice(at)) send(text);
    return true;
  }

  /** What was heard before is not heard again. */
  hear(text: string): void {
    let id: string | undefined;
    try {
      id = clientMessage.safeParse(JSON.parse(text)).data?.header.msg_id;
    } catch {
      return;
    }
    if (id === undefined || this.#heard.has(id)) return;
    this.#heard.add(id);
    const [oldest] = this.#heard;
    if (this.#heard.size > bounds.heardIdsMax && oldest !== undefined) this.#heard.delete(oldest);
    this.#kernel?.hear(text);
  }

  /** Its connection is gone. `left`: on purpose, nobody comes back. */
  detach(send: Send, left: boolean): void {
    if (this.#send !== send) return;
    this.#send = undefined;
    const over = () => {
      this.#forget();
      this.#kernel?.close();
    };
    if (left) over();
    else this.#timer = setTimeout(over, bounds.heldMs).unref();
  }
}
