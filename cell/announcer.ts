/** The one polite live region of a cell: speaks at the end, and once while it is long; next: editor/plain-editor.ts. */
import { make } from "./dom.ts";
import { words } from "./words/words.ts";

const runningAfterMs = 1000;

export interface Announcer {
  readonly node: HTMLElement;
  started(): void;
  say(words: string): void;
}

export function announcer(): Announcer {
  const node = make("div", { class: "unseen", attributes: { role: "status", "aria-live": "polite" } });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    node,
    started() {
      clearTimeout(timer);
      node.textContent = "";
      timer = setTimeout(() => {
        node.textContent = words("runningAloud");
      }, runningAfterMs);
    },
    say(words) {
      clearTimeout(timer);
      node.textContent = words;
    },
  };
}
