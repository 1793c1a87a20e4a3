/** The files that a computation left, to take away; next: frame-host.ts. */
import type { FileEntry } from "#protocol/computation.ts";
import { button, bytesInWords, make } from "../dom.ts";
import { words } from "../words/words.ts";

const shownMax = 24;

export function filesView(files: readonly FileEntry[], urlOf: (path: string) => string): HTMLElement {
  const list = make("ul", { class: "files", attributes: { "aria-label": words("fileList") } });
  const show = (shown: readonly FileEntry[]) => {
    for (const { path, size } of shown) {
      const link = make("a", { text: path, attributes: { href: urlOf(path), download: path.split("/").at(-1) } });
      list.append(make("li", {}, link, " ", make("span", { class: "size", text: bytesInWords(size) })));
    }
  };
  show(files.slice(0, shownMax));
  if (files.length > shownMax) {
    const more = make("li", {});
    more.append(
      button(words("moreFiles", { n: files.length - shownMax }), () => {
        more.remove();
        show(files.slice(shownMax));
      }),
    );
    list.append(more);
  }
  return list;
}
