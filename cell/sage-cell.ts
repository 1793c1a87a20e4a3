/** `<sage-cell>`: code that a reader can change and run; importing this registers nothing. Next: runner.ts, output/model.ts. */
import type { Outcome } from "#protocol/computation.ts";
import { buildParts, type CellParts } from "./cell-parts.ts";
import { type Server, serverAt } from "./connection.ts";
import type { Editor, EditorSetup } from "./editor/edge.ts";
import { plainEditor } from "./editor/plain-editor.ts";
import { onMathMode } from "./math/math-mode.ts";
import type { PageEdge } from "./output/page-edge.ts";
import { countOutput, outputInWords } from "./output/summary.ts";
import type { OutputView } from "./output/view.ts";
import { isActive, type RunState } from "./run-state.ts";
import { Runner } from "./runner.ts";
import { codeIn } from "./source-code.ts";
import { statusOf } from "./status-words.ts";

/** Quicker computations never flash a Stop button. */
const stopAfterMs = 200;
const tickMs = 250;
const nearPx = 300;

let cells = 0;
const now = () => performance.now();

export class SageCell extends HTMLElement {
  /** Where cell.js came from: the server unless the attribute `server` names another. */
  static home = "";

  #parts: CellParts | undefined;
  #editor: Editor | undefined;
  #plain: ReturnType<typeof plainEditor> | undefined;
  #setup: EditorSetup | undefined;
  #loadingEditor = false;
  #view: OutputView | undefined;
  #loadingView: Promise<OutputView> | undefined;
  #frameUrl: string | undefined;
  #connected = new AbortController();
  #tick: ReturnType<typeof setTimeout> | undefined;
  #lastState: RunState["at"] = "idle";
  #shownFiles: unknown;
  readonly #runner = new Runner(() => this.#server, { changed: () => this.#changed() }, now);

  get value(): string {
    return this.#editor?.value() ?? codeIn(this);
  }
  set value(code: string) {
    if (this.#editor) this.#editor.setValue(code);
    else this.replaceChildren(Object.assign(document.createElement("pre"), { textContent: code }));
  }
  get state(): RunState["at"] {
    return this.#runner.state.at;
  }

  /** Runs the code, or joins the run that is on. Resolves with its outcome; undefined if the server refused, or could not be reached. */
  async run(): Promise<Outcome | undefined> {
    const { timeoutSeconds, language } = {
      timeoutSeconds: Number(this.getAttribute("timeout")),
      language: this.getAttribute("language"),
    };
    if (!isActive(this.#runner.state)) {
      this.#startOutput();
      this.#parts?.announcer.started();
    }
    return this.#runner.run({
      code: this.value,
      allowInput: true,
      ...(language && { language }),
      ...(timeoutSeconds > 0 && { timeoutSeconds }),
    });
  }

  stop(): void {
    this.#runner.stop();
  }

  connectedCallback(): void {
    this.#connected.abort();
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    if (document.readyState !== "loading" || this.#parts) this.#start(signal);
    // An element that the parser has only begun has no code inside yet.
    else document.addEventListener("DOMContentLoaded", () => this.#start(signal), { once: true, signal });
  }

  #start(signal: AbortSignal): void {
    const parts = this.#parts ?? this.#build();
    parts.run.addEventListener("click", () => this.#runOrStop(), { signal });
    parts.again.addEventListener("click", () => this.#again(), { signal });
    onMathMode(() => parts.showMathMode(), signal);
    parts.editorBox.addEventListener("focusin", () => void this.#loadEditor(), { signal });
    const near = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        near.disconnect();
        void this.#loadEditor();
        if (this.hasAttribute("autorun") && this.#runner.state.at === "idle") void this.run();
      },
      { rootMargin: `${nearPx}px` },
    );
    near.observe(this);
    signal.addEventListener("abort", () => near.disconnect());
    this.#changed();
  }

  disconnectedCallback(): void {
    // A page that only moves the cell puts it back at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#connected.abort();
      clearTimeout(this.#tick);
      this.#runner.leave();
      this.#view?.clear();
    });
  }

  get #server(): Server {
    return serverAt(new URL(this.getAttribute("server") || SageCell.home, document.baseURI).href);
  }

  #build(): CellParts {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open", delegatesFocus: false });
    const label = this.getAttribute("label") || `cell ${++cells}`;
    const parts = buildParts(root, label);
    this.#parts = parts;
    this.#setup = {
      code: codeIn(this),
      label: `Code of ${label}`,
      hintId: parts.hintId,
      readOnly: this.hasAttribute("readonly"),
      root,
      events: { run: () => void this.run(), changed: () => this.#edited() },
    };
    this.#plain = plainEditor(this.#setup);
    this.#editor = this.#plain;
    parts.editorBox.append(this.#plain.node);
    return parts;
  }

  /** A textarea that became a cell still submits its form's value. */
  #edited(): void {
    const area = this.querySelector("textarea");
    if (area) area.value = this.value;
    this.dispatchEvent(new CustomEvent("sage-cell:edit", { bubbles: true, composed: true }));
  }

  /** The plain editor works until the other one is there, and stays if it never comes. */
  async #loadEditor(): Promise<void> {
    const [plain, setup] = [this.#plain, this.#setup];
    if (!plain || !setup || this.#loadingEditor) return;
    this.#loadingEditor = true;
    try {
      const { codeEditor } = await import("./editor/code-editor.ts");
      // Replacing the field in the middle of a composed character would lose it.
      while (plain.composing())
        await new Promise((resume) => plain.node.addEventListener("compositionend", resume, { once: true }));
      const [focused, selection] = [plain.hasFocus(), plain.selection()];
      const editor = codeEditor({ ...setup, code: plain.value(), readOnly: this.hasAttribute("readonly") });
      plain.node.replaceWith(editor.node);
      this.#editor = editor;
      this.#plain = undefined;
      editor.select(selection);
      if (focused) editor.focus();
    } catch {
      this.#loadingEditor = false;
    }
  }

  #runOrStop(): void {
    if (!isActive(this.#runner.state)) void this.run();
    else if (this.#stoppable()) this.stop();
  }

  #again(): void {
    if (this.#runner.state.at === "gone") this.#runner.reconnect();
    else void this.run();
  }

  #stoppable(): boolean {
    const { state } = this.#runner;
    return isActive(state) && now() - this.#startedAt >= stopAfterMs;
  }
  #startedAt = 0;

  /** The old output's room is kept until the new one needs it: nothing below jumps. */
  #startOutput(): void {
    this.#startedAt = now();
    const output = this.#parts?.output;
    if (output && !output.hidden) output.style.minHeight = `${output.offsetHeight}px`;
    this.#view?.clear();
    void this.#outputView().catch(() => {});
  }

  #outputView(): Promise<OutputView> {
    this.#loadingView ??= Promise.all([import("./output/view.ts"), this.#findFrame()]).then(
      ([{ outputView }]) => {
        this.#view = outputView((this.#parts as CellParts).output, this.#edge());
        this.#changed();
        return this.#view;
      },
      (error) => {
        this.#loadingView = undefined;
        throw error;
      },
    );
    return this.#loadingView;
  }

  async #findFrame(): Promise<void> {
    const origin = this.getAttribute("frame") ?? this.dataset.frame ?? (await this.#server.settings()).frameOrigin;
    // The page's own origin would be no wall at all.
    if (origin && new URL(origin, document.baseURI).origin !== location.origin) {
      this.#frameUrl = new URL("/frame/frame.html", new URL(origin, document.baseURI)).href;
    }
  }

  #edge(): PageEdge {
    return {
      root: () => this.shadowRoot as ShadowRoot,
      frameUrl: () => this.#frameUrl,
      fileUrl: (path) => this.#server.fileUrl(this.#runner.id ?? "", path),
      file: (path) => this.#server.file(this.#runner.id ?? "", path),
      moveCaret: (line) => this.#editor?.goToLine(line),
      answer: (key, value) => this.#runner.answer(key, value),
    };
  }

  /** Draws what the runner says now. */
  #changed(): void {
    const parts = this.#parts;
    if (!parts || !this.isConnected) return;
    const { state, output, files } = this.#runner;
    const { words, tone } = statusOf(state, now());
    if (parts.status.textContent !== words) parts.status.textContent = words;
    parts.status.dataset.tone = tone;
    const stop = this.#stoppable();
    parts.run.textContent = stop ? "Stop" : "Run";
    parts.run.classList.toggle("stop", stop);
    parts.again.hidden = state.at !== "gone";
    parts.again.textContent = "Reconnect";
    this.dataset.state = state.at;

    const shown = output.items.length > 0 || files.length > 0;
    if (shown || !isActive(state)) parts.output.style.minHeight = "";
    parts.output.hidden = !shown && parts.output.style.minHeight === "";
    parts.mathSwitch.hidden = !output.items.some(
      (item) => item.kind === "bundle" && item.bundle.data["text/latex"] !== undefined,
    );
    if (shown) {
      this.#view?.show(output);
      if (this.#shownFiles !== files) this.#view?.files(files);
      if (this.#view) this.#shownFiles = files;
    }
    if (state.at !== this.#lastState) this.#entered(state);
    clearTimeout(this.#tick);
    const counting = state.at === "refused" && state.retryAt !== undefined && state.retryAt > now();
    if (isActive(state) || counting) this.#tick = setTimeout(() => this.#changed(), stop || counting ? tickMs : stopAfterMs);
  }

  #entered(state: RunState): void {
    this.#lastState = state.at;
    this.dispatchEvent(new CustomEvent("sage-cell:state", { bubbles: true, composed: true, detail: { state: state.at } }));
    const { announcer } = this.#parts as CellParts;
    if (state.at === "finished") {
      const counts = countOutput(this.#runner.output);
      const { kind } = state.end;
      if (kind === "ok") announcer.say(`finished, ${outputInWords(counts, this.#runner.files.length)}`);
      else announcer.say(kind === "error" && state.errorName ? `error: ${state.errorName}` : statusOf(state, now()).words);
      this.dispatchEvent(
        new CustomEvent("sage-cell:done", { bubbles: true, composed: true, detail: { outcome: this.#runner.outcome } }),
      );
    } else if (state.at === "refused" || state.at === "away" || state.at === "gone" || state.at === "dropped") {
      announcer.say(statusOf(state, now()).words);
    }
  }
}
