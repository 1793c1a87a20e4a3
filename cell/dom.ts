/** Elements in one line each. Text only ever becomes text nodes: nothing here parses markup. */
import { words } from "./words/words.ts";

export interface Details {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  details: Details = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (details.class) element.className = details.class;
  if (details.text !== undefined) element.textContent = details.text;
  for (const [name, value] of Object.entries(details.attributes ?? {})) {
    if (value !== undefined) element.setAttribute(name, String(value));
  }
  for (const [type, listener] of Object.entries(details.on ?? {})) element.addEventListener(type, listener);
  element.append(...children);
  return element;
}

export function button(label: string, press: () => void, details: Details = {}): HTMLButtonElement {
  return make("button", {
    text: label,
    ...details,
    attributes: { type: "button", ...details.attributes },
    on: { click: press },
  });
}

/** Copies, and says so on the button itself. */
export function copyButton(text: () => string, label = words("copy")): HTMLButtonElement {
  const self = button(label, () => {
    void navigator.clipboard
      .writeText(text())
      .then(
        () => words("copied"),
        () => words("notCopied"),
      )
      .then((said) => {
        self.textContent = said;
        setTimeout(() => {
          self.textContent = label;
        }, 1500);
      });
  });
  self.classList.add("link");
  return self;
}

export function saveAs(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  make("a", { attributes: { href: url, download: name } }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return words("bytes", { n: bytes });
  const units = ["kB", "MB", "GB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
