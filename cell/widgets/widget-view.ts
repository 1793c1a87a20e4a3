/** A widget on the page with all that is inside it, as native controls; a chunk of its own; next: widget.ts. */
import { button, make } from "../dom.ts";
import type { PageEdge } from "../output/page-edge.ts";
import type { Session } from "../session/session.ts";
import { adopt } from "../sheet.ts";
import { secondsInWords } from "../status-words.ts";
import { words } from "../words/words.ts";
import { accordion, column, rowBox, tabs } from "./boxes.ts";
import { buttons, dropdown, listbox, multiple, radios } from "./choices.ts";
import { checkbox, colour, combobox, date, numberField, password, text, textarea, toggle } from "./fields.ts";
import { framedWidget } from "./framed-widget.ts";
import { followLinks } from "./linked-values.ts";
import type { WidgetState } from "./models.ts";
import { output, updateInWords } from "./output-widget.ts";
import { html, image, label, play, press, progress, valid } from "./shown.ts";
import { logSlider, rangeSlider, selectionRangeSlider, selectionSlider, slider } from "./sliders.ts";
import type { Build, Naming, Widget } from "./widget.ts";
import sheet from "./widgets.css";

const depthMax = 20;
const dimAfterMs = 300;
const sayAfterMs = 1000;
const sayNewsAfterMs = 600;

const builds: Readonly<Record<string, Build>> = {
  IntSliderModel: slider,
  FloatSliderModel: slider,
  FloatLogSliderModel: logSlider,
  IntRangeSliderModel: rangeSlider,
  FloatRangeSliderModel: rangeSlider,
  SelectionSliderModel: selectionSlider,
  SelectionRangeSliderModel: selectionRangeSlider,
  DropdownModel: dropdown,
  SelectModel: listbox,
  SelectMultipleModel: multiple,
  RadioButtonsModel: radios,
  ToggleButtonsModel: buttons,
  TextModel: text,
  TextareaModel: textarea,
  PasswordModel: password,
  ComboboxModel: combobox,
  IntTextModel: numberField,
  BoundedIntTextModel: numberField,
  FloatTextModel: numberField,
  BoundedFloatTextModel: numberField,
  CheckboxModel: checkbox,
  ToggleButtonModel: toggle,
  ColorPickerModel: colour,
  DatePickerModel: date,
  LabelModel: label,
  HTMLModel: html,
  HTMLMathModel: html,
  ButtonModel: press,
  IntProgressModel: progress,
  FloatProgressModel: progress,
  ValidModel: valid,
  ImageModel: image,
  PlayModel: play,
  BoxModel: rowBox,
  HBoxModel: rowBox,
  GridBoxModel: rowBox,
  VBoxModel: column,
  StackModel: column,
  AccordionModel: accordion,
  TabModel: tabs,
  OutputModel: output,
};

/** Another package may call its own so too. */
function isOwn({ _model_module }: WidgetState): boolean {
  return _model_module === undefined || /^@jupyter-widgets\//.test(String(_model_module));
}

let keys = 0;

/** `signal` ends it. */
export function widgetView(id: string, session: Session, page: PageEdge, signal: AbortSignal): HTMLElement {
  adopt(page.root(), sheet);
  followLinks(session);
  const controls = make("fieldset", { class: "widgets" }, make("legend", { class: "unseen", text: words("controls") }));
  const told = make("span");
  const stop = button(words("stop"), () => void session.interrupt().catch(() => {}), { class: "again" });
  const note = make("div", { class: "widgets-note" }, told, stop);
  const node = make("div", { class: "interact" }, controls, note);
  controls.append(draw(id, { own: words("value") }, 0));

  function draw(child: string, naming: Naming, depth: number): HTMLElement {
    const model = session.models.get(child);
    const build = model && depth < depthMax && isOwn(model.state) ? builds[model.name] : undefined;
    const state = () => session.models.get(child)?.state ?? {};
    const widget: Widget = {
      key: `widget-${++keys}`,
      naming,
      page,
      signal,
      state,
      watch(drawState) {
        drawState(state());
        session.models.on(child, () => drawState(state()), signal);
      },
      change: (patch) => session.change(child, patch),
      press: () => session.press(child, { event: "click" }),
      child: (inner, named = { own: naming.own }) => draw(inner, named, depth + 1),
      peek: (other) => session.models.get(other),
    };
    return build ? build(widget) : framedWidget(widget, child, session);
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  let saying: ReturnType<typeof setTimeout> | undefined;
  let worked = false;
  const show = () => {
    // A slider that still moves says nothing: only what it came to is worth hearing.
    clearTimeout(saying);
    if (session.busySince !== undefined) worked = true;
    else if (worked) saying = setTimeout(() => sayNews(), sayNewsAfterMs);
    clearTimeout(timer);
    controls.disabled = session.over;
    const works = session.busySince === undefined ? 0 : performance.now() - session.busySince;
    node.classList.toggle("works", works > dimAfterMs);
    node.setAttribute("aria-busy", String(session.busySince !== undefined));
    const { over, busySince, trouble } = session;
    note.hidden = !over && works <= sayAfterMs && (trouble === undefined || busySince !== undefined);
    stop.hidden = over || busySince === undefined;
    if (over) told.textContent = words("sessionOver");
    else if (busySince === undefined) told.textContent = words("updateFailed", { why: trouble ?? "" });
    else told.textContent = words("updating", { time: secondsInWords(works) });
    if (session.busySince !== undefined) timer = setTimeout(show, dimAfterMs);
  };
  const sayNews = () => {
    worked = false;
    if (session.over || session.trouble !== undefined) return page.say(told.textContent ?? "");
    page.say(updateInWords(session.models));
  };
  session.on(show, signal);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    clearTimeout(saying);
  });
  show();
  return node;
}
