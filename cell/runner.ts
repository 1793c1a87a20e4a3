/** One cell's runs: the pure states and the server brought together, without any DOM; next: sage-cell.ts (shows it). */
import type { FileEntry, Outcome } from "#protocol/computation.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Server, ServerState, Submission } from "./connection.ts";
import { noOutput, type Output } from "./output/items.ts";
import { Away, Refusal } from "./refusal.ts";
import { idle, isActive, next, type RunEvent, type RunState } from "./run-state.ts";
import type { Session } from "./session/session.ts";
import { words } from "./words/words.ts";

export interface RunnerEvents {
  /** State, output or files changed. */
  changed(): void;
}
/** Where code is submitted: to a seat in a session, or on its own. */
export interface Place {
  submit(submission: Submission, signal: AbortSignal, said: Said): Promise<Placed>;
}
/** What a session says by itself, beside its computations. */
type Said = (messages: readonly TranscriptMessage[]) => void;
interface Placed {
  readonly id: string;
  readonly state: ServerState;
  readonly session: Session;
  readonly restarted?: boolean;
}

/** A chunk of its own: nothing of it is needed before something runs. */
const loadModel = () => import("./output/model.ts");
type Model = Awaited<ReturnType<typeof loadModel>>;

export class Runner {
  state: RunState = idle;
  output: Output = noOutput;
  files: readonly FileEntry[] = [];
  /** Of the newest accepted computation. */
  id: string | undefined;
  outcome: Outcome | undefined;
  /** In which it runs, or which it may leave behind. */
  session: Session | undefined;
  /** The session that earlier cells used had ended. */
  restarted = false;
  readonly #server: () => Server;
  readonly #events: RunnerEvents;
  readonly #clock: () => number;
  #model: Model | undefined;
  #abort = new AbortController();
  #running: Promise<Outcome | undefined> | undefined;

  constructor(server: () => Server, events: RunnerEvents, clock: () => number) {
    this.#server = server;
    this.#events = events;
    this.#clock = clock;
  }

  /** It waits for other cells of its session, not for a place. */
  get behind(): boolean {
    return this.id !== undefined && this.session?.isBehind(this.id) === true;
  }

  /** The run that is on. */
  get running(): Promise<Outcome | undefined> | undefined {
    return isActive(this.state) ? this.#running : undefined;
  }

  /** While none is on. The outcome; undefined if there is none to be had: refused, away or given up. */
  run(submission: Submission, place: Place | Promise<Place>): Promise<Outcome | undefined> {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.output = noOutput;
    this.files = [];
    this.id = undefined;
    this.outcome = undefined;
    this.session = undefined;
    this.restarted = false;
    this.#happened({ event: "submit" });
    this.#running = this.#submitAndFollow(submission, place, this.#abort.signal);
    return this.#running;
  }

  /** Interrupts; again, and the server kills at once. */
  stop(): void {
    if (!isActive(this.state)) return;
    this.#happened({ event: "stop" });
    if (this.id !== undefined) this.#cancel(this.id);
  }

  /** After the cell gave up on a computation that may still be running. */
  reconnect(): void {
    if (this.state.at !== "gone" || this.id === undefined) return;
    this.#happened({ event: "reconnect" });
    this.#running = this.#follow(this.id, this.#abort.signal);
  }

  async answer(key: number, value: string): Promise<void> {
    if (this.id === undefined) return;
    await this.#server().answer(this.id, value);
    if (this.#model) this.output = this.#model.answerInput(this.output, key, value);
    this.#events.changed();
  }

  /** The cell left the page: its computation has no reader. */
  leave(): void {
    if (isActive(this.state) && this.id !== undefined) this.#giveUp(this.id, this.session);
    if (this.id !== undefined) this.session?.finished(this.id, undefined);
    this.#abort.abort();
    this.state = idle;
    this.#running = undefined;
  }

  async #submitAndFollow(
    submission: Submission,
    place: Place | Promise<Place>,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const said: Said = (messages) => {
      if (signal.aborted || !this.#model) return;
      this.output = this.#model.addOutputs(this.output, messages);
      this.#events.changed();
    };
    try {
      const loading = loadModel();
      loading.catch(() => {});
      const { id, state, session, restarted } = await (await place).submit(submission, signal, said);
      if (signal.aborted) {
        this.#giveUp(id, session);
        return undefined;
      }
      this.id = id;
      this.session = session;
      this.restarted = restarted === true;
      if (state !== "finished") this.#happened({ event: "told", state, place: undefined });
      if (isActive(this.state) && this.state.stopping) this.#cancel(id);
      this.#model = await loading;
      return await this.#follow(id, signal);
    } catch (error) {
      if (!signal.aborted) this.#happened(failureOf(error));
      return undefined;
    }
  }

  async #follow(id: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const model = this.#model ?? (await loadModel());
    const watcher = {
      messages: (messages: readonly TranscriptMessage[]) => {
        // Widgets first: an output that shows one finds it.
        this.session?.heard(messages);
        this.output = model.addMessages(this.output, messages);
        this.#events.changed();
      },
      state: (state: ServerState, place: number | undefined) => {
        if (state !== "finished") this.#happened({ event: "told", state, place });
      },
      dropped: (tried: number) => this.#happened({ event: "dropped", tried }),
    };
    try {
      const outcome = await this.#server().follow(id, this.output.lastNumber, watcher, signal);
      const error = this.output.items.findLast((item) => item.kind === "error");
      this.output = model.closeInputs(this.output);
      this.files = outcome.files;
      this.outcome = outcome;
      this.session?.finished(id, outcome);
      this.#happened({ event: "finished", end: outcome, errorName: error?.name });
      return outcome;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof Refusal)) this.#happened({ event: "gaveUp" });
      else this.#happened(failureOf(error));
      return undefined;
    }
  }

  /** Nobody will read it, or use what it leaves behind. */
  #giveUp(id: string, session: Session | undefined): void {
    if (session?.awaited) session.close();
    else this.#cancel(id);
  }

  #cancel(id: string): void {
    this.#server()
      .cancel(id)
      .catch((error) => {
        // Finished before the wish arrived: the outcome says how.
        if (!(error instanceof Refusal && (error.status === 404 || error.status === 409)))
          this.#happened({ event: "stopFailed" });
      });
  }

  #happened(event: RunEvent): void {
    this.state = next(this.state, event, this.#clock());
    this.#events.changed();
  }
}

function failureOf(error: unknown): RunEvent {
  if (error instanceof Refusal) return { event: "refused", words: error.message, retryAfterSeconds: retryOf(error) };
  return { event: "away", words: error instanceof Away ? words("away") : words("broken") };
}

/** Only "busy" answers promise that a later try may do better. */
function retryOf(error: Refusal): number | undefined {
  return error.status === 429 || error.status === 503 ? (error.retryAfterSeconds ?? 5) : undefined;
}
