/** Widgets that bring their script along as text, in the way of anywidget: `_esm` exports `render({ model, el })`; next: ../widgets/framed-widget.ts. */
import { DOMWidgetModel, DOMWidgetView } from "@jupyter-widgets/base";

type End = (() => void) | undefined;
type Hook = (given: Readonly<Record<string, unknown>>) => End | Promise<End>;
interface Script {
  readonly initialize?: Hook;
  readonly render?: Hook;
}

const scripts = new Map<string, Promise<Script>>();

/** From `export default { render }`, a function that gives one, or `export function render`. */
function scriptOf(text: string): Promise<Script> {
  let script = scripts.get(text);
  if (!script) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    script = import(url).then(async (module: { default?: Script | (() => Script | Promise<Script>) } & Script) => {
      const given = module.default ?? module;
      return typeof given === "function" ? given() : given;
    });
    scripts.set(text, script);
  }
  return script;
}

export class AnyModel extends DOMWidgetModel {
  /** Backbone calls `initialize` before a field of ours would be set. */
  declare ready: Promise<Script>;
  override initialize(attributes: never, options: never): void {
    super.initialize(attributes, options);
    this.ready = scriptOf(String(this.get("_esm"))).then(async (script) => {
      await script.initialize?.({ model: this });
      return script;
    });
    this.ready.catch(() => {});
  }
}

export class AnyView extends DOMWidgetView {
  #end: End;
  override async render(): Promise<void> {
    const css = this.model.get("_css");
    if (typeof css === "string" && css !== "") {
      const style = document.createElement("style");
      style.textContent = css;
      document.head.append(style);
    }
    const script = await (this.model as AnyModel).ready;
    this.#end = await script.render?.({ model: this.model, el: this.el });
  }
  override remove(): void {
    if (typeof this.#end === "function") this.#end();
    super.remove();
  }
}
