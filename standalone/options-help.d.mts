/** Types of options-help.mjs. */
export function helpText(): string;
