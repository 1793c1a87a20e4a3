/** Ways to pass a cell on: a link, lines for a page, a QR code made here; a chunk of its own; next: saved-controls.ts. */
import { button, copyButton, make } from "../dom.ts";
import { adopt } from "../sheet.ts";
import { words } from "../words/words.ts";
import type { SavedControls } from "./saved-controls.ts";
import sheet from "./share.css";
import { embedLines, linkCharsMax, linkFragment } from "./share-link.ts";

export interface ToShare {
  readonly server: string;
  readonly code: string;
  /** Of the interact that is shown, if there is one. */
  readonly controls: SavedControls;
}

/** QR codes end there. */
const qrCharsMax = 2000;

/** `closed` gives the focus back. */
export async function sharePanel(into: HTMLElement, toShare: ToShare, root: ShadowRoot, closed: () => void): Promise<void> {
  adopt(root, sheet);
  const { server, code, controls } = toShare;
  const field = make("input", { attributes: { id: "share-link", readonly: "", type: "text" } });
  const note = make("p", { class: "note", text: words("shareStoresNothing") });
  const qr = make("div", { class: "qr" });
  const withControls = make("input", { attributes: { type: "checkbox" } });
  const showQr = button(words("showQr"), () => void draw(), { class: "link" });
  const copyLink = copyButton(() => field.value, words("copyLink"));

  const draw = async () => {
    const { qrPicture } = await import("./qr-picture.ts");
    qr.replaceChildren(qrPicture(field.value, words("shareQr")));
  };
  const link = async () => {
    const fragment = await linkFragment(withControls.checked ? { code, controls } : { code });
    const tooLong = fragment.length > linkCharsMax;
    field.value = tooLong ? "" : `${server}/${fragment}`;
    field.disabled = copyLink.disabled = tooLong;
    note.textContent = words(tooLong ? "shareTooLong" : "shareStoresNothing");
    showQr.hidden = tooLong || field.value.length > qrCharsMax;
    qr.replaceChildren();
  };
  withControls.addEventListener("change", () => void link());
  const close = () => {
    into.hidden = true;
    into.replaceChildren();
    closed();
  };
  into.onkeydown = ({ key }) => {
    if (key === "Escape") close();
  };
  const lines = embedLines(server, code);
  into.replaceChildren(
    make(
      "div",
      { class: "help-bar" },
      make("strong", { text: words("share") }),
      button(words("close"), close, { class: "link" }),
    ),
    make(
      "div",
      { class: "share-row" },
      make("label", { text: words("shareLink"), attributes: { for: "share-link" } }),
      field,
      copyLink,
    ),
    ...(controls.length > 0 ? [make("label", { class: "share-row" }, withControls, words("shareControls"))] : []),
    note,
    showQr,
    qr,
    make("p", { class: "share-title", text: words("shareEmbed") }),
    make("pre", {
      class: "scrolls",
      text: lines,
      attributes: { tabindex: 0, role: "region", "aria-label": words("shareEmbed") },
    }),
    copyButton(() => lines, words("copyEmbed")),
  );
  await link();
  into.hidden = false;
  field.focus();
  field.select();
}
