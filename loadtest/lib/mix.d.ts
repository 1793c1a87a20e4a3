/** Types of mix.js for what runs in Node; next: plot.d.ts. */
export type Kind = { name: string; share: number; outcome: string; code: (n: number) => string; file?: boolean };
export const kinds: Kind[];
export function mixOf(text?: string): Kind[];
export function pick(mix: Kind[], chance: number): Kind;
