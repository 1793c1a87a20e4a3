/**
 * Where a run stands, as a pure function of what happened; next: status-words.ts (says it), sage-cell.ts (acts).
 *
 *     idle ─▶ sending ─▶ queued ─▶ running ─▶ finished        finished, refused, away and gone start again as sending
 *               │  ╲        ╲        ╱  ▲
 *               ▼   ╲        ▼      ▼   │
 *             away  refused   dropped ──┘  (a connection; the computation goes on)
 *                                ▼
 *                              gone ─▶ reconnect: dropped
 */
import type { OutcomeKind } from "#protocol/computation.ts";

export interface End {
  readonly kind: OutcomeKind;
  readonly message: string;
}
export type RunState =
  | { readonly at: "idle" }
  | {
      readonly at: "sending" | "queued" | "running";
      readonly since: number;
      readonly place: number | undefined;
      readonly stopping: boolean;
    }
  | {
      readonly at: "dropped";
      readonly since: number;
      readonly place: undefined;
      readonly stopping: boolean;
      readonly tried: number;
    }
  /** The computation may still be running, but the cell no longer tries to reach it. */
  | { readonly at: "gone"; readonly since: number; readonly stopping: boolean }
  | { readonly at: "finished"; readonly tookMs: number; readonly end: End; readonly errorName: string | undefined }
  | { readonly at: "refused"; readonly words: string; readonly retryAt: number | undefined }
  | { readonly at: "away"; readonly words: string };

export type RunEvent =
  | { readonly event: "submit" }
  | { readonly event: "told"; readonly state: "queued" | "running"; readonly place: number | undefined }
  | { readonly event: "stop" }
  | { readonly event: "stopFailed" }
  | { readonly event: "dropped"; readonly tried: number }
  | { readonly event: "gaveUp" }
  | { readonly event: "reconnect" }
  | { readonly event: "finished"; readonly end: End; readonly errorName: string | undefined }
  | { readonly event: "refused"; readonly words: string; readonly retryAfterSeconds: number | undefined }
  | { readonly event: "away"; readonly words: string };

export const idle: RunState = { at: "idle" };

/** `now` in ms of any steady clock. What cannot follow changes nothing. */
export function next(state: RunState, happened: RunEvent, now: number): RunState {
  if (happened.event === "submit") {
    return isActive(state) ? state : { at: "sending", since: now, place: undefined, stopping: false };
  }
  if (state.at === "gone" && happened.event === "reconnect") return { ...state, at: "dropped", place: undefined, tried: 1 };
  if (!isActive(state)) return state;
  switch (happened.event) {
    case "told": {
      // Elapsed time counts from the start of the running, not of the waiting.
      const started = happened.state === "running" && state.at !== "running" && state.at !== "dropped";
      return { at: happened.state, since: started ? now : state.since, place: happened.place, stopping: state.stopping };
    }
    case "stop":
      return { ...state, stopping: true };
    case "stopFailed":
      return { ...state, stopping: false };
    case "dropped":
      return { at: "dropped", since: state.since, place: undefined, stopping: state.stopping, tried: happened.tried };
    case "gaveUp":
      return { at: "gone", since: state.since, stopping: state.stopping };
    case "finished":
      return { at: "finished", tookMs: now - state.since, end: happened.end, errorName: happened.errorName };
    case "refused": {
      const { words, retryAfterSeconds } = happened;
      return { at: "refused", words, retryAt: retryAfterSeconds === undefined ? undefined : now + retryAfterSeconds * 1000 };
    }
    case "away":
      return { at: "away", words: happened.words };
    case "reconnect":
      return state;
  }
}

export type ActiveState = Extract<RunState, { readonly stopping: boolean; readonly place: number | undefined }>;

/** A computation is on its way and this cell follows it. */
export function isActive(state: RunState): state is ActiveState {
  return state.at === "sending" || state.at === "queued" || state.at === "running" || state.at === "dropped";
}
