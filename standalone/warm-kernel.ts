/** A kernel that no agent holds: started to be checkpointed, or to see whether a checkpoint can be restored; next: gvisor-sandboxes.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { frameKind } from "#protocol/kernel-frames.ts";
import { endProcess } from "#standalone/processes.ts";

const lengthBytes = 4;
const firstFrameBytesMax = 4096;
const errorTextMax = 2000;

const jsonFrame = (message: object): Buffer => {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(lengthBytes + 1);
  head.writeUInt32BE(body.length + 1);
  head.writeUInt8(frameKind.json, lengthBytes);
  return Buffer.concat([head, body]);
};
export const pingFrame = jsonFrame({ type: "ping", id: 0 });

export type Awaited = { say?: Buffer; hear: "ready" | "pong"; limitMs: number };

/**
 * Starts `argv`, says something to it, and waits for its first word; returns that frame. No code of anybody ever runs in it.
 * Throws, the process ended, when it dies, says something else, or is late.
 */
export const startWarm = async (
  argv: readonly string[],
  { say, hear, limitMs }: Awaited,
): Promise<{ child: ChildProcess; frame: Buffer }> => {
  const [program, ...args] = argv;
  const child = spawn(program ?? "", args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  let errors = "";
  child.stdin.on("error", () => undefined);
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-errorTextMax);
  });
  if (say) child.stdin.write(say);
  try {
    const frame = await new Promise<Buffer>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`it said nothing within ${limitMs / 1000} s`)), limitMs);
      let said = Buffer.alloc(0);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`it ended with ${signal ?? code}: ${errors.trim()}`)));
      child.once("close", () => clearTimeout(late));
      child.stdout.on("data", (chunk: Buffer) => {
        said = Buffer.concat([said, chunk]);
        const frame = firstFrame(said);
        if (frame === undefined) return;
        clearTimeout(late);
        if (frame !== null && typeOf(frame) === hear) resolve(frame);
        else reject(new Error(`its first word was not ${hear}`));
      });
    });
    return { child, frame };
  } catch (error) {
    await endProcess(child, 0);
    throw error;
  }
};

/** undefined: not whole yet; null: too long to be one that is waited for. */
const firstFrame = (said: Buffer): Buffer | undefined | null => {
  if (said.length < lengthBytes) return undefined;
  const end = lengthBytes + said.readUInt32BE(0);
  if (end > firstFrameBytesMax) return null;
  return said.length < end ? undefined : Buffer.from(said.subarray(0, end));
};

const typeOf = (frame: Buffer): unknown => {
  try {
    return (JSON.parse(frame.subarray(lengthBytes + 1).toString()) as { type?: unknown }).type;
  } catch {
    return undefined;
  }
};
