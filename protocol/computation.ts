/**
 * A computation as it is submitted, recorded in the ledger and shown to clients; next: messages.ts (what it gives back).
 *
 *     (POST) ──▶ queued ──▶ running ──▶ finished        one record a step: request, assigned, outcome
 *                   └──────────▲──────────┘             (rejected, cancelled: finished without ever running)
 */
import { z } from "zod";

export const computationId = z.string().regex(/^c[0-9a-z]{25}$/, "a computation id is c and 25 of 0-9 a-z");
export const sessionId = z.string().regex(/^s[0-9a-z]{25}$/, "a session id is s and 25 of 0-9 a-z");
export const kernelId = z.string().regex(/^k[0-9a-z]{25}$/, "a kernel id is k and 25 of 0-9 a-z");
export const gatewayId = z.string().regex(/^g[0-9a-z]{25}$/, "a gateway id is g and 25 of 0-9 a-z");
export const poolName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower case letters, digits and hyphens");

/** Beside Sage and Python those that Sage has an interface to; what is not installed there says so. `html` is only shown. */
export const language = z.enum(["sage", "python", "gap", "gp", "html", "macaulay2", "maxima", "octave", "r", "singular"]);
export type Language = z.infer<typeof language>;

/** What a computation may use. Times in milliseconds or seconds, sizes in bytes, as the names say. */
export const limits = z.object({
  wallMs: z.int().positive(),
  cpuSeconds: z.int().positive(),
  addressSpaceBytes: z.int().positive(),
  processes: z.int().positive(),
  fileBytes: z.int().positive(),
  workspaceBytes: z.int().positive(),
  workspaceFiles: z.int().positive(),
  outputBytes: z.int().positive(),
  outputMessages: z.int().positive(),
  uploadFiles: z.int().positive(),
  uploadBytes: z.int().positive(),
});
export type Limits = z.infer<typeof limits>;

/** How it ended, exactly one. `rejected`: waited too long for a kernel. `lost`: its kernel vanished. */
export const outcomeKind = z.enum(["ok", "error", "timeout", "outputLimit", "memory", "cancelled", "lost", "rejected"]);
export type OutcomeKind = z.infer<typeof outcomeKind>;

export const fileEntry = z.object({
  path: z.string().min(1).max(1024),
  size: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FileEntry = z.infer<typeof fileEntry>;

/** CPU and wall in milliseconds, memory in bytes; absent where the kernel vanished before it could say. */
export const usage = z.object({
  wallMs: z.number().nonnegative(),
  cpuMs: z.number().nonnegative(),
  memoryBytes: z.int().nonnegative(),
});

export const outcome = z.object({
  kind: outcomeKind,
  /** Words for the user: which limit, which signal, why lost. */
  message: z.string().max(2000),
  /** The last message number that counts; later ones are never shown. */
  lastNumber: z.int().nonnegative(),
  files: z.array(fileEntry),
  usage: usage.optional(),
  /** It left an interact or a comm behind: its kernel stays as this session. */
  sessionId: sessionId.optional(),
});
export type Outcome = z.infer<typeof outcome>;

/**
 * By whose rules a default value is a control of an `interact`, and how that is shown: Sage's, as widgets (what a computation has that
 * says nothing); SageMathCell's, in its own messages; or SageMathCell's, as widgets.
 */
export const interactStyle = z.enum(["sage", "sagecell", "sagecellWidgets"]);
export type InteractStyle = z.infer<typeof interactStyle>;

/** What Sage's plots and matplotlib's figures are shown as, by IPython's names; `svg` has long data in it as pixels. */
export const figureFormat = z.enum(["png", "svg"]);
export type FigureFormat = z.infer<typeof figureFormat>;

/** The inputs of one computation as the kernel needs them. */
export const computation = z.object({
  id: computationId,
  code: z.string(),
  language,
  limits,
  /** Input files, already in the filestore in the area `in` (files.ts). */
  files: z.array(fileEntry),
  /** Jupyter's user_expressions: name -> expression, evaluated after the code. */
  expressions: z.record(z.string(), z.string()),
  sessionId: sessionId.optional(),
  /** Of one that runs in no session: if it leaves an interact or a comm behind, its kernel stays as this session. */
  staySession: sessionId.optional(),
  /** May the code ask with input()? */
  allowInput: z.boolean(),
  /** False: no cell of its session's history, and it gets no number (Jupyter's store_history). */
  storeHistory: z.boolean().optional(),
  interacts: interactStyle.optional(),
  figureFormat: figureFormat.optional(),
});
export type Computation = z.infer<typeof computation>;

const step = { at: z.int(), writer: gatewayId };

/** The trace that a computation belongs to, and the span above it, in hexadecimal digits as W3C Trace Context has them. */
export const traceMark = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  parent: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
});
export type TraceMark = z.infer<typeof traceMark>;

/** Appended first; its acknowledged append is the acceptance. `at` in ms since 1970. */
export const requestRecord = z.object({
  ...step,
  step: z.literal("request"),
  computation,
  pool: poolName,
  /** A keyed hash of who asked, for fair shares; never an address. */
  client: z.string().max(64),
  /** A hash of the body under an Idempotency-Key: another body under the same key is refused. */
  bodyDigest: z.string().max(64),
  /** Ends `rejected` if no kernel took it by then. */
  waitUntil: z.int(),
  /** Only where it is traced. */
  trace: traceMark.optional(),
});
export const assignedRecord = z.object({
  ...step,
  step: z.literal("assigned"),
  kernel: kernelId,
  /** The kernel refuses to start later than this; without an outcome by `endBy` the computation is lost. */
  notAfter: z.int(),
  endBy: z.int(),
});
export const outcomeRecord = z.object({ ...step, step: z.literal("outcome"), outcome });
export const computationRecord = z.discriminatedUnion("step", [requestRecord, assignedRecord, outcomeRecord]);
export type RequestRecord = z.infer<typeof requestRecord>;
export type AssignedRecord = z.infer<typeof assignedRecord>;
export type OutcomeRecord = z.infer<typeof outcomeRecord>;
export type ComputationRecord = z.infer<typeof computationRecord>;

export const sessionRecord = z.discriminatedUnion("step", [
  z.object({ ...step, step: z.literal("opened"), pool: poolName, client: z.string().max(64) }),
  z.object({ ...step, step: z.literal("assigned"), kernel: kernelId }),
  /** `successor`: the session that took its place. */
  z.object({ ...step, step: z.literal("closed"), reason: z.string().max(200), successor: sessionId.optional() }),
]);
export type SessionRecord = z.infer<typeof sessionRecord>;
