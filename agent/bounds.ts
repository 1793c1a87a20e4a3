/** Every limit of the agent that is not a setting, in one place; next: frames.ts. Times in ms, sizes in bytes. */
import { messageBytesMax } from "#protocol/messages.ts";

export const bounds = {
  /** Beyond the time limit that the kernel keeps itself: then it is destroyed from outside. */
  wallGraceMs: 5_000,
  /** A kernel that was told to cancel is done by then, or destroyed (it gives its child 2 s after SIGINT). */
  cancelMs: 10_000,
  /** Over all uploads of one computation; files that come later are left out. */
  uploadMs: 30_000,
  /** One attempt to send or to fetch one file. */
  transferMs: 10_000,
  /** Between two attempts, longer each time: a filestore that is started again is there in seconds. */
  transferPauseMs: 200,
  transferPauseMsMax: 2_000,
  /** From this size on a file waits on disk instead of in memory until it is sent. */
  spoolMemoryBytes: 1024 * 1024,
  /** How many files a kernel may announce beyond the upload limit (each refused) before it is destroyed. */
  refusedFilesMax: 256,

  /** Sent and not yet acknowledged. */
  flightRecordsMax: 64,
  flightBytesMax: 512 * 1024,
  /** Held in all, sent or waiting: beyond it the kernel's output is not read. */
  heldRecordsMax: 256,
  heldBytesMax: 1024 * 1024,
  recordBytesMax: messageBytesMax,
  /** Waiting stream messages of the same name are merged up to this size. */
  mergedBytesMax: 64 * 1024,
  resendMs: 2_000,
  /** After a reconnect the ledger may need a moment, so the first repeats come sooner. */
  resendAfterReconnectMs: 250,
  resendMsMax: 10_000,
  tickMs: 250,
  /** How long a kernel without work waits for the ledger to have its last records. */
  deliveryMs: 60_000,

  /** What a kernel says is taken at 8 MB a second, after a first MiB at once; it feels a pause. */
  outputBytesPerMs: 8_000,
  outputBurstBytes: 1024 * 1024,
  outputPauseMsMin: 10,
  outputPauseMsMax: 1_000,

  /** Above its limits the kernel itself ends a computation; these allow for its last words and for how JSON writes them. */
  outputFactor: 6,
  outputSlackBytes: 256 * 1024,
  outputSlackMessages: 32,
  messageFrameBytes: 512,
  /** Over the life of a session, of what belongs to no computation. */
  sessionMessagesMax: 100_000,
  sessionBytesMax: 64 * 1024 * 1024,

  statusMs: 2_000,
  pingMs: 5_000,
  pongMs: 10_000,
  /** Between two attempts to reach a kernel's socket, which a pod's other container makes. */
  socketRetryMs: 200,
  /** Between the end of the kernel's process and the end of what it had written. */
  lastWordsMs: 1_000,
  /** Waiting to be read by the kernel. */
  unreadBytesMax: 4 * 1024 * 1024,
  /** Of the kernel's standard error, logged over its life. */
  stderrBytesMax: 64 * 1024,

  rememberedIds: 1_000,
  sessionQueueMax: 16,
  sideRequestsMax: 16,
  sideRequestMs: 10_000,
  closeMs: 2_000,
} as const;
