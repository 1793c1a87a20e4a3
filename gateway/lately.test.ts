/** The day minute by minute: what is counted, by whose word, and what is not known; next: queue.test.ts. */
import type { Entry } from "#gateway/book.ts";
import { Lately } from "#gateway/lately.ts";
import type { OutcomeKind } from "#protocol/computation.ts";
import type { GatewayStatus } from "#protocol/exec.ts";

const begin = Date.parse("2026-11-25T09:30:10Z");
const minute = 60_000;
const none = { idle: 2, busy: 1, sessions: 1 };
/** As far as it is looked at here. */
const entry = (at: number, of: { kind?: OutcomeKind; ms?: number; waitMs?: number; endBy?: number } = {}): Entry => {
  const { kind = "ok", ms = 100, waitMs = 0, endBy = at + 60_000 } = of;
  const outcome = { at, outcome: { kind } };
  return { request: { at: at - ms, waitUntil: endBy }, assigned: { at: at - ms + waitMs, endBy }, outcome } as unknown as Entry;
};
const tell = (lately: Lately, at: number, open: Entry[] = []) =>
  lately.status({ ...none, waiting: 0 }, { gateways: 1, open, at });

test("a minute has its averages, its longest line, what ended and how long that took", () => {
  const lately = new Lately(begin);
  for (const [i, waiting] of [0, 7, 2, 0].entries())
    lately.sample({ ...none, idle: i }, waiting, { others: [], now: begin + i * 1000 });
  for (let i = 0; i < 20; i++) lately.finished(entry(begin + 5000, { ms: i < 19 ? 100 : 5000 }));
  lately.refused(begin + 5000);
  const { minutes } = tell(lately, begin + 10_000);
  expect(minutes).toHaveLength(60);
  const last = minutes.at(-1);
  expect(last).toMatchObject({ at: "2026-11-25T09:30:00.000Z", idle: 1.5, busy: 2, waiting: 7, finished: 20, refused: 1 });
  for (const within of [last?.halfWithinMs ?? 0, last?.mostWithinMs ?? 0]) {
    expect(within).toBeGreaterThanOrEqual(100);
    expect(within).toBeLessThanOrEqual(116);
  }
});
test("minutes that it did not see are not made up", () => {
  const { minutes, day, since } = tell(new Lately(begin), begin + 10 * minute);
  expect(minutes[0]).toMatchObject({ idle: null, busy: null, waiting: null, finished: 0, mostWithinMs: null });
  expect(day).toMatchObject({ finished: 0, mostWithinMs: null });
  expect(since).toBe("2026-11-25T09:30:10.000Z");
});
test("an outcome from before it began is not counted: the ledger tells only the last minutes of that time", () => {
  const lately = new Lately(begin);
  lately.finished(entry(begin - 1));
  expect(tell(lately, begin + 1000).day.finished).toBe(0);
});
test("the day counts outcomes by kind, those that came late, and those that have not come and should have", () => {
  const lately = new Lately(begin);
  const now = begin + 10 * minute;
  lately.finished(entry(begin + 1000, { kind: "lost" }));
  lately.finished(entry(begin + 2000, { endBy: begin - 20_000 }));
  const open = { ...entry(now, { endBy: now - 11_000 }), outcome: undefined };
  const inTime = { ...entry(now, { endBy: now - 9_000 }), outcome: undefined };
  expect(tell(lately, now, [open, inTime]).day).toMatchObject({ finished: 2, late: 1, overdue: 1, kinds: { lost: 1, ok: 1 } });
});
test("refusals of other gateways are counted from when they are first heard", () => {
  const lately = new Lately(begin);
  const other = (refused: number): GatewayStatus => ({ gateway: "g2", waiting: {}, running: 0, leaving: false, refused });
  for (const [i, refused] of [40, 41, 45].entries())
    lately.sample(none, 0, { others: [other(refused)], now: begin + i * 1000 });
  expect(tell(lately, begin + 3000).day.refused).toBe(5);
});
test("what is older than a day is forgotten", () => {
  const lately = new Lately(begin);
  lately.finished(entry(begin + 1000));
  for (let i = 0; i < 1500; i++) lately.sample(none, 0, { others: [], now: begin + i * minute });
  const { day, since } = tell(lately, begin + 1500 * minute);
  expect(day.finished).toBe(0);
  expect(Date.parse(since)).toBe(begin + 60 * minute);
});
test("a minute that both know is taken from whom looked at it for longer, and counting goes on in it", () => {
  const [before, after] = [new Lately(begin), new Lately(begin + 5000)];
  for (let i = 1; i <= 4; i++) before.sample(none, 0, { others: [], now: begin + i * 1000 });
  before.finished(entry(begin + 1000));
  after.sample(none, 0, { others: [], now: begin + 6000 });
  after.restore(before.due(begin + 5000, true));
  after.finished(entry(begin + 7000));
  expect(tell(after, begin + 8000).day.finished).toBe(2);
  const longer = new Lately(begin);
  for (let i = 1; i <= 5; i++) longer.sample(none, 0, { others: [], now: begin + i * 1000 });
  longer.restore(before.due(begin + 5000, true));
  expect(tell(longer, begin + 8000).day.finished).toBe(0);
});
