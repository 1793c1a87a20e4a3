/** What build.mjs makes: style sheets as text, and the pieces of MathJax's font, each its own chunk. */
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "virtual:font-pieces" {
  export const fontPieces: Readonly<Record<string, () => Promise<unknown>>>;
}
/** As much of it as pages' locations need. */
declare module "jquery" {
  const jQuery: (selector: string) => { toArray(): Element[] };
  export default jQuery;
}
