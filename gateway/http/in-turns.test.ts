/** Readers by the hundred, and somebody else in between; next: request-log.ts. */
import type { Request, Response } from "express";
import { inTurns } from "#gateway/http/in-turns.ts";

describe("a hundred who begin to read at once", () => {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const rig = () => {
    const handler = inTurns();
    const begun: string[] = [];
    const ask = (url: string, method = "GET") =>
      handler({ method, url } as Request, {} as Response, () => void begun.push(url));
    return { begun, ask };
  };
  const events = (n: number) => `/v1/computations/c${n}/events`;

  test("are let in eight at a time, in their order, all of them", async () => {
    const { begun, ask } = rig();
    for (let n = 0; n < 100; n++) ask(events(n));
    const counts = [begun.length];
    for (; begun.length < 100; counts.push(begun.length)) await turn();
    expect(counts.slice(0, 4)).toEqual([8, 16, 24, 32]);
    expect(begun).toEqual(Array.from({ length: 100 }, (_, n) => events(n)));
  });
  test("hold up nobody who asks for something else", () => {
    const { begun, ask } = rig();
    for (let n = 0; n < 100; n++) ask(`/v1/computations/c${n}/messages?since=0&wait=30`);
    ask("/v1/computations", "POST");
    ask("/v1/computations/c1");
    ask("/v1/status");
    expect(begun.slice(8)).toEqual(["/v1/computations", "/v1/computations/c1", "/v1/status"]);
  });
  test("who comes later, alone, is let in at once", async () => {
    const { begun, ask } = rig();
    for (let n = 0; n < 20; n++) ask(events(n));
    while (begun.length < 20) await turn();
    await turn();
    ask(events(20));
    expect(begun).toHaveLength(21);
  });
});
