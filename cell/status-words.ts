/** A run's state in words; next: announcer.ts (what of it is said aloud). */
import { limits } from "./connection.ts";
import type { End, RunState } from "./run-state.ts";

export type Tone = "quiet" | "busy" | "good" | "bad" | "warn";
export interface Status {
  readonly words: string;
  readonly tone: Tone;
}

export function statusOf(state: RunState, now: number): Status {
  switch (state.at) {
    case "idle":
      return { words: "", tone: "quiet" };
    case "sending":
      return { words: "Sending…", tone: "busy" };
    case "queued":
      if (state.stopping) return { words: "Stopping…", tone: "busy" };
      return {
        words: state.place === undefined ? "Waiting for a free place" : `Waiting: ${ordinal(state.place)} in line`,
        tone: "busy",
      };
    case "running":
      return { words: `${state.stopping ? "Stopping…" : "Running"} ${seconds(now - state.since)}`, tone: "busy" };
    case "dropped":
      return { words: `Connection lost, trying again (${state.tried} of ${limits.triesMax - 1})`, tone: "warn" };
    case "gone":
      return { words: "Disconnected. The computation may still be running.", tone: "bad" };
    case "finished":
      return endWords(state.end, state.errorName, state.tookMs);
    case "refused": {
      const left = state.retryAt === undefined ? 0 : Math.ceil((state.retryAt - now) / 1000);
      if (state.retryAt === undefined) return { words: sentence(state.words), tone: "bad" };
      return {
        words: left > 0 ? `The server is busy. Try again in ${left} s.` : "The server was busy. You can try again now.",
        tone: "warn",
      };
    }
    case "away":
      return { words: sentence(state.words), tone: "bad" };
  }
}

function endWords(end: End, errorName: string | undefined, tookMs: number): Status {
  const time = exactSeconds(tookMs);
  switch (end.kind) {
    case "ok":
      return { words: `Finished in ${time}`, tone: "good" };
    case "error":
      return {
        words: errorName === undefined ? sentence(end.message || "Ended with an error") : `${errorName} after ${time}`,
        tone: "bad",
      };
    case "cancelled":
      return { words: `Stopped by you after ${time}`, tone: "warn" };
    case "timeout":
      return { words: limitWords("Time limit reached", end.message), tone: "bad" };
    case "outputLimit":
      return { words: limitWords("Output limit reached", end.message), tone: "bad" };
    case "memory":
      return { words: limitWords("Memory limit reached", end.message), tone: "bad" };
    case "lost":
      return { words: limitWords("Lost: its kernel vanished", end.message), tone: "bad" };
    case "rejected":
      return { words: limitWords("Not run: it waited too long for a free place", end.message), tone: "warn" };
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

export function ordinal(n: number): string {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${ending}`;
}

function seconds(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function exactSeconds(ms: number): string {
  if (ms < 10_000) return `${(Math.max(ms, 0) / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;
  return seconds(ms);
}
