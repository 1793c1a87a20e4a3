/** How a control is described by its kernel, and what every kind of one can do on the page; next: controls.ts. */
import { textOf } from "./page.ts";

export type Described = Readonly<Record<string, unknown>>;
export interface ControlView {
  readonly node: HTMLElement;
  value(): unknown;
  /** What the code, or a saved state, sets; `index`: only this part of it. */
  set(value: unknown, index?: unknown): void;
  /** It stands nowhere: a press is over at once. */
  readonly pulse?: true;
}
/** `changed` is called when a reader is done with a change. */
export type Kind = (described: Described, id: string, changed: () => void) => ControlView;

export const numberOf = (value: unknown, otherwise: number): number =>
  Number.isFinite(Number(value)) ? Number(value) : otherwise;
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const pairOf = (value: unknown): [number, number] => [numberOf(listOf(value)[0], 0), numberOf(listOf(value)[1], 0)];
export const labelsOf = (described: Described, name: string): string[] => listOf(described[name]).map(textOf);
