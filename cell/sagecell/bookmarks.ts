/** Named places of an interact's controls, kept by its reader or made by its code; next: session.ts. */
import { button, make } from "../dom.ts";
import { recordOf, textOf } from "./page.ts";

export type State = Readonly<Record<string, unknown>>;

const bookmarksMax = 200;

export class Bookmarks {
  readonly node = make("details", { class: "sagecell_bookmarks" }, make("summary", { text: "Bookmarks" }));
  readonly #list = make("ul", { class: "sagecell_bookmarks_list" });
  readonly #all: { name: string; values: State }[] = [];
  readonly #go: (values: State) => void;

  /** `now`: where the controls stand. `go`: a bookmark was chosen. */
  constructor(now: () => State, go: (values: State) => void) {
    this.#go = go;
    const name = make("input", { attributes: { placeholder: "Bookmark name", "aria-label": "Bookmark name" } });
    const keep = button("Add bookmark", () => {
      this.add(name.value || `Bookmark ${this.#all.length + 1}`, now());
      name.value = "";
    });
    this.node.append(this.#list, name, keep);
  }

  add(name: string, values: State): void {
    if (this.#all.length >= bookmarksMax) return;
    const one = { name, values };
    this.#all.push(one);
    const entry = make(
      "li",
      {},
      button(name, () => this.#go(values)),
      button(
        "×",
        () => {
          this.#all.splice(this.#all.indexOf(one), 1);
          entry.remove();
        },
        { attributes: { "aria-label": `Delete ${name}` } },
      ),
    );
    this.#list.append(entry);
  }

  /** As SageMathCell's links keep them. */
  saved(): { name: string; state: State }[] {
    return this.#all.map(({ name, values }) => ({ name, state: values }));
  }

  restore(saved: unknown): void {
    for (const one of Array.isArray(saved) ? (saved as unknown[]) : []) {
      const { name, state } = recordOf(one);
      if (name !== undefined) this.add(textOf(name), recordOf(state));
    }
  }
}
