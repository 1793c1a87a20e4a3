/** Where an interact's controls stand, to be put into a link and back; next: share-link.ts. */
import type { Session } from "../session/session.ts";
import type { WidgetModel, WidgetModels } from "../widgets/models.ts";

/** In the order of their making: what kind of control, and where it stood. One of kind "" is known by its name alone. */
export type SavedControls = readonly (readonly [kind: string, place: unknown, name?: string])[];

const savedMax = 200;
const textCharsMax = 2000;

export function controlsOf(models: WidgetModels): SavedControls {
  return standing(models).map((model) => [model.name, model.state[keyOf(model)]]);
}

/** Only where the same kind stands at the same place: code that was changed since has other controls. */
export function restoreControls(session: Session, saved: SavedControls): void {
  for (const [at, model] of standing(session.models).entries()) {
    const named = saved.find(([kind, , name]) => kind === "" && name === model.state.description);
    const [kind, place] = named ?? saved[at] ?? [];
    const key = keyOf(model);
    if ((!named && kind !== model.name) || !isPlace(place)) continue;
    if (JSON.stringify(place) !== JSON.stringify(model.state[key])) session.change(model.id, { [key]: place });
  }
}

function standing(models: WidgetModels): readonly WidgetModel[] {
  const all = models.all().filter((model) => !/^(Button|Output|HTML|HTMLMath|Label)Model$/.test(model.name));
  return all.filter((model) => isPlace(model.state[keyOf(model)])).slice(0, savedMax);
}

/** A choice is where it is in its list. */
function keyOf({ state }: WidgetModel): "index" | "value" {
  return "index" in state ? "index" : "value";
}

function isPlace(value: unknown): boolean {
  if (Array.isArray(value)) return value.length <= savedMax && value.every((one) => typeof one === "number");
  if (typeof value === "string") return value.length <= textCharsMax;
  return typeof value === "number" || typeof value === "boolean";
}
