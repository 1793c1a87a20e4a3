/** One evaluation on the page: what it prints, shows and leaves, in the elements that pages know; next: output.ts. */
import { make } from "../dom.ts";
import { Interact } from "./interact.ts";
import type { Message, PageKernel } from "./kernel.ts";
import { outputNode } from "./output.ts";
import { recordOf, serverRoot, textOf } from "./page.ts";
import { shareBox } from "./share.ts";

export interface SessionSetup {
  readonly kernel: PageKernel;
  readonly code: string;
  readonly language: string;
  readonly hide: readonly string[];
  /** Saved states of interacts, in the order in which they appear. */
  readonly interacts: readonly { state?: Record<string, unknown>; bookmarks?: unknown }[];
  /** The cell may be used again. */
  readonly idle: () => void;
}

/** Of one evaluation: a page that is given more would stop. */
const nodesMax = 2000;

export class CellSession {
  readonly node = make("div", { class: "sagecell_sessionContainer" });
  readonly kernel: PageKernel;
  readonly #setup: SessionSetup;
  readonly #output = make("div", {
    class: "sagecell_sessionOutput sagecell_active",
    attributes: { role: "log", "aria-live": "polite" },
  });
  readonly #spinner = make("span", { class: "sagecell_spinner", attributes: { role: "status", "aria-label": "Running" } });
  readonly #files = make("div", { class: "sagecell_sessionFiles" });
  readonly #updates = new Map<string, number>();
  readonly #gone = new AbortController();
  readonly #unsubscribe: () => void;
  #nodes = 0;
  #busy = true;

  constructor(setup: SessionSetup) {
    this.#setup = setup;
    this.kernel = setup.kernel;
    const { code, language } = setup;
    const share = shareBox(() => ({
      code,
      language,
      interacts: this.#outer().map((interact) => ({ state: interact.state(), bookmarks: interact.bookmarks.saved() })),
    }));
    const help = make("a", {
      text: "Help",
      attributes: { href: `${serverRoot()}help.html`, target: "_blank", rel: "noopener" },
    });
    const sage = make("a", {
      text: "SageMath",
      attributes: { href: "https://www.sagemath.org", target: "_blank", rel: "noopener" },
    });
    const powered = make("div", { class: "sagecell_poweredBy" }, help, " | Powered by ", sage);
    this.#output.append(this.#spinner);
    this.node.append(share, this.#output, powered, this.#files);
    if (setup.hide.includes("permalink")) share.style.display = "none";
    if (setup.hide.includes("sessionFiles")) this.#files.style.display = "none";
    this.#unsubscribe = setup.kernel.on({
      busy: () => {
        this.#spinner.style.display = "";
      },
      idle: () => this.#idle(),
      dead: (words) => this.#dead(words),
    });
    const options = { language, user_expressions: { _sagecell_files: "sys._sage_.new_files()" } };
    this.kernel.execute(code, this.#callbacks(), options);
  }

  /** Those that it shows now, from top to bottom. */
  get interacts(): Interact[] {
    return [...this.kernel.interacts.values()].filter(({ node }) => this.node.contains(node));
  }

  /** Its place on the page is needed for another. */
  leave(): void {
    for (const { id } of this.interacts) this.kernel.interacts.delete(id);
    this.#gone.abort();
    this.#unsubscribe();
    this.node.remove();
  }

  #callbacks() {
    return {
      iopub: { output: (message: Message) => this.#hear(message) },
      shell: { reply: ({ content }: Message) => this.#ended(content) },
    };
  }

  /** Those that stand in no other's output: the others are made anew whenever it runs. */
  #outer(): Interact[] {
    const { interacts } = this;
    return interacts.filter(({ node }) => !interacts.some(({ output }) => output.contains(node)));
  }

  #idle(): void {
    this.#spinner.style.display = "none";
    if (!this.#busy) return;
    this.#busy = false;
    const outer = this.#outer();
    this.#setup.interacts.forEach(({ state, bookmarks }, at) => {
      outer[at]?.bookmarks.restore(bookmarks);
      if (state) outer[at]?.restore(recordOf(state));
    });
    this.#setup.idle();
  }

  #dead(words: string | undefined): void {
    if (words !== undefined && this.#busy) this.#output.append(make("pre", { class: "sagecell_pyerr", text: words }));
    this.#output.classList.remove("sagecell_active");
    if (this.interacts.length > 0)
      for (const box of this.#output.querySelectorAll(".sagecell_interactControl :is(input,select,textarea,button)"))
        box.setAttribute("disabled", "");
    this.#idle();
  }

  #hear(message: Message): void {
    if (this.#gone.signal.aborted) return;
    const interact = this.kernel.interacts.get(textOf(message.metadata.interact_id));
    const into = interact?.output ?? this.#output;
    const data = recordOf(message.content.data);
    const controls = recordOf(data["application/sage-interact"]);
    if ("new_interact_id" in controls) {
      const made = new Interact(controls, (values, all) => this.#update(made.id, values, all));
      this.kernel.interacts.set(made.id, made);
      this.#add(into, made.node);
    } else if ("application/sage-clear" in data) {
      // Interacts within it are made anew by its function.
      for (const { id, node } of this.kernel.interacts.values())
        if (interact?.output.contains(node)) this.kernel.interacts.delete(id);
      interact?.clear();
    } else if (this.#change(data)) return;
    else if (message.header.msg_type === "stream") this.#print(into, message.content);
    else if (message.header.msg_type === "clear_output")
      into.replaceChildren(...(into === this.#output ? [this.#spinner] : []));
    else {
      const shown = outputNode(message, { kernel: this.kernel, signal: this.#gone.signal });
      if (shown) this.#add(into, shown);
    }
  }

  /** What the code does to an interact's controls. */
  #change(data: Readonly<Record<string, unknown>>): boolean {
    const what = Object.keys(data).find((type) => type.startsWith("application/sage-interact-"));
    if (what === undefined) return false;
    const said = recordOf(data[what]);
    const interact = this.kernel.interacts.get(textOf(said.interact_id));
    const name = textOf(said.name);
    if (what.endsWith("-update")) interact?.set(textOf(said.control), said.value, said.index);
    else if (what.endsWith("-new-control")) interact?.add(name, recordOf(said.control));
    else if (what.endsWith("-del-control")) interact?.remove(name);
    else if (what.endsWith("-bookmark")) interact?.bookmarks.add(name, recordOf(said.values));
    return true;
  }

  #update(interact_id: string, values: Readonly<Record<string, unknown>>, update_last: boolean): void {
    const content = { interact_id, values, update_last, user_expressions: {} };
    this.kernel.send_shell_message("sagenb.interact.update_interact", content, this.#callbacks());
  }

  /** Text of one stream grows in one element. */
  #print(into: HTMLElement, { name, text }: Readonly<Record<string, unknown>>): void {
    const className = name === "stderr" ? "sagecell_stderr" : "sagecell_stdout";
    const last = into === this.#output ? this.#spinner.previousElementSibling : into.lastElementChild;
    if (last?.className === className) last.append(textOf(text));
    else this.#add(into, make("pre", { class: className, text: textOf(text) }));
  }

  #add(into: HTMLElement, node: HTMLElement): void {
    if (++this.#nodes > nodesMax) return;
    if (into === this.#output) into.insertBefore(node, this.#spinner);
    else into.append(node);
  }

  #ended(content: Readonly<Record<string, unknown>>): void {
    const payload = Array.isArray(content.payload) ? (content.payload as unknown[]) : [];
    for (const part of payload) {
      const { new_files, data } = recordOf(part);
      const plain = recordOf(data)["text/plain"];
      if (typeof plain === "string") this.#add(this.#output, make("pre", { class: "sagecell_payload", text: plain }));
      if (Array.isArray(new_files))
        for (const file of new_files) this.#updates.set(textOf(file), (this.#updates.get(textOf(file)) ?? -1) + 1);
    }
    const links = [...this.#updates].map(([file, times]) => {
      const href = `${this.kernel.kernel_url}/files/${file.split("/").map(encodeURIComponent).join("/")}?q=${times}`;
      const link = make("a", { text: file, attributes: { href, target: "_blank", rel: "noopener" } });
      return make("div", {}, link, times > 0 ? ` [Updated ${times} time(s)]` : "");
    });
    this.#files.replaceChildren(...links);
  }
}
