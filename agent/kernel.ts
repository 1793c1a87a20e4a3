/**
 * The kernel: a child process that speaks frames on its standard input and output, or the far end of a socket in a pod. The
 * only file that touches it; next: run.ts (one computation) for what the frames mean.
 */
import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { bounds } from "#agent/bounds.ts";
import { type Frame, FrameReader, jsonFrame, KernelFault, pieceFrame } from "#agent/frames.ts";
import type { ToKernel } from "#protocol/kernel-frames.ts";
import type { Log } from "#service/log.ts";
import { Pace } from "#service/pace.ts";

/** Two ends of bytes and one way to end it. `gone` resolves once, with words for the log. */
export type Channel = { input: Readable; output: Writable; gone: Promise<string>; kill: () => void };

/** Starts `command` (argv). Its standard error goes to the log, 64 KiB of it over its life. */
export function spawnKernel(command: readonly string[], log: Log): Channel {
  const [program, ...args] = command;
  if (program === undefined) throw new Error("the kernel's command is empty");
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: false });
  let logged = 0;
  child.stderr.on("data", (chunk: Buffer) => {
    if (logged >= bounds.stderrBytesMax) return;
    const text = chunk.subarray(0, bounds.stderrBytesMax - logged).toString("utf8");
    logged += chunk.length;
    log.warn({ kernelSays: text.trimEnd() }, "kernel's standard error");
  });
  const gone = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`the kernel's process: ${error.message}`));
    child.once("exit", (code, signal) => resolve(`the kernel's process ended with ${signal ?? code}`));
  });
  return { input: child.stdout, output: child.stdin, gone, kill: () => void child.kill("SIGKILL") };
}

/** Connects to a kernel's unix socket, tried again for `ms`: it listens once it is warm. */
export async function connectKernel(path: string, ms: number, log: Log): Promise<Channel> {
  for (const giveUp = Date.now() + ms; ; ) {
    try {
      const socket = await open(path);
      const gone = new Promise<string>((resolve) => socket.once("close", () => resolve("the kernel's socket closed")));
      return { input: socket, output: socket, gone, kill: () => socket.destroy() };
    } catch (error) {
      if (Date.now() > giveUp) throw error;
      log.debug({ path }, "no kernel at its socket yet");
    }
    await new Promise((resolve) => setTimeout(resolve, bounds.socketRetryMs));
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // "@name" is an abstract socket, which the containers of a pod share with their network.
    const socket = connect(path.replace(/^@/, "\0"));
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

export class Kernel {
  /** Why it is not to be used any more; undefined: it is well. */
  fault: KernelFault | undefined;
  /** The handler has not finished with the last frame: what the kernel sends waits, so it is not to blame for silence. */
  reading = false;
  readonly #channel: Channel;
  /** A kernel that prints without end has its share of the ledger and the gateways, not all of them. */
  readonly #pace = new Pace({
    bytesPerMs: bounds.outputBytesPerMs,
    burstBytes: bounds.outputBurstBytes,
    pauseMsMax: bounds.outputPauseMsMax,
  });

  constructor(channel: Channel) {
    this.#channel = channel;
    // What a dead kernel does not read is no error of its own: the reading side tells that it is gone.
    channel.output.on("error", () => undefined);
  }

  /**
   * Gives every frame to `handle`, one at a time: while its promise is open nothing more is read, and the kernel feels it.
   * Ends when the kernel is gone (resolves with words) or at fault (destroys it and throws KernelFault).
   */
  async read(handle: (frame: Frame) => Promise<void> | undefined): Promise<string> {
    const { input, gone } = this.#channel;
    const reader = new FrameReader();
    // Others may hold the writing end open after the process is gone; what it wrote before is still read.
    void gone.then(() => setTimeout(() => input.destroy(), bounds.lastWordsMs).unref());
    try {
      for await (const chunk of input as AsyncIterable<Buffer>) {
        this.reading = true;
        for (const frame of reader.push(chunk)) {
          if (this.fault) throw this.fault;
          const handled = handle(frame);
          if (handled) await handled;
          const aheadMs = frame.piece ? 0 : this.#pace.take(frame.bytes, Date.now());
          if (aheadMs >= bounds.outputPauseMsMin) await pause(aheadMs);
        }
        this.reading = false;
      }
    } catch (error) {
      if (error instanceof KernelFault) this.destroy(error);
      else if (!isEndOfStream(error)) this.destroy(new KernelFault(`a frame could not be handled: ${error}`));
    }
    if (this.fault) throw this.fault;
    this.#channel.kill(); // its output ended: there is nothing to be had from it any more
    return gone;
  }

  send(message: ToKernel): void {
    if (!this.fault) this.#write(jsonFrame(message));
  }

  /** Resolves when the kernel has read enough for the next piece; a destroyed one takes anything. */
  async sendPiece(number: number, body: Buffer): Promise<void> {
    const { output, gone } = this.#channel;
    if (this.fault || !output.writable || this.#write(pieceFrame(number, body))) return;
    await Promise.race([new Promise((resolve) => output.once("drain", resolve)), gone]);
  }

  #write(frame: Buffer): boolean {
    const { output } = this.#channel;
    if (!output.writable) return true;
    if (output.writableLength > bounds.unreadBytesMax) this.destroy(new KernelFault("it does not read what it is sent"));
    return output.write(frame);
  }

  /** For good: the process is killed, and `read` ends with this fault. The first fault counts. */
  destroy(fault: KernelFault): void {
    this.fault ??= fault;
    this.#channel.kill();
    this.#channel.input.destroy();
  }

  /** The kernel may go: its input ends, then it is killed, within `ms`. */
  async close(ms: number): Promise<void> {
    this.#channel.output.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.#channel.gone, late]);
    clearTimeout(timer);
    this.#channel.kill();
  }
}

/** The input broke off because its other end, or we, closed it: no fault of a frame. */
const isEndOfStream = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes(String(error.code));
