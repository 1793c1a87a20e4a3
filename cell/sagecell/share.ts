/** The button "Share" with its links; next: session.ts. Nothing is stored before a reader asks for a short link. */
import { button, make } from "../dom.ts";
import { recordOf, serverRoot } from "./page.ts";

export interface Shared {
  readonly code: string;
  readonly language: string;
  readonly interacts: readonly unknown[];
}

export function shareBox(shared: () => Shared): HTMLElement {
  const box = make("div", { class: "sagecell_permalink_result" });
  box.hidden = true;
  const link = (text: string, title: string) => make("a", { text, attributes: { title, target: "_blank", rel: "noopener" } });
  const long = link("Permalink", "A link that holds the code and works on any server of this kind");
  const short = link("Short temporary link", "A link that works on this server only");
  const state = make("input", { attributes: { type: "checkbox" } });
  const withState = make("label", {}, "Share interact state ", state);
  const fetchLinks = async () => {
    const { code, language, interacts } = shared();
    withState.hidden = interacts.length === 0;
    const form = new URLSearchParams({ code, language });
    if (state.checked) form.set("interacts", JSON.stringify(interacts));
    const answer = await fetch(`${serverRoot()}permalink`, { method: "POST", body: form, credentials: "omit" });
    const { zip, query, interacts: packed } = recordOf(await answer.json());
    if (!answer.ok) throw new Error();
    const more = state.checked ? `&interacts=${packed}` : "";
    long.href = `${serverRoot()}?z=${zip}&lang=${language}${more}`;
    short.href = `${serverRoot()}?q=${query}`;
  };
  const failed = () => box.append(make("div", { text: "The links could not be made." }));
  const open = button("Share", () => {
    box.hidden = !box.hidden;
    if (!box.hidden) fetchLinks().catch(failed);
  });
  state.addEventListener("change", () => void fetchLinks().catch(failed));
  box.append(make("div", {}, long), make("div", {}, short), withState);
  return make("div", { class: "sagecell_permalink" }, open, box);
}
