/**
 * A widget that is no control of this page: drawn by ipywidgets' own scripts, or those of its package, in a sandboxed frame; next:
 * ../frame/frame-widgets.ts (inside), linked-values.ts.
 *
 * The frame is told the widget and all that it refers to, hears what changes, and says what its reader changes. Its scripts are no
 * more trusted than the code that chose them, which may ask its own kernel anything: so they may too, about these widgets.
 */
import { make } from "../dom.ts";
import { textOf } from "../output/content.ts";
import { type FrameMessage, frameBox } from "../output/frame-host.ts";
import type { Session } from "../session/session.ts";
import { words } from "../words/words.ts";
import { family, type WidgetModel, type WidgetState } from "./models.ts";
import { nameOf, type Widget } from "./widget.ts";

const familyMax = 500;

export function framedWidget(widget: Widget, id: string, session: Session): HTMLElement {
  const place = widget.page.frame();
  const model = session.models.get(id);
  const kind = model?.name.replace(/Model$/, "") || "?";
  if (!place || !model) return make("p", { class: "note", text: words("unknownWidget", { kind }) });
  const { url, widgetModules: modules } = place;
  const foreign = modules === undefined ? foreignPackage(model) : undefined;
  if (foreign) return make("p", { class: "note", text: words("foreignWidget", { kind, package: foreign }) });
  const shown = new Map<string, WidgetState>();
  let tell: (message: FrameMessage) => void = () => {};

  /** New ones first: a state may refer to them. */
  const send = () => {
    const members = family(session.models, id).slice(0, familyMax);
    const fresh = members.filter((model) => !shown.has(model.id));
    const changed = members.filter((model) => shown.has(model.id) && shown.get(model.id) !== model.state);
    if (fresh.length > 0) tell({ sandcell: "models", models: fresh.map((model) => ({ id: model.id, state: model.state })) });
    for (const model of changed)
      tell({ sandcell: "state", id: model.id, state: differences(shown.get(model.id), model.state) });
    for (const model of [...fresh, ...changed]) shown.set(model.id, model.state);
    for (const model of fresh) {
      session.models.on(model.id, send, widget.signal);
      session.models.onCustom(model.id, (content) => tell({ sandcell: "custom", id: model.id, content }), widget.signal);
    }
  };
  return frameBox({
    url,
    title: nameOf(widget) || kind,
    signal: widget.signal,
    ready(toFrame) {
      tell = toFrame;
      tell({ sandcell: "widgets", modules });
    },
    heard({ sandcell, id: of, state, content }) {
      // Its scripts have arrived: what was said before, nobody heard.
      if (sandcell === "listening" && shown.size === 0) {
        send();
        tell({ sandcell: "view", id });
      }
      if (typeof of !== "string" || !shown.has(of) || session.over) return;
      if (sandcell === "change" && isRecord(state)) {
        // The frame has it already.
        shown.set(of, { ...session.models.get(of)?.state, ...state });
        session.change(of, state);
        shown.set(of, session.models.get(of)?.state ?? {});
      } else if (sandcell === "event" && isRecord(content)) session.press(of, content);
    },
  });
}

/** The package whose scripts would have to be fetched. */
function foreignPackage({ state }: WidgetModel): string | undefined {
  const name = textOf(state._model_module);
  return /^$|^anywidget$|^@jupyter-widgets\//.test(name) ? undefined : name;
}

function differences(before: WidgetState = {}, now: WidgetState): WidgetState {
  return Object.fromEntries(Object.entries(now).filter(([key, value]) => before[key] !== value));
}

function isRecord(value: unknown): value is WidgetState {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
