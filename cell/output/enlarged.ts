/** A picture as large as the window, in the browser's own dialog, and its files to save; a chunk of its own; next: latex-view.ts. */
import { button, make, saveAs } from "../dom.ts";
import { words } from "../words/words.ts";

export interface Enlarged {
  readonly root: ShadowRoot;
  readonly name: string;
  readonly url: string;
  /** What can be saved: SVG, PNG; each as it came from the code. */
  readonly files: readonly { readonly type: string; content(): Promise<Blob> }[];
}

/** Escape closes it, and so does a press beside the picture; the focus goes back by itself. */
export function showEnlarged({ root, name, url, files }: Enlarged): void {
  const save = files.map(({ type, content }) => {
    const ending = type.replace(/^image\//, "").replace(/\+xml$/, "");
    return button(words("saveAs", { type: ending.toUpperCase() }), () => {
      content().then(
        (blob) => saveAs(`picture.${ending}`, blob),
        () => {},
      );
    });
  });
  const close = button(words("close"), () => dialog.close());
  const dialog = make(
    "dialog",
    { class: "enlarged", attributes: { "aria-label": name } },
    make("div", { class: "enlarged-bar" }, ...save, close),
    make("img", { attributes: { src: url, alt: name } }),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  root.append(dialog);
  dialog.showModal();
  close.focus();
}
