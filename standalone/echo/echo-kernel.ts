/**
 * A kernel that computes nothing, for load tests of everything around it: each connection to its socket is one kernel, which answers
 * whatever code it is given in the same way. It runs no code of anybody. Next: echo-sandboxes.ts (who starts it).
 *
 *     node echo-kernel.ts SOCKET
 */
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type FromKernel, frameKind, type ToKernel } from "#protocol/kernel-frames.ts";
import { doneOf, echoFile, messagesOf, printed, type Wanted, wantedOf } from "#standalone/echo/answers.ts";

type Execute = Extract<ToKernel, { type: "execute" }>;

const headBytes = 5;
const pieceCharacters = 64 * 1024;

const framed = (kind: number, body: Buffer): Buffer => {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(body.length + 1, 0);
  head[4] = kind;
  return Buffer.concat([head, body]);
};
const json = (frame: FromKernel): Buffer => framed(frameKind.json, Buffer.from(JSON.stringify(frame)));
const piece = (number: number, bytes: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(number, 0);
  return framed(frameKind.filePiece, Buffer.concat([head, bytes]));
};

class EchoKernel {
  readonly #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #stop: { kind: "cancelled" | "error"; cut: AbortController } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#hear(chunk)).on("error", () => socket.destroy());
    socket.on("close", () => this.#stop?.cut.abort());
    this.#say({ type: "ready", python: "none", sage: "echo", warmUpMs: 0 });
  }

  #hear(chunk: Buffer): void {
    let held = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    while (held.length >= headBytes && held.length >= 4 + held.readUInt32BE(0)) {
      const length = held.readUInt32BE(0);
      // Input files fall on the floor.
      if (held[4] === frameKind.json) this.#take(JSON.parse(held.toString("utf8", headBytes, 4 + length)) as ToKernel);
      held = held.subarray(4 + length);
    }
    this.#held = held;
  }

  /** Input and taken files change nothing. */
  #take(frame: ToKernel): void {
    if (frame.type === "execute") void this.#execute(frame);
    else if (frame.type === "ping") this.#say({ type: "pong", id: frame.id, memoryBytes: 0, spares: 1 });
    else if (frame.type === "request") this.#reply(frame);
    else if (this.#stop && (frame.type === "cancel" || frame.type === "interrupt")) {
      this.#stop.kind = frame.type === "cancel" ? "cancelled" : "error";
      this.#stop.cut.abort();
    }
  }

  async #execute({ computation }: Execute): Promise<void> {
    const { id, code, limits } = computation;
    const wanted = wantedOf(code);
    const begun = performance.now();
    const waits = wanted.sleepMs > 0 || wanted.characters > 0;
    const end = waits ? await this.#slowly(id, wanted, limits) : undefined;
    const kind = end ?? (wanted.fails ? "error" : "ok");
    const frames = [json(doneOf(id, kind, performance.now() - begun))];
    if (end === undefined) {
      const bytes = Buffer.from(code);
      const messages = messagesOf(code, wanted).map((message) => json({ type: "message", computation: id, message }));
      const file = json({ type: "file", computation: id, shown: false, number: 0, path: echoFile, size: bytes.length });
      frames.unshift(...messages, file, ...(bytes.length > 0 ? [piece(0, bytes)] : []));
    }
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(frames));
  }

  /** What takes its time: how it ended early, or undefined. */
  async #slowly(id: string, wanted: Wanted, limits: { wallMs: number; outputBytes: number }) {
    const stop = { kind: "cancelled" as "cancelled" | "error", cut: new AbortController() };
    this.#stop = stop;
    try {
      await pause(Math.min(wanted.sleepMs, limits.wallMs), undefined, { signal: stop.cut.signal });
      if (wanted.sleepMs > limits.wallMs) return "timeout" as const;
      const most = Math.min(wanted.characters, limits.outputBytes);
      for (let left = most; left > 0; left -= pieceCharacters) {
        const text = `${"x".repeat(Math.min(left, pieceCharacters) - 1)}\n`;
        const taken = this.#say({ type: "message", computation: id, message: printed(text) });
        if (!taken) await this.#drained(stop.cut.signal);
        if (stop.cut.signal.aborted) return stop.kind;
      }
      return wanted.characters > limits.outputBytes ? ("outputLimit" as const) : undefined;
    } catch {
      return stop.kind; // the pause was cut short
    } finally {
      this.#stop = undefined;
    }
  }

  #drained(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off("drain", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#socket.once("drain", done);
      signal.addEventListener("abort", done);
    });
  }

  /** A moved slider is answered by what a session says by itself. */
  #reply({ id, msg_type, content }: Extract<ToKernel, { type: "request" }>): void {
    if (msg_type.startsWith("comm_"))
      this.#say({ type: "sessionMessage", message: printed(`${JSON.stringify(content).slice(0, 1000)}\n`) });
    this.#say({ type: "reply", id, msg_type: msg_type.replace(/_request$/, "_reply"), content: { status: "ok" } });
  }

  #say(frame: FromKernel): boolean {
    return this.#socket.destroyed || this.#socket.write(json(frame));
  }
}

const [path = ""] = process.argv.slice(2);
rmSync(path, { force: true });
createServer((socket) => new EchoKernel(socket)).listen(path);
// It lives as long as who started it.
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0));
process.stdin.resume();
process.on("SIGTERM", () => process.exit(0));
