/** The types of options.mjs, which is plain JavaScript because it is read before anything is installed. */
export type Option = {
  name: string;
  kind: "flag" | "count" | "seconds" | "port" | "choice" | "text";
  value?: string;
  choices?: string[];
  default: string | number | boolean | null;
  help: string;
};
export declare const optionGroups: { title: string; options: Option[] }[];
export declare const options: Option[];
