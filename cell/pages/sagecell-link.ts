/** SageMathCell's links to code: `?c=`, `?z=` and `?q=`, with `lang`, `autoeval` and `interacts`; next: page.ts. */

import type { SageCell } from "../sage-cell.ts";
import { languages } from "../sagecell/languages.ts";
import type { SavedControls } from "../share/saved-controls.ts";
import { unpackedText } from "../share/share-link.ts";

/** Puts the link's code into the cell and runs it, unless the link says `autoeval=false`. */
export async function takeFromQuery(cell: SageCell, query: string): Promise<void> {
  const asked = new URLSearchParams(query);
  const found = await codeOf(asked);
  const language = found?.language ?? asked.get("lang") ?? "sage";
  if (languages.includes(language) && language !== "sage") cell.setAttribute("language", language);
  if (found === undefined) return;
  cell.value = found.code;
  // What such a link holds was written by SageMathCell's rules.
  cell.setAttribute("interacts", "sagecell");
  cell.controls = await controlsOf(asked.get("interacts"), found.interacts);
  if (asked.get("autoeval") !== "false") void cell.run();
}

type Found = { code: string; language?: string; interacts?: string };

/** `[{ state: { name: place } }, ...]`, packed in the link or kept with its code. */
async function controlsOf(packed: string | null, kept: string | undefined): Promise<SavedControls> {
  try {
    const text = packed ? await unpackedText(packed, "deflate") : (kept ?? "[]");
    const saved = JSON.parse(text) as { state?: Record<string, unknown> }[];
    return saved.flatMap(({ state = {} }) => Object.entries(state).map(([name, place]) => ["", place, name] as const));
  } catch {
    return [];
  }
}

/** Undefined: the link holds none that can be read. */
async function codeOf(asked: URLSearchParams): Promise<Found | undefined> {
  const [plain, zipped, id] = [asked.get("c"), asked.get("z"), asked.get("q")];
  if (plain !== null) return { code: plain };
  if (zipped !== null && zipped !== "") {
    const code = await unpackedText(zipped, "deflate").catch(() => undefined);
    return code === undefined ? undefined : { code };
  }
  if (id === null || id === "") return undefined;
  const answer = await fetch(`/permalink?q=${encodeURIComponent(id)}`);
  if (!answer.ok) return undefined;
  const [code, language, interacts] = (await answer.json()) as [string, string, string];
  return { code, language, interacts };
}
