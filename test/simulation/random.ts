/** A seeded source of chance, so that a failing run can be repeated; next: world.ts. */
export type Chance = { below: (n: number) => number; happens: (probability: number) => boolean };

/** mulberry32: 32 bits of state, good enough to explore with, the same everywhere. */
export const chance = (seed: number): Chance => {
  let state = (seed * 0x9e3779b1) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (n) => Math.floor(next() * n), happens: (probability) => next() < probability };
};
