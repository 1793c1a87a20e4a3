/** How an agent ends, as whoever started it reads it; next: exec.ts. */
export const agentExit = {
  /** It left as asked, everything delivered. */
  done: 0,
  /** A fault of its kernel, or something that could not be delivered. */
  fault: 1,
  /** Its kernel was lost before it was given anything to compute: what it was started from is in doubt. */
  unfit: 3,
} as const;
