/** Colours of a terminal as spans with classes; a host page's strict CSP allows no inline style, so no HTML is made of it. */
import { AnsiUp } from "ansi_up";

interface Colour {
  readonly rgb: readonly number[];
  readonly class_name: string;
}
interface Fragment {
  readonly text: string;
  readonly bold: boolean;
  readonly faint: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly fg: Colour | null;
  readonly bg: Colour | null;
}

/** The text with its colours, without any other escape sequence. */
export function coloured(text: string): DocumentFragment {
  const drawn = document.createDocumentFragment();
  if (!text.includes("\x1b")) {
    drawn.append(text);
    return drawn;
  }
  const parser = new AnsiUp();
  // The library's parser, but its fragments become nodes instead of a string of HTML.
  Object.assign(parser, {
    transform_to_html: (fragment: Fragment) => {
      if (fragment.text !== "") drawn.append(nodeOf(fragment));
      return "";
    },
    process_hyperlink: () => "",
  });
  // A lone escape at the end would wait for ever for its rest.
  parser.ansi_to_html(`${text}\n`);
  const last = drawn.lastChild;
  if (last?.textContent?.endsWith("\n")) last.textContent = last.textContent.slice(0, -1);
  return drawn;
}

function nodeOf(fragment: Fragment): Node {
  const classes = (["bold", "faint", "italic", "underline"] as const)
    .filter((name) => fragment[name])
    .map((name) => `ansi-${name}`);
  const { fg, bg } = fragment;
  if (fg && fg.class_name !== "truecolor") classes.push(`${fg.class_name}-fg`);
  if (bg && bg.class_name !== "truecolor") classes.push(`${bg.class_name}-bg`);
  const exact = fg?.class_name === "truecolor" || bg?.class_name === "truecolor";
  if (classes.length === 0 && !exact) return document.createTextNode(fragment.text);
  const span = document.createElement("span");
  span.className = classes.join(" ");
  span.textContent = fragment.text;
  if (fg?.class_name === "truecolor") span.style.color = `rgb(${fg.rgb.join(" ")})`;
  if (bg?.class_name === "truecolor") span.style.backgroundColor = `rgb(${bg.rgb.join(" ")})`;
  return span;
}
