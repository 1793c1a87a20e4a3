/** Where a widget's scripts come from: ipywidgets' own are here, a widget's own are in its state, others where the server's admin says; next: own-script.ts. */
import * as base from "@jupyter-widgets/base";
import * as controls from "@jupyter-widgets/controls";
import * as ownScript from "./own-script.ts";

/** Modules of Jupyter's kind that a script may ask for. */
const known: Record<string, unknown> = {
  "@jupyter-widgets/base": base,
  "@jupyter-widgets/controls": controls,
  anywidget: ownScript,
};
const loading = new Map<string, Promise<unknown>>();

type Classes = Record<string, never>;

interface Module {
  readonly name: string;
  readonly version: string;
  /** Undefined: from nowhere. */
  readonly from: string | undefined;
}

/** Rejects with words for the reader. */
export async function classOf(className: string, module: Module): Promise<never> {
  const found = known[module.name] ?? (await fetched(module));
  const wanted = (found as Classes)[className];
  if (wanted === undefined) throw new Error(`${module.name} has no ${className}.`);
  return wanted;
}

function fetched({ name, version, from }: Module): Promise<unknown> {
  if (from === undefined) return Promise.reject(new Error(`This server lets no scripts of ${name} be fetched.`));
  const plain = version.replace(/^[\^~]/, "");
  if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || !/^[\w.+-]+$/.test(plain))
    return Promise.reject(new Error(`This widget's package has no name: ${name}`));
  const key = `${name}@${plain}`;
  const started = loading.get(key) ?? load(`${from}/${key}/dist/index.js`, name);
  loading.set(key, started);
  return started;
}

type Factory = (...needs: unknown[]) => unknown;

/** Such packages are written for require.js: they call `define(needs, factory)`. One after the other, so that a call is the script's own. */
let turn: Promise<unknown> = Promise.resolve();
function load(url: string, name: string): Promise<unknown> {
  const mine = turn.then(
    () =>
      new Promise((resolve, reject) => {
        const define = (...given: unknown[]) => {
          const factory = given.at(-1);
          const needs = given.find(Array.isArray) ?? [];
          const exports = {};
          const args = needs.map((need: string) => (need === "exports" ? exports : known[need]));
          const missing = needs.filter((_: string, at: number) => args[at] === undefined);
          if (missing.length > 0) return reject(new Error(`${name} needs ${missing.join(", ")}, which is not here.`));
          resolve((typeof factory === "function" ? (factory as Factory)(...args) : factory) ?? exports);
        };
        Object.assign(window, { define: Object.assign(define, { amd: {} }) });
        const script = document.createElement("script");
        script.onload = () => reject(new Error(`${name} is no widget package.`));
        script.onerror = () => reject(new Error(`The scripts of ${name} could not be fetched.`));
        script.src = url;
        document.head.append(script);
      }),
  );
  turn = mine.catch(() => {});
  return mine;
}
