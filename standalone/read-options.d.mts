/** Types of read-options.mjs: every option of options.mjs by its name. */
export type OptionValues = Record<string, string | number | boolean | null>;
export function readOptions(argv: readonly string[]): { values: OptionValues; mistakes: string[] };
export function helpText(): string;
