/** Widgets inside the frame, by ipywidgets' own scripts: the page outside holds their states and speaks with the kernel; next: widget-modules.ts. */
import type { DOMWidgetModel, WidgetModel } from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import sheet from "@jupyter-widgets/controls/css/widgets.built.css";
import { Widget } from "@lumino/widgets";
import { type Tell, watchHeight } from "./height.ts";
import { classOf } from "./widget-modules.ts";

type State = Record<string, unknown>;
interface Said {
  readonly sandcell?: unknown;
  readonly id?: string;
  readonly state?: State;
  readonly content?: unknown;
  readonly models?: readonly { readonly id: string; readonly state: State }[];
}
interface CommData {
  readonly method: string;
  readonly state?: State;
  readonly buffer_paths?: (string | number)[][];
  readonly content?: unknown;
}
type Callbacks = { readonly iopub?: { readonly status?: (message: unknown) => void } } | undefined;

class FrameManager extends ManagerBase {
  readonly #modules: string | undefined;

  constructor(modules: string | undefined) {
    super();
    this.#modules = modules;
  }
  /** ipywidgets draws a broken page where this fails: the words beside it say why. */
  protected async loadClass(className: string, moduleName: string, moduleVersion: string) {
    try {
      return await classOf(className, { name: moduleName, version: moduleVersion, from: this.#modules });
    } catch (error) {
      failed(error as Error);
      throw error;
    }
  }
  protected _create_comm(): Promise<never> {
    return Promise.reject(new Error("A frame opens no comms."));
  }
  protected async _get_comm_info() {
    return {};
  }
}

/** The first message said that this frame is for widgets; the others follow. `modules`: where other packages' scripts are. */
export function showWidgets(host: Window, tell: Tell, modules: string | undefined): void {
  const manager = new FrameManager(modules);
  const comms = new Map<string, FrameComm>();
  const style = document.createElement("style");
  style.textContent = `${sheet}\n.jupyter-widgets { margin: 2px; } body { overflow-x: auto; }`;
  document.head.append(style);

  const make = ({ id, state }: { id: string; state: State }) => {
    const comm = new FrameComm(id, tell);
    comms.set(id, comm);
    const options = {
      model_id: id,
      comm,
      model_name: String(state._model_name),
      model_module: String(state._model_module),
      model_module_version: String(state._model_module_version),
    };
    // biome-ignore lint/suspicious/noExplicitAny: ipywidgets' own types for a comm are Jupyter's whole messages
    return manager.new_model(options as any, inside(state)).catch((error: Error) => failed(error));
  };
  const view = async (id: string) => {
    try {
      const drawn = await manager.create_view((await manager.get_model(id)) as DOMWidgetModel);
      Widget.attach(drawn.luminoWidget, document.body);
    } catch (error) {
      failed(error as Error);
    }
    watchHeight(tell);
  };
  window.addEventListener("message", ({ source, data }: MessageEvent<Said | null>) => {
    if (source !== host || !data) return;
    const { sandcell, id = "", state, content, models } = data;
    if (sandcell === "models" && models) for (const model of models) void make(model);
    else if (sandcell === "view") void view(id);
    else if (sandcell === "state" && state) comms.get(id)?.told({ method: "update", state: inside(state), buffer_paths: [] });
    else if (sandcell === "custom") comms.get(id)?.told({ method: "custom", content });
  });
  tell({ sandcell: "listening" });
}

/** A comm of Jupyter's classic kind, whose other end is the page outside. */
class FrameComm {
  readonly comm_id: string;
  readonly target_name = "jupyter.widget";
  readonly #tell: Tell;
  #hear: (message: unknown) => void = () => {};

  constructor(id: string, tell: Tell) {
    this.comm_id = id;
    this.#tell = tell;
  }
  send(data: CommData, callbacks?: Callbacks, _metadata?: unknown, buffers: (ArrayBuffer | ArrayBufferView)[] = []): string {
    if (data.method === "update" && data.state) {
      const state = structuredClone(data.state);
      for (const [at, path] of (data.buffer_paths ?? []).entries()) put(state, path, bytesOf(buffers[at] as ArrayBuffer));
      this.#tell({ sandcell: "change", id: this.comm_id, state });
    } else if (data.method === "custom") this.#tell({ sandcell: "event", id: this.comm_id, content: data.content });
    // The page outside lets one update through at a time: here the next may follow at once.
    const idle = { content: { execution_state: "idle" }, parent_header: {} };
    queueMicrotask(() => callbacks?.iopub?.status?.(idle));
    return "";
  }
  open(): string {
    return "";
  }
  close(): string {
    return "";
  }
  on_msg(hear: (message: unknown) => void): void {
    this.#hear = hear;
  }
  on_close(): void {}
  told(data: CommData): void {
    this.#hear({ content: { comm_id: this.comm_id, data }, parent_header: {}, metadata: {}, buffers: [] });
  }
}

/** ipywidgets wants a DataView where a state is binary. */
function inside(value: State): State & WidgetModel["attributes"] {
  const turned = (one: unknown): unknown => {
    if (one instanceof Uint8Array) return new DataView(one.buffer, one.byteOffset, one.byteLength);
    if (Array.isArray(one)) return one.map(turned);
    if (typeof one === "object" && one !== null)
      return Object.fromEntries(Object.entries(one).map(([key, each]) => [key, turned(each)]));
    return one;
  };
  return turned(value) as State;
}

function bytesOf(buffer: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

function put(into: State, path: readonly (string | number)[], bytes: Uint8Array): void {
  let at = into;
  for (const key of path.slice(0, -1)) at = at[key] as State;
  at[path.at(-1) as string] = bytes;
}

/** A widget that could not be made says so once, for itself and for what holds it. */
function failed(error: Error): void {
  if (document.body.textContent?.includes(error.message)) return;
  const words = document.createElement("p");
  words.textContent = error.message;
  document.body.append(words);
}
