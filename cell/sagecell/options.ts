/** The options of `makeSagecell`, with their defaults and templates; next: make-cell.ts. */
import { languages } from "./languages.ts";

export const allLanguages = [...languages];
/** Of an editor that pages ask for; here all languages are coloured as Python, or not at all. */
export const modes: Readonly<Record<string, string>> = {
  sage: "python",
  python: "python",
  html: "htmlmixed",
  macaulay2: "macaulay2",
  r: "r",
  gap: "",
  gp: "",
  maxima: "",
  octave: "",
  singular: "",
};
export const templates = {
  minimal: { editor: "textarea-readonly", hide: ["editor", "files", "permalink"] },
  restricted: { editor: "codemirror-readonly", hide: ["files", "permalink"] },
};

type Place = string | Element | ArrayLike<Element>;

/** What a page gives: any of these, and names that are no longer known. */
export interface Arguments {
  inputLocation?: Place;
  outputLocation?: Place;
  code?: string;
  codeLocation?: string;
  editor?: string;
  evalButtonText?: string;
  languages?: string[];
  defaultLanguage?: string;
  hide?: string[];
  mode?: string;
  replaceOutput?: boolean;
  autoeval?: unknown;
  linked?: boolean;
  linkKey?: string;
  template?: Arguments;
  callback?: () => void;
  collapse?: boolean;
  interacts?: { state?: Record<string, unknown>; bookmarks?: unknown }[];
  [more: string]: unknown;
}

export type Options = Arguments & {
  editor: string;
  evalButtonText: string;
  languages: string[];
  language: string;
  hide: string[];
  replaceOutput: boolean;
  autoeval: boolean;
  linked: boolean;
  interacts: NonNullable<Arguments["interacts"]>;
};

const editors = ["codemirror", "codemirror-readonly", "textarea", "textarea-readonly"];

/** `cells`: how many one call makes. Explicit options win over the template's; what both hide is hidden. */
export function optionsOf(given: Arguments, cells: number): Options {
  const { template = {} } = given;
  const options = { ...template, ...given };
  const offered = listOf(options.languages).length > 0 ? listOf(options.languages) : ["sage"];
  const linked = options.linked === true || options.linkKey !== undefined;
  const language = offered.includes(options.defaultLanguage ?? "")
    ? (options.defaultLanguage as string)
    : (offered[0] as string);
  const hide = new Set(["messages", "files", ...listOf(template.hide), ...listOf(given.hide)]);
  if (offered.length === 1) hide.add("language");
  if (linked) hide.add("permalink");
  return {
    ...options,
    editor: editors.includes(options.editor ?? "") ? (options.editor as string) : "codemirror",
    evalButtonText: options.evalButtonText ?? "Evaluate",
    languages: offered,
    language,
    hide: options.mode === "debug" ? [] : [...hide],
    replaceOutput: options.replaceOutput !== false,
    // Several cells at once over one kernel would run in no order that a page could know.
    autoeval: Boolean(options.autoeval) && !(cells > 1 && options.linked === true && options.linkKey === undefined),
    linked,
    interacts: Array.isArray(options.interacts) ? options.interacts : [],
  };
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
