/** MathJax 4 as a chunk of its own: SVG, no globals, nothing fetched from elsewhere; loaded by typeset.ts when first needed. */
import { AssistiveMmlHandler } from "@mathjax/src/js/a11y/assistive-mml.js";
import { browserAdaptor } from "@mathjax/src/js/adaptors/browserAdaptor.js";
import { RegisterHTMLHandler } from "@mathjax/src/js/handlers/html.js";
import { TeX } from "@mathjax/src/js/input/tex.js";
import { mathjax } from "@mathjax/src/js/mathjax.js";
import { SVG } from "@mathjax/src/js/output/svg.js";
import "@mathjax/src/js/input/tex/ams/AmsConfiguration.js";
import "@mathjax/src/js/input/tex/base/BaseConfiguration.js";
import "@mathjax/src/js/input/tex/bbox/BboxConfiguration.js";
import "@mathjax/src/js/input/tex/boldsymbol/BoldsymbolConfiguration.js";
import "@mathjax/src/js/input/tex/braket/BraketConfiguration.js";
import "@mathjax/src/js/input/tex/cancel/CancelConfiguration.js";
import "@mathjax/src/js/input/tex/cases/CasesConfiguration.js";
import "@mathjax/src/js/input/tex/color/ColorConfiguration.js";
import "@mathjax/src/js/input/tex/configmacros/ConfigMacrosConfiguration.js";
import "@mathjax/src/js/input/tex/enclose/EncloseConfiguration.js";
import "@mathjax/src/js/input/tex/mathtools/MathtoolsConfiguration.js";
import "@mathjax/src/js/input/tex/newcommand/NewcommandConfiguration.js";
import "@mathjax/src/js/input/tex/textmacros/TextMacrosConfiguration.js";
import "@mathjax/src/js/input/tex/unicode/UnicodeConfiguration.js";
import "@mathjax/src/js/input/tex/upgreek/UpgreekConfiguration.js";
import { fontPieces } from "virtual:font-pieces";
import { MathJaxNewcmFont } from "@mathjax/mathjax-newcm-font/js/svg.js";

/** No package that makes links, classes, styles or loads code: `html`, `require`, `autoload`, `setoptions` are left out on purpose. */
const packages = [
  "base",
  "ams",
  "bbox",
  "boldsymbol",
  "braket",
  "cancel",
  "cases",
  "color",
  "configmacros",
  "enclose",
  "mathtools",
  "newcommand",
  "textmacros",
  "unicode",
  "upgreek",
];
/** What Sage's own LaTeX output takes for granted. */
const macros = {
  Bold: ["\\mathbf{#1}", 1],
  ZZ: "\\Bold{Z}",
  NN: "\\Bold{N}",
  RR: "\\Bold{R}",
  CC: "\\Bold{C}",
  QQ: "\\Bold{Q}",
  QQbar: "\\overline{\\QQ}",
  GF: ["\\Bold{F}_{#1}", 1],
  Zp: ["\\Bold{Z}_{#1}", 1],
  Qp: ["\\Bold{Q}_{#1}", 1],
  Zmod: ["\\ZZ/#1\\ZZ", 1],
  CIF: "\\Bold{C}",
  CLF: "\\Bold{C}",
  RDF: "\\Bold{R}",
  RIF: "\\Bold{I} \\Bold{R}",
  RLF: "\\Bold{R}",
  CDF: "\\Bold{C}",
  raisebox: ["\\raise #1 \\hbox{#2}", 2],
};
/** Sage draws tableaux with rules that MathJax does not know: each cell gets its box instead. */
const tableauCell = /\\multicolumn\{1\}\{\|(?:@\{\\hspace\{[^}]*\}\}|[clr])*\|\}/g;
const tableauRule = /\\cline\{\d+-\d+\}/g;

mathjax.asyncLoad = async (name: string) => {
  const piece = fontPieces[name.slice(name.lastIndexOf("/") + 1).replace(/\.js$/, "")];
  if (!piece) throw new Error(`no font piece ${name}`);
  return piece();
};

const adaptor = browserAdaptor();
AssistiveMmlHandler(RegisterHTMLHandler(adaptor));
const output = new SVG({
  fontData: MathJaxNewcmFont,
  fontCache: "none",
  mtextInheritFont: true,
  displayOverflow: "scroll",
  linebreaks: { inline: false },
});

function documentFor() {
  const input = new TeX({
    packages,
    macros,
    maxMacros: 2000,
    formatError: (_: unknown, error: Error) => {
      throw error;
    },
  });
  return mathjax.document(document, { InputJax: input, OutputJax: output, enableAssistiveMml: true });
}

const shared = documentFor();
/** Definitions of one output must not change another's formulas. */
const defines = /\\(?:re|provide)?(?:newcommand|newenvironment)|\\(?:def|let|g?x?edef|gdef|DeclareMathOperator)\b/;
const sageBold = /\\newcommand\{\\Bold\}\[1\]\{\\mathbf\{#1\}\}/g;

/** The formula as an element. Rejects if MathJax cannot read the source. */
export async function typeset(source: string, display: boolean): Promise<HTMLElement> {
  const tex = source
    .replace(sageBold, "")
    .replace(/\\hspace\*/g, "\\hspace")
    .replace(tableauCell, "\\boxed")
    .replace(tableauRule, "");
  const math = defines.test(tex) ? documentFor() : shared;
  const options = { display, em: 16, ex: 8, containerWidth: 80 * 16 };
  const node = (await math.convertPromise(tex, options)) as HTMLElement;
  if (node.querySelector("[data-mml-node=merror]")) throw new Error("the source has an error");
  return node;
}

let sheet: CSSStyleSheet | undefined;

export function mathStyles(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    const rules = adaptor.textContent(output.styleSheet(shared) as HTMLElement);
    sheet.replaceSync(`${rules}\n${assistive}`);
  }
  return sheet;
}

/** MathML that only screen readers meet, as MathJax's own page-wide sheet hides it. */
const assistive = `
mjx-container { position: relative; }
mjx-assistive-mml { position: absolute !important; top: 0; left: 0; clip: rect(1px, 1px, 1px, 1px); padding: 1px 0 0 0 !important;
  border: 0 !important; display: block !important; width: auto !important; overflow: hidden !important; user-select: none; }
mjx-assistive-mml[display="block"] { width: 100% !important; }`;
