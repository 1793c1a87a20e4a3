/** A question of the running code, and the reader's answer; next: files-view.ts. */
import { make } from "../dom.ts";
import { words } from "../words/words.ts";
import type { InputItem } from "./items.ts";

/** `answer` rejects with words for the reader if the server did not take it. */
export function inputView(item: InputItem, answer: (key: number, value: string) => Promise<void>): HTMLElement {
  const prompt = item.prompt.trim() || words("input");
  if (item.state !== "open") {
    const said = item.state === "closed" ? words("notAnswered") : item.password ? "••••" : item.answer;
    return make("p", { class: "asked" }, make("span", { class: "question", text: prompt }), " ", make("span", { text: said }));
  }
  const id = `input-${item.key}`;
  const field = make("input", {
    attributes: {
      id,
      type: item.password ? "password" : "text",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
    },
  });
  const send = make("button", { text: words("send"), class: "send", attributes: { type: "submit" } });
  const trouble = make("p", { class: "note", attributes: { role: "alert" } });
  const form = make(
    "form",
    {
      class: "asking",
      on: {
        submit: (event) => {
          event.preventDefault();
          send.disabled = true;
          answer(item.key, field.value).catch((error: Error) => {
            send.disabled = false;
            trouble.textContent = error.message;
          });
        },
      },
    },
    make("label", { text: prompt, attributes: { for: id } }),
    field,
    send,
    trouble,
  );
  return form;
}
