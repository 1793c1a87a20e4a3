/** What a cell shows, as data; next: model.ts (makes it of messages), view.ts (draws it). */
import type { Blocks } from "./blocks.ts";
import type { Bundle } from "./content.ts";
import type { TerminalText } from "./terminal-text.ts";

export type StreamName = "stdout" | "stderr";

export interface TextItem {
  readonly kind: "text";
  readonly key: number;
  readonly stream: StreamName;
  readonly text: TerminalText;
}
export interface BundleItem {
  readonly kind: "bundle";
  readonly key: number;
  readonly role: "result" | "display";
  readonly displayId: string | undefined;
  readonly bundle: Bundle;
}
export interface ErrorItem {
  readonly kind: "error";
  readonly key: number;
  readonly name: string;
  readonly value: string;
  readonly traceback: string;
}
export interface InputItem {
  readonly kind: "input";
  readonly key: number;
  readonly prompt: string;
  readonly password: boolean;
  /** `closed`: the computation ended before an answer came. */
  readonly state: "open" | "answered" | "closed";
  readonly answer: string;
}
export interface BlocksItem {
  readonly kind: "blocks";
  readonly key: number;
  readonly blocks: Blocks;
}
export type OutputItem = TextItem | BundleItem | ErrorItem | InputItem | BlocksItem;

export interface Output {
  readonly items: readonly OutputItem[];
  readonly nextKey: number;
  /** `clear_output(wait=True)` came: the next output replaces everything. */
  readonly clearPending: boolean;
  /** Messages up to here are in; a repeat changes nothing. */
  readonly lastNumber: number;
}

export const noOutput: Output = { items: [], nextKey: 1, clearPending: false, lastNumber: 0 };
