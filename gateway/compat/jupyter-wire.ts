/**
 * Jupyter's messages as a WebSocket carries them, in both formats; next: jupyter-messages.ts (what is in them).
 *
 *     default: text, JSON; with buffers binary: uint32 BE count, as many offsets, the JSON, the buffers
 *     v1:      binary: uint64 LE count, as many offsets, channel, header, parent_header, metadata, content, the buffers;
 *              the last offset is the message's length
 */

export const v1Protocol = "v1.kernel.websocket.jupyter.org";
export type Format = "default" | "v1";

export type Channel = "shell" | "control" | "stdin" | "iopub";
export type Message = {
  channel: Channel;
  header: Record<string, unknown> & { msg_id: string; msg_type: string };
  parent_header: Record<string, unknown>;
  metadata: Record<string, unknown>;
  content: Record<string, unknown>;
  buffers: readonly Uint8Array[];
};

export function encode(message: Message, format: Format): string | Buffer {
  return format === "v1" ? encodeV1(message) : encodeDefault(message);
}

function encodeDefault({ buffers, ...message }: Message): string | Buffer {
  // Some clients look for these two beside the header.
  const { msg_id, msg_type } = message.header;
  const text = JSON.stringify({ ...message, msg_id, msg_type, buffers: [] });
  if (buffers.length === 0) return text;
  const parts = [Buffer.from(text), ...buffers];
  const head = Buffer.alloc(4 * (parts.length + 1));
  head.writeUInt32BE(parts.length, 0);
  let offset = head.length;
  for (const [index, part] of parts.entries()) {
    head.writeUInt32BE(offset, 4 * (index + 1));
    offset += part.length;
  }
  return Buffer.concat([head, ...parts]);
}

function encodeV1({ channel, header, parent_header, metadata, content, buffers }: Message): Buffer {
  const json = [header, parent_header, metadata, content].map((part) => Buffer.from(JSON.stringify(part)));
  const parts = [Buffer.from(channel), ...json, ...buffers];
  const head = Buffer.alloc(8 * (parts.length + 2));
  head.writeBigUInt64LE(BigInt(parts.length + 1), 0);
  let offset = head.length;
  for (const [index, part] of parts.entries()) {
    head.writeBigUInt64LE(BigInt(offset), 8 * (index + 1));
    offset += part.length;
  }
  head.writeBigUInt64LE(BigInt(offset), 8 * (parts.length + 1));
  return Buffer.concat([head, ...parts]);
}

/** What came, not yet looked at (jupyter-messages.ts does that). Throws WireError for what is not in the format. */
export function decode(data: Buffer, options: { format: Format; isBinary: boolean; partsMax: number }): unknown {
  if (!options.isBinary) return json(data);
  const width = options.format === "v1" ? 8 : 4;
  const read = (at: number) => {
    if (at + width > data.length) throw new WireError("it is cut short");
    return width === 8 ? Number(data.readBigUInt64LE(at)) : data.readUInt32BE(at);
  };
  const count = read(0);
  if (count < 1 || count > options.partsMax) throw new WireError("it has too few or too many parts");
  const offsets = Array.from({ length: count }, (_, index) => read(width * (index + 1)));
  if (width === 4) offsets.push(data.length);
  if (offsets.some((offset, index) => offset < (offsets[index - 1] ?? width * (count + 1)) || offset > data.length))
    throw new WireError("an offset leads nowhere");
  const parts = offsets.slice(1).map((end, index) => data.subarray(offsets[index], end));
  return width === 8 ? v1Message(parts) : { ...object(json(parts[0])), buffers: parts.slice(1) };
}

function v1Message([channel, header, parent, metadata, content, ...buffers]: Buffer[]): unknown {
  if (!channel || !content) throw new WireError("parts are missing");
  return {
    channel: channel.toString(),
    header: json(header),
    parent_header: json(parent),
    metadata: json(metadata),
    content: json(content),
    buffers,
  };
}

const object = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

function json(data: Buffer | undefined): unknown {
  try {
    return JSON.parse((data ?? "").toString());
  } catch {
    throw new WireError("it is no JSON");
  }
}

/** The reason is for the client. */
export class WireError extends Error {}
