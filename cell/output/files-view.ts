/** The files that a computation left, to take away; next: frame-host.ts. */
import type { FileEntry } from "#protocol/computation.ts";
import { button, bytesInWords, make, saveAs } from "../dom.ts";
import { words } from "../words/words.ts";
import type { PageEdge } from "./page-edge.ts";

const shownMax = 24;
/** A browser packs in memory. */
const zipBytesMax = 200_000_000;

export function filesView(files: readonly FileEntry[], edge: Pick<PageEdge, "fileUrl" | "file">): HTMLElement {
  const list = make("ul", { class: "files", attributes: { "aria-label": words("fileList") } });
  const show = (shown: readonly FileEntry[]) => {
    for (const { path, size } of shown) {
      const link = make("a", { text: path, attributes: { href: edge.fileUrl(path), download: path.split("/").at(-1) } });
      list.append(make("li", {}, link, " ", make("span", { class: "size", text: bytesInWords(size) })));
    }
  };
  show(files.slice(0, shownMax));
  const sizes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length > 1 && sizes <= zipBytesMax) list.append(make("li", {}, zipButton(files, edge)));
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

function zipButton(files: readonly FileEntry[], edge: Pick<PageEdge, "file">): HTMLElement {
  const self = button(words("allAsZip"), () => void pack(), { class: "link" });
  const pack = async () => {
    self.disabled = true;
    self.textContent = words("zipping");
    try {
      const { zipOf } = await import("./zip.ts");
      saveAs("files.zip", await zipOf(files, (path) => edge.file(path)));
      self.textContent = words("allAsZip");
    } catch (error) {
      self.textContent = words("zipFailed", { why: error instanceof Error ? error.message : String(error) });
    }
    self.disabled = false;
  };
  return self;
}
