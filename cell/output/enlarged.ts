/** A picture as large as the window, in the browser's own dialog, and its files to save; a chunk of its own; next: pdf.ts. */
import { button, make, saveAs } from "../dom.ts";
import { words } from "../words/words.ts";

const density = 2;
/** Browsers refuse larger canvases. */
const pixelsMax = 8000;

export interface Enlarged {
  readonly root: ShadowRoot;
  readonly name: string;
  readonly url: string;
  /** As shown on the page, in CSS pixels; undefined: as its picture says. */
  readonly width: number | undefined;
  /** What can be saved, each as it came from the code. An SVG can be had as pixels too. */
  readonly files: readonly { readonly type: string; content(): Promise<Blob> }[];
}

/** Escape closes it, and so does a press beside the picture; the focus goes back by itself. */
export function showEnlarged({ root, name, url, width, files }: Enlarged): void {
  const types = files.map(({ type }) => type);
  const pixels = { type: "image/png", content: () => pixelsOf(url, width) };
  // SVG is the first of a picture's types.
  const all = types[0] === "image/svg+xml" && !types.includes(pixels.type) ? [...files, pixels] : files;
  const save = all.map(saveButton);
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
  if (all !== files) void offerPdf(files[0] as Enlarged["files"][0], close);
  dialog.showModal();
  close.focus();
}

function saveButton({ type, content }: Enlarged["files"][0]): HTMLButtonElement {
  const ending = type.replace(/^\w+\//, "").replace(/\+xml$/, "");
  const self = button(words("saveAs", { type: ending.toUpperCase() }), () => {
    content().then(
      (blob) => saveAs(`picture.${ending}`, blob),
      () => {
        self.textContent = words("unreadable");
        self.disabled = true;
      },
    );
  });
  return self;
}

/** Of a plot only: an SVG of another kind may hold what is not drawn. */
async function offerPdf(svg: Enlarged["files"][0], before: HTMLElement): Promise<void> {
  const text = await svg.content().then(
    (blob) => blob.text(),
    () => "",
  );
  if (!/<g id="figure_\d+">/.test(text)) return;
  before.before(saveButton({ type: "application/pdf", content: async () => (await import("./pdf.ts")).pdfOf(text) }));
}

async function pixelsOf(url: string, shownWidth: number | undefined): Promise<Blob> {
  const picture = make("img", { attributes: { src: url } });
  await picture.decode();
  const { naturalWidth, naturalHeight } = picture;
  const width = Math.min(density * (shownWidth ?? naturalWidth), pixelsMax, (pixelsMax * naturalWidth) / naturalHeight);
  const canvas = make("canvas", { attributes: { width: Math.round(width) } });
  canvas.height = Math.round((width * naturalHeight) / naturalWidth);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no pixels"))), "image/png"),
  );
}
