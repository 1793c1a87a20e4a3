/** The place of a cell's output: its view arrives when something runs; next: view.ts. */
import type { FileEntry } from "#protocol/computation.ts";
import type { Output } from "./items.ts";
import type { PageEdge } from "./page-edge.ts";
import type { OutputView } from "./view.ts";

export interface Shown {
  readonly output: Output;
  readonly files: readonly FileEntry[];
}

export class OutputSlot {
  readonly #into: HTMLElement;
  readonly #edge: PageEdge;
  #view: OutputView | undefined;
  #loading: Promise<void> | undefined;
  #files: readonly FileEntry[] = [];
  /** Output of earlier runs stands above. */
  #kept = false;

  constructor(into: HTMLElement, edge: PageEdge) {
    this.#into = into;
    this.#edge = edge;
  }

  /** The old output's room is kept until the new one needs it: nothing below jumps. `ready` comes before anything is drawn. */
  start(ready: Promise<unknown>, loaded: () => void, { replace }: { replace: boolean }): void {
    if (!this.#into.hidden) this.#into.style.minHeight = `${this.#into.offsetHeight}px`;
    if (replace) this.clear();
    else this.#keep();
    if (this.#view) return;
    this.#loading ??= Promise.all([import("./view.ts"), ready]).then(
      ([{ outputView }]) => {
        this.#view = outputView(this.#into, this.#edge);
        loaded();
      },
      () => {
        this.#loading = undefined;
      },
    );
  }

  /** `over`: nothing more will come. */
  show({ output, files }: Shown, over: boolean): void {
    const shown = output.items.length > 0 || files.length > 0;
    if (shown || over) this.#into.style.minHeight = "";
    this.#into.hidden = !shown && !this.#kept && this.#into.style.minHeight === "";
    if (!shown || !this.#view) return;
    this.#view.show(output);
    if (files !== this.#files) this.#view.files(files);
    this.#files = files;
  }

  #keep(): void {
    this.#view?.keep();
    this.#kept = this.#view !== undefined;
    this.#files = [];
  }

  clear(): void {
    this.#view?.clear();
    this.#kept = false;
    this.#files = [];
  }
}
