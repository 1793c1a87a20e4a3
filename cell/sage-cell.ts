/** `<sage-cell>`: code that a reader can change and run; importing this registers nothing. Next: runner.ts, output/model.ts. */
import type { Outcome } from "#protocol/computation.ts";
import { buildParts, type CellParts } from "./cell-parts.ts";
import { type Server, serverAt } from "./connection.ts";
import { make } from "./dom.ts";
import type { Completions } from "./editor/edge.ts";
import { EditorSlot } from "./editor/editor-slot.ts";
import { autorun, watchAbove } from "./linked-cells.ts";
import { onMathMode } from "./math/math-mode.ts";
import type { Output } from "./output/items.ts";
import { OutputSlot } from "./output/output-slot.ts";
import type { PageEdge } from "./output/page-edge.ts";
import { isActive, type RunState } from "./run-state.ts";
import { Runner } from "./runner.ts";
import { SeatChoice } from "./session/seat-choice.ts";
import type { SavedControls } from "./share/saved-controls.ts";
import { codeIn } from "./source-code.ts";
import { statusOf, stopWords } from "./status-words.ts";
import { languageAround, learn, words } from "./words/words.ts";

/** Quicker computations never flash a Stop button. */
const stopAfterMs = 200;
const tickMs = 250;
const nearPx = 300;

let cells = 0;
const now = () => performance.now();

export class SageCell extends HTMLElement {
  /** Where cell.js came from: the server unless the attribute `server` names another. */
  static home = "";
  /** Where the controls of the next interact shall stand: a shared link brings them. */
  controls: SavedControls | undefined;
  /** What its author wrote, whatever a reader made of it. */
  original = "";

  #parts: CellParts | undefined;
  #slot: EditorSlot | undefined;
  #output: OutputSlot | undefined;
  #connected = new AbortController();
  #tick: ReturnType<typeof setTimeout> | undefined;
  #lastState: RunState["at"] = "idle";
  #toldOutput: Output | undefined;
  #startedAt = 0;
  #helping = new AbortController();
  readonly #runner = new Runner(() => this.#server, { changed: () => this.#changed() }, now);
  readonly #seat = new SeatChoice();

  get value(): string {
    return this.#slot?.editor.value() ?? codeIn(this);
  }
  set value(code: string) {
    if (this.#slot) this.#slot.editor.setValue(code);
    else this.replaceChildren(make("pre", { text: code }));
  }
  get state(): RunState["at"] {
    return this.#runner.state.at;
  }

  /** Runs the code, or joins the run that is on. Resolves with its outcome; undefined if the server refused, or could not be reached. */
  async run(): Promise<Outcome | undefined> {
    const { running } = this.#runner;
    if (running) return running;
    const [timeoutSeconds, language] = [Number(this.getAttribute("timeout")), this.getAttribute("language")];
    this.#startedAt = now();
    const replace = this.getAttribute("replace-output") !== "false";
    const frame = this.getAttribute("frame") ?? this.dataset.frame;
    this.#output?.start({ server: this.#server, frame, replace }, () => this.#changed());
    this.#parts?.announcer.started();
    this.#tell("run");
    const submission = {
      code: this.value,
      traceparent: document.querySelector<HTMLMetaElement>("meta[name=traceparent]")?.content,
      figureFormat: "svg" as const,
      ...(language && { language }),
      ...(this.getAttribute("interacts") === "sagecell" && { interacts: "sagecellWidgets" as const }),
      ...(timeoutSeconds > 0 && { timeoutSeconds }),
    };
    return this.#runner.run(submission, this.#seat.choose(this.#server, this.getAttribute("link")));
  }

  interrupt(): void {
    this.#runner.stop();
  }

  /** The author's code again. */
  reset(): void {
    if (this.#parts) this.value = this.original;
  }

  connectedCallback(): void {
    this.#connected.abort();
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    // Everything that a cell says is in the page's language from the start.
    const start = () => {
      const learning = this.#parts ? undefined : learn(languageAround(this));
      if (!learning) this.#start(signal);
      else void learning.then(() => signal.aborted || this.#start(signal));
    };
    if (document.readyState !== "loading" || this.#parts) start();
    // An element that the parser has only begun has no code inside yet.
    else document.addEventListener("DOMContentLoaded", start, { once: true, signal });
  }

  #start(signal: AbortSignal): void {
    const parts = this.#parts ?? this.#build();
    // A double click is one press: two of Stop are a wish of their own.
    parts.run.addEventListener("click", ({ detail }) => detail > 1 || this.#runOrStop(), { signal });
    parts.again.addEventListener("click", () => this.#runner.reconnect(), { signal });
    this.#seat.enter(this.#server, this.getAttribute("link"));
    onMathMode(() => parts.showMathMode(), signal);
    parts.share.addEventListener("click", () => void this.#share(parts), { signal });
    const loadEditor = () => void this.#slot?.load(() => this.#readOnly);
    parts.editorBox.addEventListener("focusin", loadEditor, { signal });
    const near = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        near.disconnect();
        loadEditor();
        if (this.hasAttribute("autorun")) autorun(this);
      },
      { rootMargin: `${nearPx}px` },
    );
    near.observe(this);
    if (this.hasAttribute("link")) watchAbove(this, parts.above, signal);
    if (this.matches("[src], [persist], [output], [languages], [fallback]")) void this.#grantWishes(parts);
    signal.addEventListener("abort", () => near.disconnect());
    this.#changed();
    this.#tell("ready");
  }

  disconnectedCallback(): void {
    // A page that only moves the cell puts it back at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#connected.abort();
      clearTimeout(this.#tick);
      this.#runner.leave();
      this.#seat.leave();
      this.#output?.clear();
    });
  }

  get #readOnly(): boolean {
    return this.hasAttribute("readonly") || this.getAttribute("template") === "restricted";
  }

  get #server(): Server {
    return serverAt(new URL(this.getAttribute("server") || SageCell.home, document.baseURI).href);
  }

  #build(): CellParts {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open", delegatesFocus: false });
    const label = this.getAttribute("label") || words("cell", { number: String(++cells) });
    const parts = buildParts(root, label);
    this.#parts = parts;
    this.original = codeIn(this);
    this.#slot = new EditorSlot(parts.editorBox, {
      code: this.original,
      label: words("codeOf", { cell: label }),
      hintId: parts.hintId,
      readOnly: this.#readOnly,
      root,
      events: {
        run: () => void this.run(),
        changed: () => this.#edited(),
        complete: (code, at) => this.#complete(code, at),
        help: (name) => void this.#help(name),
      },
    });
    this.#output = new OutputSlot(parts.output, this.#edge());
    return parts;
  }

  /** What few cells ask for is a chunk of its own. */
  async #grantWishes(parts: CellParts): Promise<void> {
    const { grantWishes } = await import("./wishes/wishes.ts");
    if (this.isConnected) await grantWishes(this, parts);
  }

  async #complete(code: string, at: number): Promise<Completions | undefined> {
    const reply = await this.#seat.session?.request("complete_request", { code, cursor_pos: at }, this.#connected.signal);
    if (reply?.status !== "ok" || !Array.isArray(reply.matches)) return undefined;
    return { from: Number(reply.cursor_start), to: Number(reply.cursor_end), matches: reply.matches.map(String) };
  }

  async #help(name: string): Promise<void> {
    const { showHelp } = await import("./editor/help-panel.ts");
    this.#helping.abort();
    this.#helping = new AbortController();
    const signal = AbortSignal.any([this.#helping.signal, this.#connected.signal]);
    const { help, announcer } = this.#parts as CellParts;
    await showHelp(
      help,
      { server: this.#server, session: this.#seat.session, name, signal },
      { say: (said) => announcer.say(said), closed: () => this.#slot?.editor.focus() },
    );
  }

  async #share({ share, sharing }: CellParts): Promise<void> {
    const { sharePanel } = await import("./share/share-panel.ts");
    const language = this.getAttribute("language") ?? undefined;
    const toShare = { server: this.#server, code: this.value, language, models: this.#runner.session?.models };
    await sharePanel(sharing, toShare, this.shadowRoot as ShadowRoot, share);
  }

  async #restoreControls(): Promise<void> {
    const [saved, { session }] = [this.controls, this.#runner];
    if (!saved || !session || session.over) return;
    this.controls = undefined;
    const { restoreControls } = await import("./share/saved-controls.ts");
    restoreControls(session, saved);
  }

  /** A textarea that became a cell still submits its form's value. */
  #edited(): void {
    const area = this.querySelector("textarea");
    if (area) area.value = this.value;
    this.#tell("edit");
  }

  #runOrStop(): void {
    if (!isActive(this.#runner.state)) void this.run();
    else if (this.#stoppable()) this.interrupt();
  }

  #stoppable(): boolean {
    return isActive(this.#runner.state) && now() - this.#startedAt >= stopAfterMs;
  }

  #edge(): Omit<PageEdge, "frame"> {
    return {
      root: () => this.#parts?.output.getRootNode() as ShadowRoot,
      session: () => this.#runner.session,
      fileUrl: (path) => this.#server.fileUrl(this.#runner.id ?? "", path),
      file: (path) => this.#server.file(this.#runner.id ?? "", path),
      say: (said) => this.#parts?.announcer.say(said),
      moveCaret: (line) => this.#slot?.editor.goToLine(line),
      answer: (key, value) => this.#runner.answer(key, value),
    };
  }

  /** Draws what the runner says now. */
  #changed(): void {
    const parts = this.#parts;
    if (!parts || !this.isConnected) return;
    const { state, output, files, restarted } = this.#runner;
    const { words: said, tone } = statusOf(state, now(), this.#runner.behind);
    const status = restarted && state.at === "finished" ? `${said}. ${words("restarted")}` : said;
    if (parts.status.textContent !== status) parts.status.textContent = status;
    parts.status.dataset.tone = tone;
    const stop = this.#stoppable();
    parts.run.textContent = stop ? stopWords(state) : this.getAttribute("run-label") || words("run");
    parts.run.classList.toggle("stop", stop);
    parts.again.hidden = state.at !== "gone";
    parts.fallback.hidden = (state.at !== "away" && state.at !== "gone") || !this.querySelector(":scope > [slot=fallback]");
    this.dataset.state = state.at;
    this.#output?.show({ output, files }, !isActive(state));
    if (output !== this.#toldOutput && output.items.length > 0) this.#tell("output");
    this.#toldOutput = output;
    parts.mathSwitch.hidden = !output.items.some(
      (item) => item.kind === "bundle" && item.bundle.data["text/latex"] !== undefined,
    );
    if (state.at !== this.#lastState) this.#entered(state);
    clearTimeout(this.#tick);
    const counting = state.at === "refused" && state.retryAt !== undefined && state.retryAt > now();
    if (isActive(state) || counting) this.#tick = setTimeout(() => this.#changed(), stop || counting ? tickMs : stopAfterMs);
  }

  #entered(state: RunState): void {
    this.#lastState = state.at;
    this.#tell("state", { state: state.at });
    if (state.at === "finished") {
      this.#seat.finished();
      void this.#restoreControls();
      void this.#sayEnd(state);
      this.#tell("done", { outcome: this.#runner.outcome });
      if (state.end.kind !== "ok") this.#tell("error", { outcome: this.#runner.outcome });
    } else if (state.at === "refused" || state.at === "away" || state.at === "gone" || state.at === "dropped") {
      this.#parts?.announcer.say(statusOf(state, now()).words);
      if (state.at !== "dropped") this.#tell("error", { outcome: undefined });
    }
  }

  async #sayEnd(state: RunState & { at: "finished" }): Promise<void> {
    const { output, files } = this.#runner;
    const { endInWords } = await import("./output/summary.ts");
    if (this.#runner.state === state) this.#parts?.announcer.say(endInWords(state, output, files.length));
  }

  #tell(name: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.dispatchEvent(new CustomEvent(`sage-cell:${name}`, { bubbles: true, composed: true, detail }));
  }
}
