/** The place of a cell's editor: the plain one at once, the one with colours when it has arrived; next: plain-editor.ts. */
import type { Editor, EditorSetup } from "./edge.ts";
import { plainEditor } from "./plain-editor.ts";

export class EditorSlot {
  editor: Editor;
  readonly #setup: EditorSetup;
  #plain: ReturnType<typeof plainEditor> | undefined;
  #loading = false;

  constructor(into: HTMLElement, setup: EditorSetup) {
    this.#setup = setup;
    this.#plain = plainEditor(setup);
    this.editor = this.#plain;
    into.append(this.#plain.node);
  }

  /** The plain editor works until the other one is there, and stays if it never comes. */
  async load(readOnly: () => boolean): Promise<void> {
    const plain = this.#plain;
    if (!plain || this.#loading) return;
    this.#loading = true;
    try {
      const { codeEditor } = await import("./code-editor.ts");
      // Replacing the field in the middle of a composed character would lose it.
      while (plain.composing())
        await new Promise((resume) => plain.node.addEventListener("compositionend", resume, { once: true }));
      const [focused, selection] = [plain.hasFocus(), plain.selection()];
      const editor = codeEditor({ ...this.#setup, code: plain.value(), readOnly: readOnly() });
      plain.node.replaceWith(editor.node);
      this.editor = editor;
      this.#plain = undefined;
      editor.select(selection);
      if (focused) editor.focus();
    } catch {
      this.#loading = false;
    }
  }
}
