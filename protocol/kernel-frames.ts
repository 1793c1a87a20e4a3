/**
 * The frames between an agent and its kernel, over the kernel's standard input and output (or a socket); next: subjects.ts.
 *
 * A frame is a big-endian uint32 length of what follows, one byte of kind, and a body. Kind 0: a JSON object, one of those below.
 * Kind 1: a piece of a file, a big-endian uint32 file number and then the bytes. A frame is at most 1 MiB; a longer one is a
 * reason to destroy the kernel.
 */
import { z } from "zod";
import { computation, computationId, outcomeKind, sessionId, usage } from "#protocol/computation.ts";
import { kernelMessage } from "#protocol/messages.ts";

export const frameBytesMax = 1024 * 1024;
export const frameKind = { json: 0, filePiece: 1 } as const;

/** A file in transit: announced here, then its bytes as pieces with the same number, `size` of them in all. */
const fileAnnouncement = z.object({ number: z.int().nonnegative(), path: z.string(), size: z.int().nonnegative() });

/** Agent -> kernel. */
export const toKernel = z.discriminatedUnion("type", [
  /** The announced input files follow at once as pieces, in order. `mode`: a fork per computation, or a lasting shell. */
  z.object({
    type: z.literal("execute"),
    computation: computation.omit({ files: true }),
    mode: z.enum(["oneShot", "session"]),
    files: z.array(fileAnnouncement),
  }),
  z.object({ type: z.literal("interrupt"), computation: computationId }),
  z.object({ type: z.literal("cancel"), computation: computationId }),
  z.object({ type: z.literal("input"), computation: computationId, value: z.string() }),
  /** Answered by `reply` with the same id; output it makes belongs to no computation and comes as `sessionMessage`. */
  z.object({ type: z.literal("request"), id: z.int(), msg_type: z.string(), content: z.record(z.string(), z.unknown()) }),
  /** As Ctrl-C to what runs because of requests; the session ends where it does not react. */
  z.object({ type: z.literal("interruptRequests") }),
  /** The agent uploaded (or refused) this file: the kernel may send the next. Keeps at most one file in flight. */
  z.object({ type: z.literal("fileTaken"), computation: computationId, number: z.int() }),
  z.object({ type: z.literal("ping"), id: z.int() }),
]);
export type ToKernel = z.infer<typeof toKernel>;

/** Kernel -> agent. */
export const fromKernel = z.discriminatedUnion("type", [
  /** Sent once, when the first child is ready; `python` and `sage` are versions. */
  z.object({ type: z.literal("ready"), python: z.string(), sage: z.string(), warmUpMs: z.number() }),
  z.object({ type: z.literal("message"), computation: computationId, message: kernelMessage }),
  z.object({ type: z.literal("sessionMessage"), message: kernelMessage }),
  /** A new file of the working directory, or (`shown`) a payload of a message that follows; its pieces come next. */
  z.object({ type: z.literal("file"), computation: computationId, shown: z.boolean() }).extend(fileAnnouncement.shape),
  /** The child and all its processes are gone (one-shot that does not stay), or the cell is over (session). */
  z.object({
    type: z.literal("done"),
    computation: computationId,
    kind: outcomeKind.exclude(["lost", "rejected"]),
    message: z.string(),
    usage,
    sessionClosed: z.boolean(),
    /** The child of a one-shot is a session's from now on: only for a computation with `staySession`. */
    stays: z.boolean().optional(),
  }),
  z.object({ type: z.literal("reply"), id: z.int(), msg_type: z.string(), content: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal("pong"), id: z.int(), memoryBytes: z.int(), spares: z.int() }),
  /** The kernel must not be used again, and why. */
  z.object({ type: z.literal("broken"), reason: z.string() }),
]);
export type FromKernel = z.infer<typeof fromKernel>;
export const executeFrame = toKernel.options[0];
export { sessionId };
