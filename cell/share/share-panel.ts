/** Ways to pass a cell on: a link, lines for a page, a QR code made here; a chunk of its own; next: saved-controls.ts. */
import type { Server } from "../connection.ts";
import { button, copyButton, make } from "../dom.ts";
import { Refusal } from "../refusal.ts";
import { adopt } from "../sheet.ts";
import type { WidgetModels } from "../widgets/models.ts";
import { words } from "../words/words.ts";
import { controlsOf } from "./saved-controls.ts";
import sheet from "./share.css";
import { embedFrame, embedLines, linkCharsMax, linkFragment } from "./share-link.ts";

export interface ToShare {
  readonly server: Server;
  readonly code: string;
  /** Undefined: Sage. */
  readonly language: string | undefined;
  /** Of the interact that is shown, if there is one. */
  readonly models: WidgetModels | undefined;
}

/** QR codes end there. */
const qrCharsMax = 2000;

/** `opener` says that the panel is open, and gets the focus back. */
export async function sharePanel(into: HTMLElement, toShare: ToShare, root: ShadowRoot, opener: HTMLElement): Promise<void> {
  adopt(root, sheet);
  opener.setAttribute("aria-expanded", "true");
  const { server, code, language, models } = toShare;
  const controls = models ? controlsOf(models) : [];
  const field = make("input", { attributes: { id: "share-link", readonly: "", type: "text" } });
  const note = make("p", { class: "note", attributes: { role: "status" } });
  const qr = make("div", { class: "qr" });
  const withControls = make("input", { attributes: { type: "checkbox" } });
  const showQr = button(words("showQr"), () => void draw(), { class: "link" });
  const copyLink = copyButton(() => field.value, words("copyLink"));

  const draw = async () => {
    const { qrPicture } = await import("./qr-picture.ts");
    qr.replaceChildren(qrPicture(field.value, words("shareQr")));
  };
  const show = (link: string, told: string) => {
    field.value = link;
    field.disabled = copyLink.disabled = link === "";
    note.textContent = told;
    showQr.hidden = link === "" || link.length > qrCharsMax;
    qr.replaceChildren();
  };
  const shared = () => ({ code, ...(language && { language }), ...(withControls.checked && { controls }) });
  const link = async () => {
    const fragment = await linkFragment(shared());
    const tooLong = fragment.length > linkCharsMax;
    show(tooLong ? "" : `${server.base}/${fragment}`, words(tooLong ? "shareTooLong" : "shareStoresNothing"));
    shorten.hidden = linkKeepDays === undefined;
  };
  const { linkKeepDays } = await server.settings();
  const keeper = new URL(server.base).host;
  /** Only this stores anything, and the words beside it say so before and after. */
  const makeShort = async () => {
    try {
      const answer = await server.ask("POST", "/v1/links", { body: shared() });
      const { page } = (await answer.json()) as { page: string };
      show(server.base + page, words("shareStored", { host: keeper, days: linkKeepDays ?? 0 }));
      shorten.hidden = true;
      field.focus();
      field.select();
    } catch (error) {
      note.textContent = error instanceof Refusal ? error.message : words("away");
    }
  };
  const shorten = button(words("shareShort", { host: keeper }), () => void makeShort(), { class: "link" });
  withControls.addEventListener("change", () => void link());
  const close = () => {
    into.hidden = true;
    into.replaceChildren();
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  };
  into.onkeydown = ({ key }) => {
    if (key === "Escape") close();
  };
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
    make("div", { class: "share-row" }, shorten, showQr),
    qr,
    ...embedding(words("shareEmbed"), embedLines(server.base, code, language)),
    ...embedding(words("shareFrame"), embedFrame(server.base, await linkFragment({ code, ...(language && { language }) }))),
  );
  await link();
  into.hidden = false;
  field.focus();
  field.select();
}

function embedding(title: string, lines: string): HTMLElement[] {
  const box = { tabindex: 0, role: "region", "aria-label": title };
  return [
    make("p", { class: "share-title", text: title }),
    make("pre", { class: "scrolls", text: lines, attributes: box }),
    copyButton(() => lines, words("copyEmbed")),
  ];
}
