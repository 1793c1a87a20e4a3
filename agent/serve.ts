/** NATS in front of the desk: who may ask what of this kernel, and where answers and records go; next: main.ts. */
import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { bounds } from "#agent/bounds.ts";
import type { Desk } from "#agent/desk.ts";
import type { Outlet } from "#agent/transcript.ts";
import { controlMessage, type ExecReply, execRequest, type KernelStatus, sideRequest } from "#protocol/exec.ts";
import { numberHeader } from "#protocol/messages.ts";
import { kernelPermissions, lastToken, subjects } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";

export type ServeOptions = { nats: NatsConnection; kernel: string; pool: string; log: Log };

export class Server {
  readonly #options: ServeOptions;
  readonly #replies: RegExp;
  #desk: Desk | undefined;
  #connected = true;
  #sequence = 0;
  #saidAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
    // Nobody answers to a subject outside the kernel's own names, whoever asked for it.
    this.#replies = new RegExp(`^kernel\\.${options.kernel}\\.reply\\.[a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*$`);
  }

  outlet = (id: string): Outlet => {
    const { nats, kernel } = this.#options;
    const subject = subjects.out(kernel, id);
    return {
      connected: () => this.#connected && !nats.isClosed(),
      publish: (payload, lastNumber) => {
        const named = headers();
        named.set(numberHeader, String(lastNumber));
        nats.publish(subject, payload, { headers: named });
      },
    };
  };

  /** Begins to listen and to tell its status. */
  attend(desk: Desk): void {
    this.#desk = desk;
    const { nats, kernel } = this.#options;
    for (const subject of kernelPermissions(kernel).subscribe)
      nats.subscribe(subject, { callback: (error, message) => void (error ?? this.#heard(message)) });
    void this.#followConnection();
    this.#timer = setInterval(() => {
      desk.tick();
      if (Date.now() - this.#saidAt >= bounds.statusMs) this.status();
    }, bounds.tickMs);
  }

  async #followConnection(): Promise<void> {
    for await (const status of this.#options.nats.status()) {
      if (status.type === "disconnect") this.#connected = false;
      if (status.type !== "reconnect") continue;
      this.#connected = true;
      this.#desk?.transcripts.reconnected();
      this.status();
    }
  }

  /** Nothing is said before the kernel is ready. */
  status(): void {
    const { nats, kernel, pool } = this.#options;
    if (!this.#desk?.ready || !this.#connected || nats.isClosed()) return;
    this.#saidAt = Date.now();
    const status: KernelStatus = { kernel, pool, ...this.#desk.state(), sequence: ++this.#sequence };
    nats.publish(subjects.kernelStatus(kernel), JSON.stringify(status));
  }

  #heard(message: Msg): void {
    const [, , , what, id] = message.subject.split(".");
    try {
      if (what === "ack" && id !== undefined) this.#acknowledged(id, message);
      else if (what === "exec") this.#exec(message);
      else if (what === "control") this.#desk?.control(controlMessage.parse(message.json()));
      else if (what === "request") void this.#request(message);
    } catch (error) {
      // Never its text: a parser's words may quote the code.
      this.#options.log.warn({ what, error: error instanceof Error ? error.name : "unknown" }, "not understood");
    }
  }

  #acknowledged(id: string, message: Msg): void {
    const number = Number(message.headers?.get(numberHeader));
    if (Number.isSafeInteger(number)) this.#desk?.transcripts.acknowledged(id, number);
  }

  #exec(message: Msg): void {
    const request = execRequest.parse(message.json());
    if (!this.#desk || !this.#mayReply(request.replyTo)) return;
    const computation = request.computation.id;
    const decided = this.#desk.exec(request);
    const reply: ExecReply =
      typeof decided === "object"
        ? { answer: "refused", computation, reason: decided.refused }
        : { answer: decided, computation, sequence: this.#sequence };
    this.#options.nats.publish(request.replyTo, JSON.stringify(reply));
    this.#desk.proceed();
  }

  async #request(message: Msg): Promise<void> {
    try {
      const request = sideRequest.parse(message.json());
      if (!this.#desk || !this.#mayReply(request.replyTo)) return;
      const reply = await this.#desk.request(request);
      if (!this.#options.nats.isClosed()) this.#options.nats.publish(request.replyTo, JSON.stringify(reply));
    } catch (error) {
      this.#options.log.warn({ error: error instanceof Error ? error.name : "unknown" }, "a request was not served");
    }
  }

  #mayReply(subject: string): boolean {
    if (this.#replies.test(subject)) return true;
    this.#options.log.warn({ last: lastToken(subject).slice(0, 40) }, "asked to answer outside its own names");
    return false;
  }

  /** The last status is on its way when this resolves. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.status();
    const { nats } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, bounds.closeMs);
    });
    await Promise.race([nats.drain(), late]);
    clearTimeout(timer);
  }
}
