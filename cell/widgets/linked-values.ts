/** `jslink` and `jsdlink`: a value of one widget that another one's follows, here in the page without the kernel; next: ../output/view.ts. */
import type { Session } from "../session/session.ts";
import { references, type WidgetModel } from "./models.ts";

const linkedMax = 500;
const followed = new WeakMap<Session, Set<string>>();

/** Those that are there now; again is harmless. */
export function followLinks(session: Session): void {
  const known = followed.get(session) ?? new Set<string>();
  followed.set(session, known);
  for (const link of session.models.all()) {
    if (!/^(Directional)?LinkModel$/.test(link.name) || known.has(link.id) || known.size >= linkedMax) continue;
    known.add(link.id);
    follow(session, link, "source", "target");
    if (link.name === "LinkModel") follow(session, link, "target", "source");
  }
}

function follow(session: Session, { state }: WidgetModel, from: "source" | "target", to: "source" | "target"): void {
  const [source, target] = [endOf(state[from]), endOf(state[to])];
  if (!source || !target) return;
  const pass = () => {
    const [value, other] = [session.models.get(source.id)?.state[source.key], session.models.get(target.id)?.state[target.key]];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(other))
      session.change(target.id, { [target.key]: value });
  };
  session.models.on(source.id, pass, session.lasting);
  // Of two that follow each other the source is first.
  if (from === "source") pass();
}

/** `["IPY_MODEL_…", "value"]` */
function endOf(end: unknown): { id: string; key: string } | undefined {
  const [id] = references(end);
  const key = Array.isArray(end) ? end[1] : undefined;
  return id === undefined || typeof key !== "string" ? undefined : { id, key };
}
