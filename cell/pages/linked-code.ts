/** The code that a page's address names: `#code=` holds it, `#link=` is what the server keeps; next: ../share/share-link.ts. */
import type { SageCell } from "../sage-cell.ts";
import { inFragment, type Shared } from "../share/share-link.ts";

/** A link never runs its code by itself: the reader sees it first. True if there was any. */
export async function takeFromFragment(cell: SageCell, fragment: string): Promise<boolean> {
  const [, id] = /^#link=([\w-]+)$/.exec(fragment) ?? [];
  const shared = await (id === undefined ? inFragment(fragment) : keptUnder(id));
  if (!shared) return false;
  if (shared.language !== undefined && shared.language !== "sage") cell.setAttribute("language", shared.language);
  cell.value = shared.code;
  cell.controls = shared.controls;
  return true;
}

/** A link that is kept no more is told of in the cell's place for code, where the reader looks. */
async function keptUnder(id: string): Promise<Shared | undefined> {
  const answer = await fetch(`/v1/links/${id}`).catch(() => undefined);
  if (!answer) return undefined;
  const told = (await answer.json()) as Shared & { detail?: string };
  return answer.ok ? told : { code: `# ${told.detail ?? answer.status}` };
}
