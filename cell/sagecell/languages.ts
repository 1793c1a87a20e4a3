/** The languages of SageMathCell's cells, in the order in which its pages offer them; next: options.ts. */
export const languages: readonly string[] = [
  "sage",
  "gap",
  "gp",
  "html",
  "macaulay2",
  "maxima",
  "octave",
  "python",
  "r",
  "singular",
];
