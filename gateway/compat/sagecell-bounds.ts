/** Every limit of SageMathCell's interface, together; next: sagecell-kernels.ts. */

/** Sizes in bytes or characters, times as their names say. */
export const bounds = {
  /** Of POST /service, as its clients know it. */
  serviceCodeCharsMax: 65_000,
  serviceSeconds: 30,
  formBytesMax: 512 * 1024,
  expressionsMax: 50,
  callbackCharsMax: 128,
  /** Computations of one kernel that wait for the one that runs. */
  waitingMax: 32,
  /** Of one kernel: requests beside them that have no answer yet; more are dropped. */
  askedMax: 64,
  messageBytesMax: 512 * 1024,
  kernelsPerConnectionMax: 64,
  /** A lasting kernel that nobody uses for so long is given back. */
  idleMs: 15 * 60_000,
  /** Kernels whose computations are remembered for their files. */
  rememberedKernelsMax: 10_000,
  rememberedComputationsMax: 200,
  /** Computations that a gateway looks up of a kernel that it does not remember. */
  lookedUpMax: 20,
  pollMs: 30_000,
  /** HTML that became a file is put back into its message up to here. */
  inlineHtmlBytesMax: 4 * 1024 * 1024,
  modelsMax: 2_000,
  /** Of a page of this project's that comes back: what is kept for it, how long, and of how many. */
  heldCharsMax: 2 * 1024 * 1024,
  heldMs: 60_000,
  heldLinesMax: 2_048,
  heardIdsMax: 1_000,
  sockJsSessionsMax: 2_048,
  sockJsSessionsPerClientMax: 64,
  /** What waits for a client that polls. */
  sockJsBufferBytesMax: 8 * 1024 * 1024,
  sockJsHeartbeatMs: 25_000,
  /** A session without a connection is over after this. */
  sockJsDisconnectMs: 5_000,
  sockJsStreamBytesMax: 128 * 1024,
  permalinksPerWindow: 60,
  permalinkWindowSeconds: 60,
  permalinkCodeBytesMax: 128 * 1024,
  permalinkInteractsBytesMax: 64 * 1024,
} as const;
