/** Where a run stands, event by event; next: output/model.test.ts. */
import { idle, isActive, next, type RunEvent, type RunState } from "#cell/run-state.ts";
import { ordinal, statusOf } from "#cell/status-words.ts";

const after = (...steps: [number, RunEvent][]): RunState => steps.reduce((state, [at, event]) => next(state, event, at), idle);
const told = (state: "queued" | "running", place?: number): RunEvent => ({ event: "told", state, place });
const finished = (
  kind: "ok" | "error" | "timeout" | "cancelled" | "outputLimit" | "memory" | "lost" | "rejected",
  message = "",
) => ({ event: "finished", end: { kind, message }, errorName: kind === "error" ? "KeyError" : undefined }) as const;
const words = (state: RunState, now = 0) => statusOf(state, now).words;
const submit: RunEvent = { event: "submit" };

describe("where a run stands", () => {
  it("says the place in line while it waits", () => {
    expect(words(after([0, submit], [5, told("queued", 2)]))).toBe("Waiting: 2nd in line");
  });

  it("counts the time from the start of the running, not of the waiting", () => {
    const running = after([0, submit], [10, told("queued", 1)], [60_000, told("running")]);
    expect(words(running, 63_500)).toBe("Running 3 s");
    expect(words(next(running, finished("ok"), 60_800))).toBe("Finished in 0.80 s");
  });

  it("says which limit was reached", () => {
    const end = (kind: Parameters<typeof finished>[0], message: string) =>
      words(after([0, submit], [0, told("running")], [5000, finished(kind, message)]));
    expect(end("timeout", "it ran longer than 60 s")).toBe("Time limit reached: it ran longer than 60 s.");
    expect(end("outputLimit", "")).toBe("Output limit reached.");
    expect(end("memory", "more than 2 GB")).toBe("Memory limit reached: more than 2 GB.");
    expect(end("cancelled", "x")).toBe("Stopped by you after 5.0 s");
    expect(end("error", "")).toBe("KeyError after 5.0 s");
    expect(end("lost", "")).toBe("Lost: its kernel vanished.");
    expect(end("rejected", "")).toBe("Not run: it waited too long for a free place.");
  });

  it("keeps the time over a dropped connection", () => {
    const dropped = after([0, submit], [1000, told("running")], [3000, { event: "dropped", tried: 1 }]);
    expect(words(dropped)).toContain("trying again (1 of");
    expect(words(next(dropped, told("running"), 4000), 6000)).toBe("Running 5 s");
  });

  it("counts down when the server is busy", () => {
    const busy = after([0, submit], [0, { event: "refused", words: "busy", retryAfterSeconds: 5 }]);
    expect(words(busy, 1500)).toBe("The server is busy. Try again in 4 s.");
    expect(words(busy, 5000)).toContain("again now");
  });

  it("changes nothing for what cannot follow", () => {
    const end = after([0, submit], [0, finished("ok")]);
    for (const event of [told("running"), { event: "stop" } as const, { event: "gaveUp" } as const])
      expect(next(end, event, 1)).toBe(end);
    expect(isActive(next(end, submit, 1))).toBe(true);
  });

  it("counts places as English does", () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal)).toEqual([
      "1st",
      "2nd",
      "3rd",
      "4th",
      "11th",
      "12th",
      "13th",
      "21st",
      "112th",
    ]);
  });
});
