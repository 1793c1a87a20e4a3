/** A pace for bytes: so many a millisecond, after some that are free; next: log.ts. */
export type PaceOptions = {
  bytesPerMs: number;
  /** So many may come at once after a quiet time. */
  burstBytes: number;
  /** Nobody pauses longer, however much was taken. */
  pauseMsMax: number;
};

export class Pace {
  readonly #options: PaceOptions;
  /** When all that was taken would be through at this pace, ms. */
  #throughAt = Number.NEGATIVE_INFINITY;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Counts `bytes` that are taken at `now` (ms); answers for how many ms whoever took them is to pause, 0 within the pace. */
  take(bytes: number, now: number): number {
    const { bytesPerMs, burstBytes, pauseMsMax } = this.#options;
    const from = Math.max(this.#throughAt, now - burstBytes / bytesPerMs);
    this.#throughAt = Math.min(from + bytes / bytesPerMs, now + pauseMsMax);
    return Math.max(0, this.#throughAt - now);
  }

  /** Nothing is remembered of it that matters any more. */
  quiet(now: number): boolean {
    return this.#throughAt <= now - this.#options.burstBytes / this.#options.bytesPerMs;
  }
}
