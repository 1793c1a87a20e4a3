/** A result with mathematics: typeset, its LaTeX or its text, at a switch; next: error-view.ts. */
import { copyButton, make } from "../dom.ts";
import { type MathMode, mathMode, mathModes, onMathMode } from "../math/math-mode.ts";
import { typesetLatex } from "../math/typeset.ts";
import { words } from "../words/words.ts";
import { latexToCopy } from "./latex.ts";
import { pre } from "./text-view.ts";

export interface Mathematics {
  readonly latex: string;
  readonly plain: string;
}

/** Shows the text until the formula is ready, and the source where it never is. `signal` ends its following of the page's choice. */
export function latexView({ latex, plain }: Mathematics, root: () => ShadowRoot, signal: AbortSignal): HTMLElement {
  let own: MathMode | undefined;
  let typeset: HTMLElement | undefined;
  let failed = false;
  const body = make("div", { class: "latex-body" });
  const choice = make("select", { attributes: { "aria-label": words("resultAs") } });
  for (const mode of mathModes) choice.append(make("option", { text: words(mode), attributes: { value: mode } }));
  const chosen = () => own ?? mathMode();
  const copy = copyButton(() => (chosen() === "text" && plain !== "" ? plain : latexToCopy(latex)));
  const node = make("div", { class: "latex" }, body, make("div", { class: "latex-tools" }, choice, copy));

  const asText = () => (plain === "" ? asSource() : pre([plain]));
  const asSource = () => pre([latexToCopy(latex)], "source");

  const draw = () => {
    const mode = chosen();
    choice.value = mode;
    body.className = `latex-body as-${mode}`;
    if (mode === "latex") body.replaceChildren(asSource());
    else if (mode === "text") body.replaceChildren(asText());
    else if (typeset) body.replaceChildren(typeset);
    else if (failed) body.replaceChildren(asSource());
    else {
      body.replaceChildren(asText());
      typesetLatex(latex, root()).then(
        (made) => {
          made.tabIndex = 0;
          made.setAttribute("role", "group");
          made.setAttribute("aria-label", words("formula"));
          typeset = made;
          if (chosen() === "typeset") draw();
        },
        () => {
          failed = true;
          if (chosen() === "typeset") draw();
        },
      );
    }
  };

  choice.addEventListener("change", () => {
    own = choice.value as MathMode;
    draw();
  });
  onMathMode(() => {
    own = undefined;
    draw();
  }, signal);
  draw();
  return node;
}
