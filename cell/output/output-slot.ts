/** The place of a cell's output: its view arrives when something runs; next: view.ts. */
import type { FileEntry } from "#protocol/computation.ts";
import type { Server } from "../connection.ts";
import type { FramePlace } from "./frame-place.ts";
import type { Output } from "./items.ts";
import type { PageEdge } from "./page-edge.ts";
import type { OutputView } from "./view.ts";

export interface Shown {
  readonly output: Output;
  readonly files: readonly FileEntry[];
}

interface Start {
  readonly server: Server;
  /** The origin for HTML output that the cell names, instead of the server's. */
  readonly frame: string | null | undefined;
  readonly replace: boolean;
}

export class OutputSlot {
  readonly #into: HTMLElement;
  readonly #edge: Omit<PageEdge, "frame">;
  #view: OutputView | undefined;
  #frame: FramePlace | undefined;
  #files: readonly FileEntry[] = [];
  /** Output of earlier runs stands above. */
  #kept = false;

  constructor(into: HTMLElement, edge: Omit<PageEdge, "frame">) {
    this.#into = into;
    this.#edge = edge;
  }

  /** The old output's room is kept until the new one needs it: nothing below jumps. `loaded`: now something can be drawn. */
  start({ server, frame, replace }: Start, loaded: () => void): void {
    if (!this.#into.hidden) this.#into.style.minHeight = `${this.#into.offsetHeight}px`;
    if (replace) this.clear();
    else this.#keep();
    Promise.all([import("./view.ts"), server.settings()]).then(
      ([{ framePlace, outputView }, settings]) => {
        this.#frame = framePlace(frame, settings);
        if (this.#view) return;
        this.#view = outputView(this.#into, { ...this.#edge, frame: () => this.#frame });
        loaded();
      },
      // The next run tries again.
      () => {},
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
