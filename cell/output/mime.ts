/** Which of an output's forms the page shows; next: latex.ts (what is typeset), bundle-view.ts (draws the choice). */

import { words } from "../words/words.ts";
import { type Bundle, type FileLink, recordOf, textOf } from "./content.ts";

export const imageTypes = ["image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type ImageType = (typeof imageTypes)[number];

export const widgetType = "application/vnd.jupyter.widget-view+json";

/** Content is in the message (`text`: base64 for pictures but svg) or is a file to fetch (`link`). */
export type Payload = { readonly text: string } | { readonly link: FileLink };

export type Shown =
  | { readonly form: "widget"; readonly model: string; readonly plain: string }
  | { readonly form: "html"; readonly html: Payload; readonly plain: string }
  | {
      readonly form: "image";
      readonly type: ImageType;
      readonly image: Payload;
      readonly alt: string;
      readonly width: number | undefined;
    }
  | { readonly form: "latex"; readonly latex: string; readonly plain: string }
  | { readonly form: "text"; readonly text: string }
  | { readonly form: "linked"; readonly type: string; readonly link: FileLink };

/** Live HTML first (a scene that turns says more than its picture), then pictures, mathematics, text. */
export function chooseForm(bundle: Bundle, framesWork: boolean, widgetsWork = false): Shown {
  const plain = textOf(bundle.data["text/plain"]);
  const model = textOf(recordOf(bundle.data[widgetType]).model_id);
  if (model !== "" && widgetsWork) return { form: "widget", model, plain };
  const latex = textOf(bundle.data["text/latex"]);
  const html = payloadOf(bundle, "text/html");
  if (html && framesWork && !(latex !== "" && onlyWrapsMathematics(html))) return { form: "html", html, plain };
  for (const type of imageTypes) {
    const image = payloadOf(bundle, type);
    if (image) return { form: "image", type, image, alt: alternative(bundle, plain), width: widthOf(bundle, type) };
  }
  if (latex !== "") return { form: "latex", latex, plain };
  if (plain !== "") return { form: "text", text: plain };
  const markdown = textOf(bundle.data["text/markdown"]);
  if (markdown !== "") return { form: "text", text: markdown };
  const json = bundle.data["application/json"];
  if (json !== undefined) return { form: "text", text: JSON.stringify(json, null, 2) };
  const [type, link] = Object.entries(bundle.links)[0] ?? [];
  if (type !== undefined && link) return { form: "linked", type, link };
  const types = Object.keys(bundle.data).join(", ") || "?";
  return { form: "text", text: words("unknownForm", { types }) };
}

export function payloadOf(bundle: Bundle, type: string): Payload | undefined {
  const link = bundle.links[type];
  if (link) return { link };
  const text = textOf(bundle.data[type]);
  return text === "" ? undefined : { text };
}

/** Sage's HTML of a formula is the formula for MathJax 2: the page typesets the LaTeX itself. */
function onlyWrapsMathematics(html: Payload): boolean {
  return "text" in html && /^\s*<html>\s*(<script type="math\/tex|\\[[(]|\$)/.test(html.text);
}

function alternative(bundle: Bundle, plain: string): string {
  const title = bundle.metadata.title;
  if (typeof title === "string" && title !== "") return title;
  return plain === "" ? words("undescribed") : plain;
}

function widthOf(bundle: Bundle, type: ImageType): number | undefined {
  const described = bundle.metadata[type];
  const from = typeof described === "object" && described !== null ? (described as Record<string, unknown>) : bundle.metadata;
  return typeof from.width === "number" && from.width > 0 && from.width < 10_000 ? from.width : undefined;
}
