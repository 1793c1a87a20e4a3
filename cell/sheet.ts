/** Style sheets of shadow roots, adopted: a page that forbids inline styles still shows the cell as it is. */

const sheets = new Map<string, CSSStyleSheet>();

/** Each text is parsed once a page, and adopted once a root. */
export function adopt(root: ShadowRoot, text: string): void {
  let sheet = sheets.get(text);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    sheets.set(text, sheet);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
}
