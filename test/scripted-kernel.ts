/**
 * A kernel that does as its computation's code says, for tests and for load without Sage: a real process that speaks real frames
 * on its standard input and output. Next: agent.ts, which starts an agent around it.
 *
 * Code that is no JSON array is echoed. Otherwise it is a list of steps, done in order; without a `done` among them a good end
 * follows. Arguments: `--mute` (answers no ping), `--tired` (answers the first ping only), `--late` (never ready), `--deaf` (reads nothing).
 */
import { frameKind } from "../protocol/kernel-frames.ts";

export type Step =
  | { say: string; name?: "stdout" | "stderr" }
  | { message: { msg_type: string; content: Record<string, unknown>; metadata?: Record<string, unknown> } }
  /** `count` stream messages of `bytes` each, numbered at their beginning. */
  | { flood: { count: number; bytes: number } }
  /** Sent, then waited for until the agent took it; `announce` lies about the size. */
  | { file: { path: string; text: string; shown?: boolean; announce?: number } }
  | { frame: unknown }
  | { raw: string }
  | { sleepMs: number }
  /** Goes on when such a frame comes; an `input`'s value is then said. */
  | { await: "cancel" | "interrupt" | "input" | "request" }
  /** Says the text of the computation's first input file, or how many bytes all have. */
  | { inputs: true }
  | { exit: number }
  | { done: Record<string, unknown> };

type Heard = { type: string; [key: string]: unknown };

const flags = new Set(process.argv.slice(2));
const usage = { wallMs: 1, cpuMs: 1, memoryBytes: 1000 };
const heard: Heard[] = [];
let waiting: (() => void) | undefined;
let pongs = 0;
const inputs: Buffer[] = [];

async function write(bytes: Buffer): Promise<void> {
  if (!process.stdout.write(bytes)) await new Promise((resolve) => process.stdout.once("drain", resolve));
}

function frame(kind: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length + 1, 0);
  head[4] = kind;
  return Buffer.concat([head, body]);
}

const send = (value: unknown): Promise<void> => write(frame(frameKind.json, Buffer.from(JSON.stringify(value))));

/** The next frame of `type`; others that come before it are dropped. */
async function next(type: string): Promise<Heard> {
  for (;;) {
    const found = heard.shift();
    if (found?.type === type) return found;
    if (!found)
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
  }
}

async function sendFile(computation: string, number: number, file: Extract<Step, { file: unknown }>["file"]): Promise<void> {
  const bytes = Buffer.from(file.text);
  const size = file.announce ?? bytes.length;
  await send({ type: "file", computation, shown: file.shown ?? false, number, path: file.path, size });
  for (let at = 0; at < bytes.length; at += 65536) {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(number, 0);
    await write(frame(frameKind.filePiece, Buffer.concat([head, bytes.subarray(at, at + 65536)])));
  }
  if (size <= bytes.length) await next("fileTaken");
}

async function run(computation: { id: string; code: string }): Promise<void> {
  const say = (text: string, name = "stdout") =>
    send({
      type: "message",
      computation: computation.id,
      message: { msg_type: "stream", content: { name, text }, metadata: {} },
    });
  const steps: Step[] = computation.code.startsWith("[") ? JSON.parse(computation.code) : [{ say: computation.code }];
  let files = 0;
  for (const step of steps) {
    if ("say" in step) await say(step.say, step.name);
    else if ("message" in step)
      await send({ type: "message", computation: computation.id, message: { metadata: {}, ...step.message } });
    else if ("flood" in step) for (let n = 1; n <= step.flood.count; n++) await say(`${n} `.padEnd(step.flood.bytes, "x"));
    else if ("file" in step) await sendFile(computation.id, files++, step.file);
    else if ("frame" in step) await send(step.frame);
    else if ("raw" in step) await write(Buffer.from(step.raw, "base64"));
    else if ("sleepMs" in step) await new Promise((resolve) => setTimeout(resolve, step.sleepMs));
    else if ("await" in step) {
      const got = await next(step.await);
      if (step.await === "input") await say(String(got["value"]));
    } else if ("inputs" in step) await say(Buffer.concat(inputs).toString());
    else if ("exit" in step) process.exit(step.exit);
    else {
      await send({
        type: "done",
        computation: computation.id,
        kind: "ok",
        message: "",
        usage,
        sessionClosed: false,
        ...step.done,
      });
      return;
    }
  }
  await send({
    type: "message",
    computation: computation.id,
    message: { msg_type: "execute_reply", content: { status: "ok", execution_count: 1 }, metadata: {} },
  });
  await send({ type: "done", computation: computation.id, kind: "ok", message: "", usage, sessionClosed: false });
}

const slow: number[] = [];
const reply = (id: number, content: object) => send({ type: "reply", id, msg_type: "complete_reply", content });

async function take(value: Heard, pieces: number): Promise<void> {
  if (value.type === "execute") {
    inputs.length = 0;
    const files = value["files"] as { size: number }[];
    if (files.length === 0) void run(value["computation"] as { id: string; code: string });
    else pending = { value, left: files.reduce((sum, file) => sum + file.size, 0) - pieces };
  } else if (value.type === "ping" && !flags.has("--mute") && !(flags.has("--tired") && pongs > 0)) {
    pongs++;
    await send({ type: "pong", id: value["id"], memoryBytes: process.memoryUsage.rss(), spares: 1 });
  } else if (value.type === "request" && !flags.has("--mute")) {
    // What is slow is answered when it is interrupted.
    if ((value["content"] as { slow?: boolean }).slow) slow.push(value["id"] as number);
    else await reply(value["id"] as number, { status: "ok", asked: value["content"] });
  } else if (value.type === "interruptRequests") {
    const id = slow.shift();
    if (id !== undefined) await reply(id, { status: "error", ename: "KeyboardInterrupt" });
  }
  heard.push(value);
  waiting?.();
}

let pending: { value: Heard; left: number } | undefined;
let buffer = Buffer.alloc(0);

async function main(): Promise<void> {
  if (!flags.has("--late")) await send({ type: "ready", python: "3.13", sage: "scripted", warmUpMs: 0 });
  if (flags.has("--deaf")) return void setInterval(() => undefined, 1000);
  for await (const chunk of process.stdin) {
    buffer = Buffer.concat([buffer, chunk as Buffer]);
    while (buffer.length >= 5 && buffer.length >= 4 + buffer.readUInt32BE(0)) {
      const length = buffer.readUInt32BE(0);
      const body = buffer.subarray(5, 4 + length);
      const isPiece = buffer[4] === frameKind.filePiece;
      buffer = buffer.subarray(4 + length);
      if (!isPiece) await take(JSON.parse(body.toString()), 0);
      else if (pending) {
        inputs.push(Buffer.from(body.subarray(4)));
        pending.left -= body.length - 4;
        if (pending.left > 0) continue;
        void run(pending.value["computation"] as { id: string; code: string });
        pending = undefined;
      }
    }
  }
  process.exit(0);
}

// Importing it for its steps starts nothing.
if (process.argv[1]?.endsWith("scripted-kernel.ts")) await main();
