/** A run's state in words; next: announcer.ts (what of it is said aloud). */
import { limits } from "./connection.ts";
import { type End, isActive, type RunState } from "./run-state.ts";
import { language, words } from "./words/words.ts";

export type Tone = "quiet" | "busy" | "good" | "bad" | "warn";
export interface Status {
  readonly words: string;
  readonly tone: Tone;
}

/** `behind`: what it waits for are other cells of its session. */
export function statusOf(state: RunState, now: number, behind = false): Status {
  switch (state.at) {
    case "idle":
      return { words: "", tone: "quiet" };
    case "sending":
      return { words: words("sending"), tone: "busy" };
    case "queued":
      if (state.stopping) return { words: words("stopping"), tone: "busy" };
      if (behind) return { words: words("waitingBehind"), tone: "busy" };
      return {
        words: state.place === undefined ? words("waiting") : words("waitingPlace", { place: ordinal(state.place) }),
        tone: "busy",
      };
    case "running":
      return {
        words: words(state.stopping ? "stoppingTime" : "running", { time: secondsInWords(now - state.since) }),
        tone: "busy",
      };
    case "dropped":
      return { words: words("dropped", { tried: state.tried, tries: limits.triesMax - 1 }), tone: "warn" };
    case "gone":
      return { words: words("gone"), tone: "bad" };
    case "finished":
      return endWords(state.end, state.errorName, state.tookMs);
    case "refused": {
      const left = state.retryAt === undefined ? 0 : Math.ceil((state.retryAt - now) / 1000);
      if (state.retryAt === undefined) return { words: sentence(state.words), tone: "bad" };
      return {
        words: left > 0 ? words("busy", { seconds: left }) : words("busyWas"),
        tone: "warn",
      };
    }
    case "away":
      return { words: sentence(state.words), tone: "bad" };
  }
}

/** What another press would do. */
export function stopWords(state: RunState): string {
  return words(isActive(state) && state.stopping ? "stopNow" : "stop");
}

function endWords(end: End, errorName: string | undefined, tookMs: number): Status {
  const time = exactSeconds(tookMs);
  switch (end.kind) {
    case "ok":
      return { words: words("finished", { time }), tone: "good" };
    case "error":
      return {
        words: errorName === undefined ? sentence(end.message || words("ended")) : words("failed", { error: errorName, time }),
        tone: "bad",
      };
    case "cancelled":
      return { words: words("cancelled", { time }), tone: "warn" };
    case "timeout":
      return { words: limitWords(words("timeout"), end.message), tone: "bad" };
    case "outputLimit":
      return { words: limitWords(words("outputLimit"), end.message), tone: "bad" };
    case "memory":
      return { words: limitWords(words("memory"), end.message), tone: "bad" };
    case "lost":
      return { words: limitWords(words("lost"), end.message), tone: "bad" };
    case "rejected":
      return { words: limitWords(words("rejected"), end.message), tone: "warn" };
  }
}

function limitWords(which: string, message: string): string {
  return message === "" || message.toLowerCase() === which.toLowerCase()
    ? `${which}.`
    : `${which}: ${sentence(message, false)}`;
}

function sentence(words: string, capital = true): string {
  const text = words.trim();
  const first = capital ? text.slice(0, 1).toUpperCase() : text.slice(0, 1);
  return first + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

/** Only English counts places in words of their own. */
export function ordinal(n: number): string {
  if (language() !== "en") return String(n);
  const ending = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${ending}`;
}

export function secondsInWords(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  if (whole < 60) return words("seconds", { seconds: whole });
  return words("minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
}

function exactSeconds(ms: number): string {
  if (ms < 10_000) {
    const digits = ms < 1000 ? 2 : 1;
    const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return words("seconds", { seconds: (Math.max(ms, 0) / 1000).toLocaleString(language(), format) });
  }
  return secondsInWords(ms);
}
