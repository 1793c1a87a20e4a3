/**
 * Interacts as SageMathCell's clients know them; next: sagecell-controls.ts.
 *
 * Those of `interact` say so themselves and are passed on. Those of ipywidgets are widgets, which come as comms. A shown widget that holds controls and an Output is an interact: its controls go out as one
 * `application/sage-interact`, what its Output says as ordinary output marked with the interact's id.
 */
import { CommPieces } from "#gateway/compat/comm-pieces.ts";
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { record, textOf } from "#gateway/compat/sagecell-bundle.ts";
import { type Change, type Control, changeOf, controlOf, type State } from "#gateway/compat/sagecell-controls.ts";
import type { Said, Spoken } from "#gateway/compat/sagecell-wire.ts";

type Output = Record<string, unknown>;
type Interact = { id: string; output: string; controls: Map<string, { widget: string; control: Control }>; shown: Output[] };

/** Not a comm: an output of an interact that was too big for one message. */
const wholeOutput = "output";
const viewType = "application/vnd.jupyter.widget-view+json";
const depthMax = 8;

export class Interacts {
  readonly #models = new Map<string, State>();
  readonly #interacts = new Map<string, Interact>();
  readonly #byOutput = new Map<string, Interact>();
  readonly #pieces = new CommPieces();

  /** What a comm message or a shown widget means to a client. Undefined: nothing of ours, pass it on. */
  hear(message: Said): Spoken[] | undefined {
    const { msg_type, content } = message;
    if (msg_type === "display_data" || msg_type === "execute_result") return this.#show(message);
    const id = textOf(content["comm_id"]);
    if (!msg_type.startsWith("comm_")) return undefined;
    const data = this.#pieces.join(id, record(content["data"]));
    if (!data) return [];
    if (id === wholeOutput) return [spokenWhole(data)];
    if (msg_type === "comm_open") {
      if (content["target_name"] !== "jupyter.widget") return undefined;
      if (this.#models.size < bounds.modelsMax) this.#models.set(id, { ...record(data["state"]) });
      return [];
    }
    const model = this.#models.get(id);
    if (!model) return undefined;
    if (msg_type === "comm_close") {
      this.#models.delete(id);
      return [];
    }
    if (msg_type !== "comm_msg" || data["method"] !== "update") return [];
    const state = record(data["state"]);
    Object.assign(model, state);
    const interact = this.#byOutput.get(id);
    if (interact && "outputs" in state) return this.#said(interact, outputsOf(model));
    return this.#moved(id, state);
  }

  /** The widgets to tell, in order, of what a client changed. */
  changes(interact: string, values: Record<string, unknown>): { widget: string; change: Change }[] {
    const controls = this.#interacts.get(interact)?.controls;
    if (!controls) return [];
    return Object.entries(values).flatMap(([name, value]) => {
      const found = controls.get(name);
      const state = found && this.#models.get(found.widget);
      const change = state && changeOf(found.control, state, value);
      if (!change) return [];
      if (change.method === "update") Object.assign(state, change.state);
      return [{ widget: found.widget, change }];
    });
  }

  #show(message: Said): Spoken[] | undefined {
    const bundle = record(message.content["data"]);
    const root = textOf(record(bundle[viewType])["model_id"]);
    if (root === "") return undefined;
    const widgets: string[] = [];
    this.#leaves(root, widgets, 0);
    const isOutput = (id: string) => this.#models.get(id)?.["_model_name"] === "OutputModel";
    const output = widgets.findLast(isOutput);
    if (output === undefined) return undefined;
    const lazy = widgets.some((id) => this.#models.get(id)?.["_model_name"] === "ButtonModel");
    const controls: Interact["controls"] = new Map();
    for (const widget of widgets) {
      const state = this.#models.get(widget) ?? {};
      const control = controlOf(state, lazy);
      if (control) controls.set(nameFor(state, controls), { widget, control });
    }
    const interact: Interact = { id: root, output, controls, shown: [] };
    this.#interacts.set(root, interact);
    this.#byOutput.set(output, interact);
    const layout = [...[...controls.keys()].map((name) => [[name, 12]]), [["_output", 12]]];
    const described = Object.fromEntries([...controls].map(([name, { control }]) => [name, control]));
    const data = {
      "application/sage-interact": { new_interact_id: root, controls: described, layout, locations: null, readonly: false },
      "text/plain": "Sage Interact",
    };
    return [displayed(data), ...this.#said(interact, outputsOf(this.#models.get(output) ?? {}))];
  }

  /** All that is no box, from top to bottom. */
  #leaves(id: string, into: string[], depth: number): void {
    const model = this.#models.get(id);
    if (!model || depth > depthMax || into.length >= bounds.modelsMax) return;
    const children = model["children"];
    if (!Array.isArray(children)) into.push(id);
    else for (const child of children) this.#leaves(textOf(child).replace(/^IPY_MODEL_/, ""), into, depth + 1);
  }

  /** New output at the end is added; anything else starts again from an empty place. */
  #said(interact: Interact, outputs: Output[]): Spoken[] {
    const { shown } = interact;
    interact.shown = outputs;
    const kept = shown.every((output, at) => at < outputs.length && JSON.stringify(output) === JSON.stringify(outputs[at]));
    const spoken = outputs.slice(kept ? shown.length : 0).flatMap(spokenOf);
    const cleared =
      kept && shown.length > 0 ? [] : [displayed({ "application/sage-clear": { changed: [...interact.controls.keys()] } })];
    return [...cleared, ...spoken].map((message) => ({
      ...message,
      metadata: { ...message.metadata, interact_id: interact.id },
    }));
  }

  /** A control that the code itself moved. */
  #moved(widget: string, state: State): Spoken[] {
    for (const { id, controls } of this.#interacts.values())
      for (const [name, { widget: own, control }] of controls) {
        const value = state["index"] ?? state["value"];
        if (own !== widget || value === undefined || !("update" in control)) continue;
        return [displayed({ "application/sage-interact-update": { interact_id: id, control: name, value } })];
      }
    return [];
  }
}

const outputsOf = (model: State): Output[] =>
  Array.isArray(model["outputs"]) ? (model["outputs"] as unknown[]).map((output) => record(output)) : [];

const displayed = (data: Record<string, unknown>): Spoken => ({ msg_type: "display_data", content: { data, metadata: {} } });

const spokenWhole = (data: Record<string, unknown>): Spoken => ({
  msg_type: textOf(data["msg_type"]),
  content: record(data["content"]),
  metadata: record(data["metadata"]),
});

/** Outputs as a notebook has them, as messages. */
function spokenOf({ output_type, ...content }: Output): Spoken[] {
  const msg_type = textOf(output_type);
  return ["stream", "display_data", "execute_result", "error"].includes(msg_type) ? [{ msg_type, content }] : [];
}

/** The argument's name where the widget says it, else a number: a name must be there once. */
function nameFor(state: State, taken: ReadonlyMap<string, unknown>): string {
  const said = textOf(state["description"]);
  if (/^[A-Za-z_]\w*$/.test(said) && !taken.has(said)) return said;
  return `control_${taken.size}`;
}
