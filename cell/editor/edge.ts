/** What a cell asks of its editor; plain-editor.ts works at once, code-editor.ts replaces it when it has arrived. */

export interface EditorEvents {
  run(): void;
  changed(): void;
  /** What the kernel offers at a place of the code; undefined where there is none to ask. */
  complete(code: string, at: number): Promise<Completions | undefined>;
  help(name: string): void;
}
export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly matches: readonly string[];
}
export interface Selection {
  readonly from: number;
  readonly to: number;
}
export interface Editor {
  readonly node: HTMLElement;
  value(): string;
  setValue(code: string): void;
  selection(): Selection;
  select(selection: Selection): void;
  hasFocus(): boolean;
  focus(): void;
  /** Caret to the start of a line, from 1, and into view. */
  goToLine(line: number): void;
  setReadOnly(readOnly: boolean): void;
  destroy(): void;
}
export interface EditorSetup {
  readonly code: string;
  readonly label: string;
  readonly hintId: string;
  readonly readOnly: boolean;
  readonly root: ShadowRoot;
  readonly events: EditorEvents;
}
