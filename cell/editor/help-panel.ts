/** Help under the editor, until it is closed; a chunk of its own; next: ../session/help.ts. */
import { button, make } from "../dom.ts";
import { pre } from "../output/text-view.ts";
import { askHelp, type HelpQuestion } from "../session/help.ts";
import { words } from "../words/words.ts";

/** `say` speaks to who does not see it come; `closed` gives the focus back. */
export async function showHelp(
  into: HTMLElement,
  question: HelpQuestion,
  { say, closed }: { say: (words: string) => void; closed: () => void },
): Promise<void> {
  const { name, signal } = question;
  const close = () => {
    into.hidden = true;
    into.replaceChildren();
    closed();
  };
  const body = make("div", {
    class: "help-body",
    attributes: { tabindex: 0, role: "region", "aria-label": words("help", { name }) },
  });
  const title = make("strong", { text: words("help", { name }) });
  into.replaceChildren(make("div", { class: "help-bar" }, title, button(words("close"), close, { class: "link" })), body);
  into.onkeydown = ({ key }) => {
    if (key === "Escape") close();
  };
  into.hidden = false;
  body.append(make("p", { class: "note", text: words("helpAsked", { name }) }));
  let shown: HTMLElement;
  try {
    const text = await askHelp(question);
    shown = text ? pre([text]) : make("p", { class: "note", text: words("helpNone", { name }) });
  } catch (error) {
    shown = make("p", { class: "note", text: error instanceof Error ? error.message : String(error) });
  }
  // Another question came meanwhile, or it was closed.
  if (signal.aborted || !body.isConnected) return;
  body.replaceChildren(shown);
  say(words("help", { name }));
}
