// What load is made of: kinds of code and how often each comes; k6 and Node both read it. Next: api.js (how k6 asks).

/**
 * One kind of code. `share`: its part of the mix; `outcome`: how it ends when all is well. `n` makes each piece of code another.
 * @typedef {{ name: string, share: number, outcome: string, code: (n: number) => string, file?: boolean }} Kind
 */

/** @type {Kind[]} */
export const kinds = [
  { name: "arithmetic", share: 40, outcome: "ok", code: (n) => `${n} + 1` },
  { name: "algebra", share: 25, outcome: "ok", code: (n) => `factor(x^2 - ${n}^2)` },
  { name: "integral", share: 15, outcome: "ok", code: (n) => `integrate(${n} * sin(x)^2, x)` },
  { name: "plot", share: 13, outcome: "ok", code: (n) => `plot(sin(${n} * x), (x, 0, 6))`, file: true },
  { name: "error", share: 5, outcome: "error", code: (n) => `1/0  # ${n}` },
  { name: "long", share: 2, outcome: "ok", code: (n) => `sleep(2); print(${n})` },
];

/**
 * `text` is `realistic` (all kinds by their shares), or names with shares: `arithmetic=90,plot=10`, `integral`.
 * Throws an Error that names what is not known.
 * @param {string} [text]
 * @returns {Kind[]}
 */
export function mixOf(text = "realistic") {
  if (text === "realistic") return kinds;
  return text.split(",").map((part) => {
    const [name, share = "1"] = part.split("=");
    const kind = kinds.find((one) => one.name === name);
    if (!kind || !(Number(share) > 0))
      throw new Error(`MIX: ${part} is not NAME=SHARE with a name of ${kinds.map((one) => one.name).join(", ")}`);
    return { ...kind, share: Number(share) };
  });
}

/**
 * The kind at `chance` (0 to 1) of the mix.
 * @param {Kind[]} mix
 * @param {number} chance
 * @returns {Kind}
 */
export function pick(mix, chance) {
  let left = chance * mix.reduce((sum, { share }) => sum + share, 0);
  const found = mix.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  if (!found) throw new Error("a mix of nothing");
  return found;
}
