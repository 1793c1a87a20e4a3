/** SageMathCell's links to code: `?c=`, `?z=` and `?q=`, with `lang` and `autoeval`; next: page.ts. */

import type { SageCell } from "../sage-cell.ts";
import { languages } from "../sagecell/languages.ts";
import { unpackedText } from "../share/share-link.ts";

/** Puts the link's code into the cell and runs it, unless the link says `autoeval=false`. */
export async function takeFromQuery(cell: SageCell, query: string): Promise<void> {
  const asked = new URLSearchParams(query);
  const found = await codeOf(asked);
  const language = found?.language ?? asked.get("lang") ?? "sage";
  if (languages.includes(language) && language !== "sage") cell.setAttribute("language", language);
  if (found === undefined) return;
  cell.value = found.code;
  if (asked.get("autoeval") !== "false") void cell.run();
}

/** Undefined: the link holds none that can be read. */
async function codeOf(asked: URLSearchParams): Promise<{ code: string; language?: string } | undefined> {
  const [plain, zipped, id] = [asked.get("c"), asked.get("z"), asked.get("q")];
  if (plain !== null) return { code: plain };
  if (zipped !== null && zipped !== "") {
    const code = await unpackedText(zipped, "deflate").catch(() => undefined);
    return code === undefined ? undefined : { code };
  }
  if (id === null || id === "") return undefined;
  const answer = await fetch(`/permalink?q=${encodeURIComponent(id)}`);
  if (!answer.ok) return undefined;
  const [code, language] = (await answer.json()) as [string, string];
  return { code, language };
}
