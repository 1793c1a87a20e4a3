/** The binary parts of a widget's state: beside it in base64 on the wire, inside it here; next: models.ts. */
import { recordOf, textOf } from "../output/content.ts";
import type { WidgetState } from "./models.ts";

const depthMax = 10;

interface Wire {
  readonly state: WidgetState;
  readonly buffer_paths: readonly (readonly (string | number)[])[];
  readonly buffers: readonly string[];
}

/** `data.state` with the buffers at the places that `data.buffer_paths` names. */
export function withBuffers(data: WidgetState, buffers: unknown): WidgetState {
  let state: unknown = { ...recordOf(data.state) };
  if (!Array.isArray(buffers) || !Array.isArray(data.buffer_paths)) return state as WidgetState;
  for (const [at, path] of data.buffer_paths.entries()) {
    if (Array.isArray(path) && path.length > 0 && path.length <= depthMax)
      state = put(state, path, bytesOf(textOf(buffers[at])));
  }
  return state as WidgetState;
}

/** The other way round. */
export function withoutBuffers(state: WidgetState): Wire {
  const buffer_paths: (string | number)[][] = [];
  const buffers: string[] = [];
  const taken = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (value instanceof Uint8Array) {
      buffer_paths.push([...path]);
      buffers.push(base64(value));
      return null;
    }
    if (path.length > depthMax || typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((one, at) => taken(one, [...path, at]));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, taken(one, [...path, key])]));
  };
  return { state: taken(state, []) as WidgetState, buffer_paths, buffers };
}

/** A copy: a state that somebody holds never changes. A path that leads nowhere changes nothing. */
function put(into: unknown, [key, ...rest]: readonly unknown[], bytes: Uint8Array): unknown {
  if (key === undefined) return bytes;
  if (Array.isArray(into)) return into.map((one, at) => (at === key ? put(one, rest, bytes) : one));
  if (typeof key !== "string" || key === "__proto__" || typeof into !== "object" || into === null) return into;
  return { ...into, [key]: put((into as WidgetState)[key], rest, bytes) };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
