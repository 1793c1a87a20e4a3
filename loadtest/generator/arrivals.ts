/** When requests come: a Poisson process from a seed, so that a run can be repeated; next: computation.ts. PURE. */

/** Numbers from 0 to below 1, the same for the same seed (mulberry32's mixing, 32 bits of state). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Milliseconds from the start at which something is due, `perSecond` of them on average, until `seconds` are over. */
export function* poisson(perSecond: number, seconds: number, random: () => number): Generator<number> {
  for (let at = 0; ; ) {
    at += (-Math.log(1 - random()) / perSecond) * 1000;
    if (at >= seconds * 1000) return;
    yield at;
  }
}
