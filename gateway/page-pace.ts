/**
 * How fast large pages are handed out: all together at about half of what one gateway could read and write, those of one computation at
 * a quarter of that, so that those who ask for little find the gateway free in between; next: computations.ts.
 */
import { Pace } from "#service/pace.ts";

export const pageBounds = {
  /** About what one answer holds, so how long a turn may be; a single message may have 256 KiB. */
  bytesMax: 128 * 1024,
  messagesMax: 1000,
  /** Above it a page is large. */
  smallBytes: 32 * 1024,
  /** However many ask for large pages, one is not held back longer. */
  pauseMsMax: 2_000,
  allBytesPerMs: 25_000,
  oneBytesPerMs: 6_000,
  oneBurstBytes: 512 * 1024,
  pacesMax: 2_000,
} as const;

export class PagePace {
  readonly #now: () => number;
  readonly #all = new Pace({ bytesPerMs: pageBounds.allBytesPerMs, burstBytes: 0, pauseMsMax: pageBounds.pauseMsMax });
  /** By computation, the longest unused first. */
  readonly #ones = new Map<string, Pace>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** For how many ms the page of `bytes` of computation `id` is to be held back. */
  take(id: string, bytes: number): number {
    if (bytes <= pageBounds.smallBytes) return 0;
    const now = this.#now();
    const { oneBytesPerMs: bytesPerMs, oneBurstBytes: burstBytes, pauseMsMax } = pageBounds;
    const one = this.#ones.get(id) ?? new Pace({ bytesPerMs, burstBytes, pauseMsMax });
    this.#ones.delete(id);
    for (const [other, pace] of this.#ones) {
      if (!pace.quiet(now) && this.#ones.size < pageBounds.pacesMax) break;
      this.#ones.delete(other);
    }
    this.#ones.set(id, one);
    return Math.max(this.#all.take(bytes, now), one.take(bytes, now));
  }
}
