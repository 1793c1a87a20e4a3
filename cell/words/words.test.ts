/** The catalogues say the same in each language; next: ../run-state.test.ts. */
import { de } from "#cell/words/de.ts";
import { type Catalogue, en, type WordKey } from "#cell/words/en.ts";
import { es } from "#cell/words/es.ts";
import { fr } from "#cell/words/fr.ts";
import { learn, words } from "#cell/words/words.ts";
import { allFiles, read } from "#test/tree.ts";

const catalogues: Readonly<Record<string, Catalogue>> = { de, es, fr };
const keys = Object.keys(en) as WordKey[];
const forms = (entry: Catalogue[WordKey]) => (typeof entry === "string" ? [entry] : [entry.one, entry.other]);
const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

describe("the words of a cell", () => {
  it.each(Object.keys(catalogues))("are all there in %s, with the same places to fill", (name) => {
    const catalogue = catalogues[name] as Catalogue;
    expect(Object.keys(catalogue)).toEqual(keys);
    for (const key of keys) {
      const [english] = forms(en[key]) as [string];
      for (const form of forms(catalogue[key])) expect([key, places(form)]).toEqual([key, places(english)]);
    }
  });

  it("are each used somewhere", () => {
    const code = allFiles
      .filter((path) => /^cell\/.*\.ts$/.test(path) && !/^cell\/words\/|\.test\.ts$/.test(path))
      .map(read)
      .join("\n");
    expect(keys.filter((key) => !new RegExp(`["'\`]${key}["'\`]`).test(code))).toEqual([]);
  });

  it("are English until a catalogue was learned, and stay so for a language that has none", async () => {
    expect(words("lines", { n: 1 })).toBe("1 line of output");
    expect(words("lines", { n: 12345 })).toBe("12,345 lines of output");
    expect(learn("en-GB")).toBeUndefined();
    expect(learn("constructor")).toBeUndefined();
    await learn("de-AT");
    expect(words("lines", { n: 12345 })).toBe("12.345 Zeilen Ausgabe");
  });
});
