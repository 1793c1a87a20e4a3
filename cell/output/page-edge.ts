/** What the views need of their cell and its server; sage-cell.ts provides it, tests another. */

import type { Session } from "../session/session.ts";
import type { FramePlace } from "./frame-place.ts";

export interface PageEdge {
  root(): ShadowRoot;
  /** Undefined where the server has none. */
  frame(): FramePlace | undefined;
  /** Whose widgets the output may show; undefined before anything ran. */
  session(): Session | undefined;
  fileUrl(path: string): string;
  /** Rejects with words for the reader. */
  file(path: string): Promise<Blob>;
  /** By the cell's live region. */
  say(words: string): void;
  moveCaret(line: number): void;
  /** Answers the input with this key. Rejects with words for the reader. */
  answer(key: number, value: string): Promise<void>;
}
