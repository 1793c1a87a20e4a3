/** One cell's runs: the pure states and the server brought together, without any DOM; next: sage-cell.ts (shows it). */
import type { FileEntry, Outcome } from "#protocol/computation.ts";
import { Away, Refusal, type Server, type Submission } from "./connection.ts";
import { addMessages, answerInput, closeInputs, noOutput, type Output } from "./output/model.ts";
import { idle, isActive, next, type RunEvent, type RunState } from "./run-state.ts";

export interface RunnerEvents {
  /** State, output or files changed. */
  changed(): void;
}

export class Runner {
  state: RunState = idle;
  output: Output = noOutput;
  files: readonly FileEntry[] = [];
  /** Of the newest accepted computation. */
  id: string | undefined;
  outcome: Outcome | undefined;
  readonly #server: () => Server;
  readonly #events: RunnerEvents;
  readonly #clock: () => number;
  #abort = new AbortController();
  #running: Promise<Outcome | undefined> | undefined;

  constructor(server: () => Server, events: RunnerEvents, clock: () => number) {
    this.#server = server;
    this.#events = events;
    this.#clock = clock;
  }

  /** The outcome; undefined if there is none to be had: refused, away or given up. While one runs, that one's. */
  run(submission: Submission): Promise<Outcome | undefined> {
    if (this.#running && isActive(this.state)) return this.#running;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.output = noOutput;
    this.files = [];
    this.id = undefined;
    this.outcome = undefined;
    this.#happened({ event: "submit" });
    this.#running = this.#submitAndFollow(submission, this.#abort.signal);
    return this.#running;
  }

  stop(): void {
    if (!isActive(this.state) || this.state.stopping) return;
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
    this.output = answerInput(this.output, key, value);
    this.#events.changed();
  }

  /** The cell left the page: its computation has no reader. */
  leave(): void {
    if (isActive(this.state) && this.id !== undefined) this.#cancel(this.id);
    this.#abort.abort();
    this.state = idle;
    this.#running = undefined;
  }

  async #submitAndFollow(submission: Submission, signal: AbortSignal): Promise<Outcome | undefined> {
    try {
      const { id, state } = await this.#server().submit(submission, signal);
      if (signal.aborted) {
        this.#cancel(id);
        return undefined;
      }
      this.id = id;
      if (state !== "finished") this.#happened({ event: "told", state, place: undefined });
      if (isActive(this.state) && this.state.stopping) this.#cancel(id);
      return await this.#follow(id, signal);
    } catch (error) {
      if (!signal.aborted) this.#happened(failureOf(error));
      return undefined;
    }
  }

  async #follow(id: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const watcher = {
      messages: (messages: Parameters<typeof addMessages>[1]) => {
        this.output = addMessages(this.output, messages);
        this.#events.changed();
      },
      state: (state: "queued" | "running" | "finished", place: number | undefined) => {
        if (state !== "finished") this.#happened({ event: "told", state, place });
      },
      dropped: (tried: number) => this.#happened({ event: "dropped", tried }),
    };
    try {
      const outcome = await this.#server().follow(id, this.output.lastNumber, watcher, signal);
      const error = this.output.items.findLast((item) => item.kind === "error");
      this.output = closeInputs(this.output);
      this.files = outcome.files;
      this.outcome = outcome;
      this.#happened({ event: "finished", end: outcome, errorName: error?.name });
      return outcome;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof Refusal)) this.#happened({ event: "gaveUp" });
      else this.#happened(failureOf(error));
      return undefined;
    }
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
  const words = error instanceof Away ? "The server is not reachable." : "Something went wrong while speaking with the server.";
  return { event: "away", words };
}

/** Only "busy" answers promise that a later try may do better. */
function retryOf(error: Refusal): number | undefined {
  return error.status === 429 || error.status === 503 ? (error.retryAfterSeconds ?? 5) : undefined;
}
