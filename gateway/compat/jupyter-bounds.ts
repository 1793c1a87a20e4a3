/** Every limit of the Jupyter interface, together; next: jupyter-wire.ts. Times in ms, sizes in bytes, as the names say. */

const MiB = 1024 * 1024;

export const bounds = {
  /** Of one name in the lists (jupyter-clients.ts), and of one address, which may have many names. */
  kernelsPerOwnerMax: 30,
  kernelsPerClientMax: 200,
  kernelsMax: 2_000,
  sessionsPerOwnerMax: 100,
  sessionsMax: 10_000,
  /** Who nobody is connected to, and nothing runs in, is forgotten here after so long; who knows its id finds it again. */
  unusedKernelMs: 60 * 60_000,
  sweepMs: 60_000,

  /** Of what a client sends. */
  messagesPerWindow: 5_000,
  windowMs: 10_000,
  headerBytesMax: 4 * 1024,
  idCharsMax: 256,
  buffersMax: 256,
  /** What goes to a kernel beside its cells; the frames between agent and kernel have 1 MiB, base64 included. */
  questionBytesMax: 512 * 1024,
  /** Cells and questions that wait at one kernel. */
  lineMax: 1_000,
  lineBytesMax: 8 * MiB,

  /** Of one kernel: who is connected, or may come back. */
  outletsMax: 32,
  awayMs: 5 * 60_000,
  /** Kept for who is away; beyond it outputs are dropped, and it is told so. */
  awayMessagesMax: 5_000,
  awayBytesMax: 4 * MiB,
  /** What may wait for a reader that is there; beyond it no more output is read from the kernel, for `stuckReaderMs`. */
  readerBytesMax: 4 * MiB,
  readerMessagesMax: 5_000,
  stuckReaderMs: 30_000,
  /** Beyond these a reader is cut off, whatever waits for it. */
  queueBytesMax: 32 * MiB,
  queueMessagesMax: 20_000,
  /** Handed to the socket at a time. */
  socketBytesMax: 1 * MiB,

  /** A payload that is a file is put into its message up to this size; all of one message together. */
  payloadBytesMax: 8 * MiB,
  payloadMs: 15_000,

  /** One wait for news. */
  waitMs: 15_000,
  /** How long a reply waits for what its kernel said before it. */
  saidMs: 5_000,
  retryMs: 1_000,
} as const;
