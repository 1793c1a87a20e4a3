/** What the page says, in one language for all of its cells: English at once, others when asked for; next: en.ts. */
import { type Catalogue, en, type WordKey } from "./en.ts";

const others: Readonly<Record<string, () => Promise<Catalogue>>> = {
  de: () => import("./de.ts").then((file) => file.de),
  es: () => import("./es.ts").then((file) => file.es),
  fr: () => import("./fr.ts").then((file) => file.fr),
};

let catalogue: Catalogue = en;
let spoken = "en";
let plurals = new Intl.PluralRules(spoken);

/** The language that is spoken here. */
export function language(): string {
  return spoken;
}

/** `words("lines", { n: 3 })`: "3 lines of output". Numbers are written as the language does. */
export function words(key: WordKey, values: Readonly<Record<string, string | number>> = {}): string {
  const entry = catalogue[key];
  const text = typeof entry === "string" ? entry : plurals.select(Number(values.n)) === "one" ? entry.one : entry.other;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : typeof value === "number" ? value.toLocaleString(spoken) : value;
  });
}

/** Undefined where English will do and nothing must be fetched. Never rejects: a catalogue that cannot be had is English. */
export function learn(tag: string): Promise<void> | undefined {
  const wanted = tag.toLowerCase().split("-")[0] ?? "";
  const load = Object.hasOwn(others, wanted) ? others[wanted] : undefined;
  if (!load || wanted === spoken) return undefined;
  return load().then(
    (found) => {
      catalogue = found;
      spoken = wanted;
      plurals = new Intl.PluralRules(wanted);
    },
    () => {},
  );
}

/** What the page says of its language around an element, through shadow roots too; else the reader's. */
export function languageAround(element: Element): string {
  for (let at: Element | undefined = element; at; ) {
    const told: string | null | undefined = at.closest("[lang]")?.getAttribute("lang");
    if (told) return told;
    const root: Node = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : undefined;
  }
  return navigator.language;
}
