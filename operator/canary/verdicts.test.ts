/** What a canary's notes prove, wall by wall; next: pod.test.ts. */
import { type CanaryEnd, verdictLine, verdictsOf } from "#operator/canary/verdicts.ts";

const MiB = 1024 * 1024;
const endOf = (notes: readonly object[], change: Partial<CanaryEnd> = {}): CanaryEnd => ({
  message: notes.map((note) => `${JSON.stringify(note)}\n`).join(""),
  reason: "Completed",
  visits: 5,
  ...change,
});
const verdict = (wall: string, notes: readonly object[], change: Partial<CanaryEnd> = {}) => {
  const [found] = verdictsOf([wall], endOf(notes, change));
  return [found?.holds, found?.words ?? ""] as const;
};

describe("the network", () => {
  const quiet = { wall: "network", reached: [], unreached: [] };
  test("holds when what is needed was reached and nothing else, and nobody came in", () => {
    expect(verdict("network", [quiet, { wall: "visitors", count: 0 }])).toEqual([
      true,
      expect.stringContaining("nobody reached it"),
    ]);
  });
  test("is missing when it reached something, or somebody reached it", () => {
    const reached = { ...quiet, reached: ["the API server (10.96.0.1 port 443)"] };
    expect(verdict("network", [reached])).toEqual([false, expect.stringContaining("it reached the API server")]);
    expect(verdict("network", [quiet, { wall: "visitors", count: 2 }])[0]).toBe(false);
  });
  test("is unproven when it reached nothing at all: then silence proves nothing", () => {
    expect(verdict("network", [{ ...quiet, unreached: ["NATS (nats port 4222)"] }])[0]).toBeUndefined();
  });
});
describe("memory", () => {
  const notes = [
    { wall: "memory", allowed: 288 * MiB },
    { wall: "memory", had: 256 * MiB },
  ];
  test("holds when the pod was ended on the way", () => {
    expect(verdict("memory", notes, { reason: "OOMKilled" })).toEqual([true, expect.stringContaining("256 MiB (OOMKilled)")]);
  });
  test("is missing when twice as much could be had", () => {
    const over = [...notes, { wall: "memory", had: 576 * MiB, over: true }];
    expect(verdict("memory", over)).toEqual([false, expect.stringContaining("it had 576 MiB, where 288 MiB are allowed")]);
  });
  test("is unproven when time ended first, or when the pod ended before", () => {
    expect(verdict("memory", notes, { reason: "DeadlineExceeded" })[0]).toBeUndefined();
    expect(verdict("memory", [], { reason: "ErrImagePull" })).toEqual([undefined, expect.stringContaining("ErrImagePull")]);
  });
});
test("processes hold when they are refused or end the pod, not when memory ends first", () => {
  const notes = [
    { wall: "pids", allowed: 1024 },
    { wall: "pids", had: 960 },
  ];
  expect(verdict("pids", notes, { reason: "Error" })[0]).toBe(true);
  expect(verdict("pids", [...notes, { wall: "pids", had: 1001, refused: "EAGAIN", over: true }])[0]).toBe(true);
  expect(verdict("pids", notes, { reason: "OOMKilled" })[0]).toBeUndefined();
  expect(verdict("pids", [...notes, { wall: "pids", had: 1280, over: true }])[0]).toBe(false);
});
test("CPU and disk are compared with what is allowed, and a root that can be written to is no wall", () => {
  expect(verdict("cpu", [{ wall: "cpu", used: 0.55, allowed: 0.5 }])[0]).toBe(true);
  expect(verdict("cpu", [{ wall: "cpu", used: 1.9, allowed: 0.5 }])[0]).toBe(false);
  const full = { wall: "disk", wrote: 64 * MiB, allowed: 64 * MiB, writable: [] };
  expect(verdict("disk", [full])[0]).toBe(true);
  expect(verdict("disk", [{ ...full, wrote: 128 * MiB }])[0]).toBe(false);
  expect(verdict("disk", [{ ...full, writable: ["/opt"] }])[0]).toBe(false);
});
test("a note that was cut off is none, and the line for an admin begins with wall and verdict", () => {
  const end = {
    ...endOf([{ wall: "cpu", used: 0.5, allowed: 0.5 }]),
    message: '{"wall":"cpu","used":0.5,"allowed":0.5}\n{"wall":"mem',
  };
  const [cpu, memory] = verdictsOf(["cpu", "memory"], end);
  expect(memory?.holds).toBeUndefined();
  expect(cpu && verdictLine(cpu)).toMatch(/^ {2}cpu +holds +it used 0.5/);
});
