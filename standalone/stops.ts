/** What must be undone, in the opposite order of doing it, also when the doing is cut short; next: system.ts. */
export type Undo = () => Promise<void> | void;

export class Stops {
  readonly #undo: Undo[] = [];
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | undefined;

  /** `failed` is told what could not be undone: it keeps nothing else from being undone. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Once stopping has begun, what is still pushed is undone at once. */
  push(undo: Undo): void {
    if (this.#running) void this.#one(undo);
    else this.#undo.push(undo);
  }

  /** Asked twice, it is done once. */
  run(): Promise<void> {
    this.#running ??= this.#all();
    return this.#running;
  }

  async #all(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await this.#one(undo);
  }

  async #one(undo: Undo): Promise<void> {
    try {
      await undo();
    } catch (error) {
      this.#failed(error);
    }
  }
}
