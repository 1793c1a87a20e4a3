/**
 * What an echo kernel says: fixed answers in the form of Sage's, with nothing computed; next: echo-kernel.ts. PURE.
 *
 * The code is looked at for what a load test wants of it, one of each at most: `sleep(2)` (seconds until the answer), `raise` or
 * `1/0` (it ends with an error), `"x" * 1000` (so many characters are printed first), `interact` (leaves a comm behind).
 */
import type { FromKernel } from "#protocol/kernel-frames.ts";
import type { KernelMessage } from "#protocol/messages.ts";

export type Wanted = { sleepMs: number; fails: boolean; characters: number; interacts: boolean };

export const notice = "Echo: this kernel computes nothing.\n";
export const echoFile = "echo.txt";
const charactersMax = 64 * 1024 * 1024;

export function wantedOf(code: string): Wanted {
  const seconds = Number(/\bsleep\((\d{1,4}(?:\.\d{1,3})?)\)/.exec(code)?.[1] ?? 0);
  const characters = Number(/"x" ?\* ?(\d{1,9})/.exec(code)?.[1] ?? 0);
  return {
    sleepMs: seconds * 1000,
    fails: /\braise\b|\b1\/0\b/.test(code),
    characters: Math.min(characters, charactersMax),
    interacts: /\binteract\b/.test(code),
  };
}

const message = (msg_type: KernelMessage["msg_type"], content: Record<string, unknown>): KernelMessage => ({
  msg_type,
  content,
  metadata: {},
});
const failure = { ename: "ZeroDivisionError", evalue: "echo", traceback: ["ZeroDivisionError: echo"] };
const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 60"><path fill="none" stroke="#25c" d="M0 30${" l2 -3 l2 3".repeat(25)}"/></svg>`;

export const printed = (text: string): KernelMessage => message("stream", { name: "stdout", text });

/** At least four messages; the code itself is the result. */
export function messagesOf(code: string, wanted: Wanted): KernelMessage[] {
  const shown = { "text/plain": "<echo picture>", "image/svg+xml": picture };
  return [
    printed(notice),
    message("display_data", { data: shown, metadata: {}, transient: {} }),
    ...(wanted.interacts ? [message("comm_open", { comm_id: "echo", target_name: "echo", data: {} })] : []),
    wanted.fails
      ? message("error", failure)
      : message("execute_result", { data: { "text/plain": code.slice(0, 10_000) }, metadata: {}, execution_count: 1 }),
    message("execute_reply", {
      ...(wanted.fails ? { status: "error", ...failure } : { status: "ok" }),
      execution_count: 1,
      user_expressions: {},
      payload: [],
    }),
  ];
}

type Done = Extract<FromKernel, { type: "done" }>;

export const doneOf = (computation: string, kind: Done["kind"], wallMs: number): Done => ({
  type: "done",
  computation,
  kind,
  message: kind === "ok" || kind === "error" ? "" : "Echo.",
  usage: { wallMs, cpuMs: 0, memoryBytes: 0 },
  sessionClosed: false,
});
