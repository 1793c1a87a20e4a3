/** What is said to an agent on `kernel.<kid>.in.*`, and its answers; next: kernel-frames.ts (the agent and its kernel). */
import { z } from "zod";
import { computation, computationId, gatewayId, kernelId, poolName, sessionId } from "#protocol/computation.ts";

/** A signed right to PUT files for one computation: the filestore's base address (see files.ts) and the token it checks. */
export const uploadGrant = z.object({ url: z.url(), token: z.string().max(2048) });

/** `kernel.<kid>.in.exec`. The reply goes to `replyTo`, inside the kernel's own names. */
export const execRequest = z.object({
  computation,
  gateway: gatewayId,
  replyTo: z.string(),
  /** ms since 1970: do not start later. */
  notAfter: z.int(),
  /** The computation of the same session before this one, which may not have come yet: without it this one is not taken. */
  after: computationId.optional(),
  /** Its times are wanted in the end. */
  traced: z.boolean().optional(),
  grant: uploadGrant,
});
export type ExecRequest = z.infer<typeof execRequest>;

export const execReply = z.discriminatedUnion("answer", [
  /** `sequence` is that of the last status sent before this answer: older statuses are stale. Repeated for a computation it has. */
  z.object({ answer: z.literal("accepted"), computation: computationId, sequence: z.int().nonnegative() }),
  z.object({ answer: z.literal("busy"), computation: computationId, sequence: z.int().nonnegative() }),
  z.object({ answer: z.literal("refused"), computation: computationId, reason: z.string().max(500) }),
]);
export type ExecReply = z.infer<typeof execReply>;

/** `kernel.<kid>.in.control`: no answer; what came of it is in the transcript. */
export const controlMessage = z.discriminatedUnion("control", [
  z.object({ control: z.literal("interrupt"), computation: computationId.optional() }),
  z.object({ control: z.literal("cancel"), computation: computationId }),
  z.object({ control: z.literal("input"), computation: computationId, value: z.string().max(65536) }),
  z.object({ control: z.literal("closeSession"), session: sessionId }),
  z.object({ control: z.literal("leave") }),
]);
export type ControlMessage = z.infer<typeof controlMessage>;

/** `kernel.<kid>.in.request`: what is no computation (Jupyter's complete, inspect, is_complete, history, comm). */
export const sideRequest = z.object({
  replyTo: z.string(),
  session: sessionId,
  msg_type: z.enum([
    "complete_request",
    "inspect_request",
    "is_complete_request",
    "history_request",
    "comm_msg",
    "comm_open",
    "comm_close",
    "comm_info_request",
    /** Of SageMathCell's interacts: { interact_id, values, update_last }. */
    "update_interact_request",
  ]),
  content: z.record(z.string(), z.unknown()),
});
export type SideRequest = z.infer<typeof sideRequest>;
/** Its answer runs users' functions: it has the session's time limit, any other 10 s. */
export const runsUserCode = (msgType: SideRequest["msg_type"]): boolean =>
  /^(comm_(open|msg|close)|update_interact_request)$/.test(msgType);
/** `saidUpTo`: the number of the last message that the session said by itself before this reply. */
export const sideReply = z.object({
  msg_type: z.string(),
  content: z.record(z.string(), z.unknown()),
  saidUpTo: z.int().nonnegative().optional(),
});
export type SideReply = z.infer<typeof sideReply>;

/** `kernel.<kid>.status`, every two seconds and on change. */
export const kernelStatus = z.object({
  kernel: kernelId,
  pool: poolName,
  state: z.enum(["idle", "busy", "leaving"]),
  /** Computations it could take now. */
  freeSlots: z.int().nonnegative(),
  served: z.int().nonnegative(),
  session: sessionId.optional(),
  computations: z.array(computationId),
  memoryBytes: z.int().nonnegative(),
  /** Counts up within one agent's life: an older one arriving later is dropped. */
  sequence: z.int().nonnegative(),
});
export type KernelStatus = z.infer<typeof kernelStatus>;

/** `gateway.<gid>.status`, every second. */
export const gatewayStatus = z.object({
  gateway: gatewayId,
  waiting: z.record(poolName, z.int().nonnegative()),
  running: z.int().nonnegative(),
  /** Computations that it has not accepted since it began. */
  refused: z.int().nonnegative().optional(),
  /** Stops: others adopt its computations at once instead of after its silence. */
  leaving: z.boolean(),
});
export type GatewayStatus = z.infer<typeof gatewayStatus>;

/** `pool.<name>.condemn` (a request; the answer confirms the destruction). */
export const condemnRequest = z.object({ kernel: kernelId, reason: z.string().max(500) });
export const condemnReply = z.object({ kernel: kernelId, destroyed: z.boolean() });
/** `pool.<name>.destroyed`: no process of this kernel is left, or they are told to end and can't refuse. */
export const destroyedKernel = z.object({ kernel: kernelId });
export type DestroyedKernel = z.infer<typeof destroyedKernel>;
export type CondemnRequest = z.infer<typeof condemnRequest>;
export type CondemnReply = z.infer<typeof condemnReply>;
