/** How many kernels may be created now: a token bucket, and slow start with back-off after failures; next: reconcile.ts. */
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";

/** What was tried lately. `askedAt` in order, oldest first, bounded; `failures` in a row since the last kernel that got warm. */
export type Starts = { askedAt: readonly number[]; failures: number; failedAt: number };

const rememberedMax = 256;
export const noStarts: Starts = { askedAt: [], failures: 0, failedAt: 0 };
export const noteAsked = (starts: Starts, now: number): Starts => ({
  ...starts,
  askedAt: [...starts.askedAt, now].slice(-rememberedMax),
});
export const noteFailed = (starts: Starts, now: number): Starts => ({
  ...starts,
  failures: starts.failures + 1,
  failedAt: now,
});
export const noteWarm = (starts: Starts): Starts => (starts.failures === 0 ? starts : { ...starts, failures: 0 });

/** `allowed` creates now, and when to ask again if that is not enough. `starting`: those under way. */
export const allowance = (spec: KernelPoolSpec, starts: Starts, starting: number, now: number) => {
  if (starts.failures > 0) {
    // Slow start: one at a time until one gets warm, each later than the one before.
    const pause = Math.min(spec.times.backOffMaxMs, spec.times.backOffMs * 2 ** Math.min(starts.failures - 1, 20));
    const from = starts.failedAt + pause;
    if (now < from) return { allowed: 0, againAt: from };
    if (starting > 0) return { allowed: 0, againAt: null };
    return { allowed: 1, againAt: null };
  }
  const { perSecond, burst } = spec.refill;
  let tokens = burst;
  let last = starts.askedAt[0] ?? now;
  for (const at of starts.askedAt) {
    tokens = Math.min(burst, tokens + (Math.max(0, at - last) / 1000) * perSecond) - 1;
    last = at;
  }
  tokens = Math.min(burst, tokens + (Math.max(0, now - last) / 1000) * perSecond);
  const allowed = Math.max(0, Math.floor(tokens + 1e-9));
  return { allowed, againAt: now + Math.max(1, Math.ceil(((allowed + 1 - tokens) / perSecond) * 1000)) };
};
