/** Typesets the formulas inside HTML output, as Sage writes them: \(..\), \[..\], $$..$$ and script elements of type math/tex. */
import { mathStyles, typeset } from "../math/mathjax.ts";

const delimited = /\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]|\$\$([\s\S]+?)\$\$/;
const left = new Set(["SCRIPT", "STYLE", "TEXTAREA", "PRE", "CODE"]);
const formulasMax = 500;

export async function typesetPage(): Promise<void> {
  document.adoptedStyleSheets.push(mathStyles());
  let formulas = 0;
  for (const script of document.querySelectorAll<HTMLScriptElement>('script[type^="math/tex"]')) {
    if (formulas++ > formulasMax) return;
    await replace(script, script.text, script.type.includes("mode=display"));
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    if (!left.has(text.parentElement?.tagName ?? "") && delimited.test(text.data)) texts.push(text);
  }
  for (const first of texts) {
    for (let text: Text | undefined = first; text && formulas++ < formulasMax; ) {
      const match = delimited.exec(text.data);
      if (!match) break;
      const formula: Text = text.splitText(match.index);
      const rest = formula.splitText(match[0].length);
      await replace(formula, match[1] ?? match[2] ?? match[3] ?? "", match[1] === undefined);
      text = rest;
    }
  }
}

/** What MathJax cannot read stays as it is. */
async function replace(old: ChildNode, source: string, display: boolean): Promise<void> {
  try {
    old.replaceWith(await typeset(source, display));
  } catch {
    if (old.nodeName === "SCRIPT") old.replaceWith(source);
  }
}
