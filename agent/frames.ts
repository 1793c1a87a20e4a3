/** Frames as bytes: cutting what a kernel sends into frames, and making those it is sent; next: kernel.ts. Pure. */
import { isUtf8 } from "node:buffer";
import { type FromKernel, frameBytesMax, frameKind, fromKernel, type ToKernel } from "#protocol/kernel-frames.ts";

/** The kernel did what no kernel of ours does: it is destroyed. `words` are for the user of the computation it ran. */
export class KernelFault extends Error {
  override name = "KernelFault";
  readonly kind: "error" | "outputLimit" | "timeout";
  readonly words: string;

  constructor(reason: string, more: { kind?: "error" | "outputLimit" | "timeout"; words?: string } = {}) {
    super(reason);
    this.kind = more.kind ?? "error";
    this.words = more.words ?? "The sandbox broke its own rules and was ended.";
  }
}

export type Frame = { piece: false; json: FromKernel; bytes: number } | { piece: true; number: number; body: Buffer };

const headerBytes = 4;

/** Cuts a byte stream into frames, whatever the chunks. Holds at most one frame. Throws KernelFault at the first bad one. */
export class FrameReader {
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #body: Buffer | undefined;
  #bodyFilled = 0;

  *push(chunk: Buffer): Generator<Frame> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === undefined) {
        // The usual case: the whole frame is in this chunk and nothing needs to be copied.
        if (this.#headerFilled === 0 && chunk.length - at >= headerBytes) {
          const length = checked(chunk.readUInt32BE(at));
          at += headerBytes;
          if (chunk.length - at >= length) {
            yield parse(chunk.subarray(at, at + length));
            at += length;
          } else this.#begin(length);
          continue;
        }
        const copied = chunk.copy(this.#header, this.#headerFilled, at);
        this.#headerFilled += copied;
        at += copied;
        if (this.#headerFilled === headerBytes) this.#begin(checked(this.#header.readUInt32BE(0)));
        continue;
      }
      const copied = chunk.copy(this.#body, this.#bodyFilled, at);
      this.#bodyFilled += copied;
      at += copied;
      if (this.#bodyFilled < this.#body.length) continue;
      const whole = this.#body;
      this.#body = undefined;
      this.#headerFilled = 0;
      yield parse(whole);
    }
  }

  #begin(length: number): void {
    this.#body = Buffer.allocUnsafe(length);
    this.#bodyFilled = 0;
  }
}

function checked(length: number): number {
  if (length < 1 || length + headerBytes > frameBytesMax) throw new KernelFault(`a frame of ${length} bytes`);
  return length;
}

function parse(frame: Buffer): Frame {
  const kind = frame[0];
  if (kind === frameKind.filePiece) {
    if (frame.length < 5) throw new KernelFault("a file piece without a number");
    return { piece: true, number: frame.readUInt32BE(1), body: frame.subarray(5) };
  }
  if (kind !== frameKind.json) throw new KernelFault(`a frame of kind ${kind}`);
  const body = frame.subarray(1);
  if (!isUtf8(body)) throw new KernelFault("a frame that is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new KernelFault("a frame that is not JSON");
  }
  const parsed = fromKernel.safeParse(value);
  // Only where it is wrong, never what it says: a log holds no output.
  if (!parsed.success) throw new KernelFault(`a frame that is not understood: ${parsed.error.issues[0]?.path.join(".")}`);
  return { piece: false, json: parsed.data, bytes: body.length };
}

export function jsonFrame(message: ToKernel): Buffer {
  const text = JSON.stringify(message);
  const length = Buffer.byteLength(text) + 1;
  if (length + headerBytes > frameBytesMax) throw new RangeError(`a frame to the kernel of ${length} bytes`);
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame.writeUInt32BE(length, 0);
  frame[headerBytes] = frameKind.json;
  frame.write(text, headerBytes + 1);
  return frame;
}

export function pieceFrame(number: number, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(headerBytes + 5);
  head.writeUInt32BE(body.length + 5, 0);
  head[headerBytes] = frameKind.filePiece;
  head.writeUInt32BE(number, headerBytes + 1);
  return Buffer.concat([head, body]);
}
