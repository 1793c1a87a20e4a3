/** The messages of a transcript: Jupyter's (format 5.4) with a number; next: exec.ts (how a kernel is asked to run). */
import { z } from "zod";
import { computationId, fileEntry, outcomeKind, sessionId, usage } from "#protocol/computation.ts";

export const outputMessageTypes = [
  "stream",
  "execute_result",
  "display_data",
  "update_display_data",
  "clear_output",
  "error",
  "execute_reply",
  "input_request",
  "extension",
  "comm_open",
  "comm_msg",
  "comm_close",
] as const;

const json = z.record(z.string(), z.unknown());

/** What the kernel says; the agent adds the number and the parent header. */
export const kernelMessage = z.object({
  msg_type: z.enum(outputMessageTypes),
  content: json,
  metadata: json,
});
export type KernelMessage = z.infer<typeof kernelMessage>;

/** Jupyter's header of the request that a message answers; `msg_id` is the computation's id. */
export const parentHeader = z.object({
  msg_id: z.string(),
  msg_type: z.literal("execute_request"),
  session: z.string(),
  username: z.string(),
  date: z.iso.datetime(),
  version: z.literal("5.4"),
});

/**
 * One line of a transcript. `number` counts from 1 without gaps; `msg_id` is `<computation>-<number>`. A payload above 192 KiB
 * is not in `content.data`: `metadata.links[<mime type>]` then says `{ path, size }`, a file of the same computation.
 */
export const transcriptMessage = kernelMessage.extend({
  number: z.int().positive(),
  msg_id: z.string(),
  parent_header: parentHeader,
});
export type TranscriptMessage = z.infer<typeof transcriptMessage>;

/** Closes a transcript on the kernel's own subject: what the agent knows of the end. A gateway makes the outcome of it. */
export const transcriptEnd = z.object({
  kind: outcomeKind,
  message: z.string().max(2000),
  lastNumber: z.int().nonnegative(),
  files: z.array(fileEntry),
  usage: usage.optional(),
  /** Where it was asked for, ms since 1970 by the agent's clock: taken, told to the kernel, over. */
  times: z.object({ acceptedAt: z.int(), toldAt: z.int(), endedAt: z.int() }).optional(),
  /** The session is over too: its child was killed or died. */
  sessionClosed: z.boolean(),
  /** The child stays, as the session that the computation names. */
  stays: z.boolean().optional(),
});
export type TranscriptEnd = z.infer<typeof transcriptEnd>;

/**
 * One record of `kernel.<kid>.out.<cid>`. An end has the number after the last message's. `kernel.<kid>.out.<sid>` carries only
 * `sessionMessage`: numbered alike, `msg_id` is `<session>-<number>`, the parent's `msg_id` is the session.
 */
export const transcriptRecord = z.discriminatedUnion("record", [
  z.object({
    record: z.literal("message"),
    computation: computationId,
    number: z.int().positive(),
    message: transcriptMessage,
  }),
  z.object({ record: z.literal("end"), computation: computationId, number: z.int().positive(), end: transcriptEnd }),
  z.object({
    record: z.literal("sessionMessage"),
    session: sessionId,
    number: z.int().positive(),
    message: transcriptMessage,
  }),
]);
export type TranscriptRecord = z.infer<typeof transcriptRecord>;

/** The header in which a parcel names its last record, so that a headers-only acknowledgement can. */
export const numberHeader = "Sandcell-Number";
/** Records that are sent together: at most so many, and together so many bytes; one record alone may have `messageBytesMax`. */
export const parcelRecordsMax = 32;
export const parcelBytesMax = 64 * 1024;
export const payloadBytesMax = 192 * 1024;
export const messageBytesMax = 256 * 1024;

/** What is published on `kernel.<kid>.out.<id>` at a time: one record, or several that follow each other. */
const transcriptParcel = z.union([transcriptRecord, z.array(transcriptRecord).min(2).max(parcelRecordsMax)]);

/**
 * The records of a parcel, given its JSON; none where it is anything else, or its header names another last one: who holds a kernel's credential
 * may write anything.
 */
export function recordsOf(json: string, header: string | undefined): TranscriptRecord[] {
  try {
    const records = [transcriptParcel.parse(JSON.parse(json))].flat();
    const first = records[0]?.number ?? 0;
    const follow = records.every(({ number }, at) => number === first + at);
    return follow && String(records.at(-1)?.number) === header ? records : [];
  } catch {
    return []; // no parcel, or no JSON
  }
}
