/** Types of options.mjs; next: read-options.d.mts. */
export type Option = {
  name: string;
  kind: "flag" | "count" | "seconds" | "port" | "choice" | "kernels" | "text";
  value?: string;
  choices?: string[];
  default: string | number | boolean | null;
  help: string;
};
export const optionGroups: { title: string; options: Option[] }[];
export const options: Option[];
