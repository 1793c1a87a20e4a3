/**
 * One reader of a kernel: its messages in order through its socket, kept for a while when that breaks; next: jupyter-payloads.ts.
 *
 *     connected ──socket closes──▶ away ──same session_id──▶ connected        away too long, or without a session_id: forgotten
 */
import type { WebSocket } from "ws";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { encode, type Format, type Message } from "#gateway/compat/jupyter-wire.ts";

/** A message on its way to several readers, made into bytes once for each format. */
export class Packed {
  readonly message: Message;
  readonly size: number;
  readonly #encoded = new Map<Format, string | Buffer>();

  constructor(message: Message) {
    this.message = message;
    this.size = this.as("default").length;
  }

  as(format: Format): string | Buffer {
    const known = this.#encoded.get(format);
    if (known !== undefined) return known;
    const encoded = encode(this.message, format);
    this.#encoded.set(format, encoded);
    return encoded;
  }

  /** What a reader can do without: outputs. Without replies and states it would wait for ever. */
  get droppable(): boolean {
    return this.message.channel === "iopub" && this.message.header.msg_type !== "status";
  }
}

/** Makes the message that stands for dropped ones. */
export type LostNotice = (dropped: Message) => Message;

export class Outlet {
  readonly clientSession: string | undefined;
  readonly #lostNotice: LostNotice;
  #connection: { socket: WebSocket; format: Format } | undefined;
  #queue: Packed[] = [];
  #bytes = 0;
  #notice: Packed | undefined;
  #roomy = new Set<() => void>();
  awaySince: number | undefined;

  constructor(clientSession: string | undefined, lostNotice: LostNotice) {
    this.clientSession = clientSession;
    this.#lostNotice = lostNotice;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Sends on this socket from now on, first what was missed. A socket that it had before is closed. */
  attach(socket: WebSocket, format: Format): void {
    const before = this.#connection;
    this.#connection = { socket, format };
    this.awaySince = undefined;
    this.#notice = undefined;
    before?.socket.close(1000, "Connected anew.");
    this.#pump();
  }

  /** True when it was this socket that it had: now it is away. */
  detach(socket: WebSocket): boolean {
    if (this.#connection?.socket !== socket) return false;
    this.#connection = undefined;
    this.awaySince = Date.now();
    this.#makeRoom();
    return true;
  }

  put(packed: Packed): void {
    this.#queue.push(packed);
    this.#bytes += packed.size;
    if (this.#bytes > bounds.queueBytesMax || this.#queue.length > bounds.queueMessagesMax) this.#cutOff();
    else if (this.connected) this.#pump();
    else if (this.#bytes > bounds.awayBytesMax || this.#queue.length > bounds.awayMessagesMax) this.#shorten();
  }

  /** Resolves when it can take more, at once where nobody is there; who takes nothing for too long is cut off. */
  room(): Promise<void> {
    if (this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#connection?.socket.terminate(), bounds.stuckReaderMs);
      this.#roomy.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  close(code: number, reason: string): void {
    this.#connection?.socket.close(code, reason);
  }

  #hasRoom(): boolean {
    return !this.connected || (this.#bytes <= bounds.readerBytesMax && this.#queue.length <= bounds.readerMessagesMax);
  }

  #makeRoom(): void {
    if (!this.#hasRoom()) return;
    for (const resolve of this.#roomy) resolve();
    this.#roomy.clear();
  }

  #pump(): void {
    const connection = this.#connection;
    let sent = 0;
    while (connection && sent < this.#queue.length) {
      const { socket, format } = connection;
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount > bounds.socketBytesMax) break;
      const packed = this.#queue[sent++];
      if (!packed) break;
      this.#bytes -= packed.size;
      socket.send(packed.as(format), () => this.#pump());
    }
    if (sent > 0) this.#queue.splice(0, sent);
    this.#makeRoom();
  }

  /** Drops the oldest outputs until half of what may be kept is left. */
  #shorten(): void {
    const kept: Packed[] = [];
    let over = Math.max(this.#bytes - bounds.awayBytesMax / 2, 0);
    let many = Math.max(this.#queue.length - bounds.awayMessagesMax / 2, 0);
    for (const packed of this.#queue) {
      if ((over <= 0 && many <= 0) || !packed.droppable || packed === this.#notice) {
        kept.push(packed);
        continue;
      }
      over -= packed.size;
      many--;
      if (this.#notice) continue;
      this.#notice = new Packed(this.#lostNotice(packed.message));
      kept.push(this.#notice);
    }
    this.#queue = kept;
    this.#bytes = kept.reduce((sum, { size }) => sum + size, 0);
  }

  #cutOff(): void {
    this.#queue = [];
    this.#bytes = 0;
    this.#notice = undefined;
    this.#connection?.socket.terminate();
  }
}
