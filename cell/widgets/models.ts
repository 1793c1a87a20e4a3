/** The widgets of one session as its comm messages tell them, by model id; next: widget-view.ts (draws them). */
import { recordOf, textOf } from "../output/content.ts";
import { withBuffers } from "./buffers.ts";
import { joinPieces, type Pieces } from "./pieces.ts";

export type WidgetState = Readonly<Record<string, unknown>>;
export interface WidgetModel {
  readonly id: string;
  /** Jupyter's `_model_name`: `IntSliderModel`. */
  readonly name: string;
  readonly state: WidgetState;
}
export interface CommMessage {
  readonly msg_type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

const modelsMax = 5000;
const reference = "IPY_MODEL_";

export class WidgetModels {
  readonly #models = new Map<string, WidgetModel>();
  readonly #pieces: Pieces = new Map();
  readonly #changes = new EventTarget();
  readonly #customs = new EventTarget();
  /** A value that the reader changed meanwhile: what the kernel says of it is older. */
  readonly #isNewerHere: (id: string, key: string) => boolean;

  constructor(isNewerHere: (id: string, key: string) => boolean = () => false) {
    this.#isNewerHere = isNewerHere;
  }

  get size(): number {
    return this.#models.size;
  }

  get(id: string): WidgetModel | undefined {
    return this.#models.get(id);
  }

  /** In the order of their making. */
  all(): readonly WidgetModel[] {
    return [...this.#models.values()];
  }

  /** comm_open, comm_msg and comm_close; anything else, and comms of other targets, change nothing. */
  apply({ msg_type, content }: CommMessage): void {
    const id = textOf(content.comm_id);
    if (msg_type === "comm_close") {
      this.#models.delete(id);
      this.#pieces.delete(id);
      this.#tell(id);
      return;
    }
    const data = joinPieces(this.#pieces, id, recordOf(content.data));
    if (!data) return;
    if (msg_type === "comm_open") {
      if (content.target_name !== "jupyter.widget" || this.#models.size >= modelsMax) return;
      const state = withBuffers(data, content.buffers);
      this.#models.set(id, { id, name: textOf(state._model_name), state });
      this.#tell(id);
    } else if (msg_type === "comm_msg" && data.method === "update") {
      const told = Object.entries(withBuffers(data, content.buffers));
      this.#set(id, Object.fromEntries(told.filter(([key]) => !this.#isNewerHere(id, key))));
    } else if (msg_type === "comm_msg" && data.method === "custom") {
      this.#customs.dispatchEvent(new CustomEvent(id, { detail: data.content }));
    }
  }

  /** What the reader changed. */
  change(id: string, patch: WidgetState): void {
    this.#set(id, patch);
  }

  on(id: string, listener: () => void, signal: AbortSignal): void {
    this.#changes.addEventListener(id, listener, { signal });
  }

  /** What a widget's own code says to its own script. */
  onCustom(id: string, listener: (content: unknown) => void, signal: AbortSignal): void {
    this.#customs.addEventListener(id, (event) => listener((event as CustomEvent).detail), { signal });
  }

  /** The session is over: whoever shows a widget looks again. */
  tellAll(): void {
    for (const id of this.#models.keys()) this.#tell(id);
  }

  #set(id: string, patch: WidgetState): void {
    const model = this.#models.get(id);
    if (!model || Object.keys(patch).length === 0) return;
    this.#models.set(id, { ...model, state: { ...model.state, ...patch } });
    this.#tell(id);
  }

  #tell(id: string): void {
    this.#changes.dispatchEvent(new Event(id));
  }
}

/** The ids in a value such as `children`, where widgets refer to widgets. */
export function references(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).flatMap((one) =>
    typeof one === "string" && one.startsWith(reference) ? [one.slice(reference.length)] : [],
  );
}

const withoutBytes = (_: string, value: unknown) => (value instanceof Uint8Array ? null : value);

/** A widget and all that its state refers to, itself first. */
export function family(models: WidgetModels, id: string): readonly WidgetModel[] {
  const found = new Map<string, WidgetModel>();
  const visit = (one: string) => {
    const model = found.has(one) ? undefined : models.get(one);
    if (!model) return;
    found.set(one, model);
    for (const [, other = ""] of JSON.stringify(model.state, withoutBytes).matchAll(/"IPY_MODEL_([^"\\]+)"/g)) visit(other);
  };
  visit(id);
  return [...found.values()];
}
