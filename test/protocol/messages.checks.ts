/** Any server of the interface: long poll and event stream; next: sessions.checks.ts. */
import { ask, cleanUp, type Event, events, finish, read, readUntil, submit, text } from "#test/protocol/client.ts";

afterAll(cleanUp);
const counting = "import time\nfor i in range(8):\n    print(i, flush=True)\n    time.sleep(0.1)";

describe("the long poll", () => {
  test("waits for what comes, and tells it while the code still runs", async () => {
    const id = await submit({ code: "import time\nprint('a', flush=True)\ntime.sleep(1)\nprint('b', flush=True)" });
    const last = await readUntil(id, ({ content }) => content["text"] === "a\n");
    const next = await read(id, `?since=${last}&wait=20`);
    expect(next.messages.map(({ content }) => content["text"])).toContain("b\n");
    await finish(id);
  });
  test("without wait answers at once, and with one ends when it is over", async () => {
    const id = await submit({ code: "import time\ntime.sleep(3)" });
    const start = performance.now();
    expect(await read(id)).toMatchObject({ messages: [], complete: false });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await read(id, "?wait=0.3")).toMatchObject({ complete: false });
    expect(performance.now() - start).toBeGreaterThan(290);
    await ask(`/v1/computations/${id}`, { method: "DELETE" });
  });
  test("tells the same again to who asks again, from any number on", async () => {
    const id = await submit({ code: counting, language: "python" });
    const { messages, outcome } = await finish(id);
    const again = await finish(id);
    expect(again.messages).toEqual(messages);
    const rest = await read(id, `?since=${outcome.lastNumber - 1}`);
    expect(rest).toMatchObject({ complete: true, outcome: { kind: "ok" } });
    expect(rest.messages).toEqual(messages.slice(-1));
    expect(await read(id, `?since=${outcome.lastNumber}&wait=30`)).toMatchObject({ messages: [], complete: true });
    expect(await read(id, `?since=${outcome.lastNumber + 1000}&wait=1`)).toMatchObject({ messages: [], complete: true });
  });
});

describe("the event stream", () => {
  const collect = async (path: string, headers: Record<string, string> = {}, enough = (_event: Event) => false) => {
    const got: Event[] = [];
    for await (const event of events(path, headers)) {
      got.push(event);
      if (enough(event)) break;
    }
    return got;
  };
  const numbers = (got: Event[]) => got.filter(({ type }) => type === "message").map(({ id }) => Number(id));

  test("resumes after a cut by Last-Event-ID without gap or repeat, ends with the outcome, and is 204 for who has that", async () => {
    const id = await submit({ code: counting, language: "python" });
    const path = `/v1/computations/${id}/events`;
    const before = await collect(path, {}, (event) => Number(event.id) >= 3);
    const last = numbers(before).at(-1) ?? 0;
    expect(last).toBeGreaterThanOrEqual(3);
    const after = await collect(path, { "last-event-id": String(last) });
    const { messages, outcome } = await finish(id);
    expect([...numbers(before), ...numbers(after)]).toEqual(messages.map(({ number }) => number));
    expect(after.at(-1)).toMatchObject({
      type: "outcome",
      id: expect.any(String),
      data: { complete: true, outcome: { kind: "ok" } },
    });
    expect(after.at(-1)?.data).toMatchObject({ outcome });
    const end = await ask(path, { headers: { "last-event-id": after.at(-1)?.id ?? "" } });
    expect(end.status).toBe(204);
  });
  test("tells the state when it changes", async () => {
    const id = await submit({ code: "import time\ntime.sleep(0.3)\nprint(1)", language: "python" });
    const got = await collect(`/v1/computations/${id}/events`);
    const states = got.filter(({ type }) => type === "state").map(({ data }) => (data as { state: string }).state);
    expect(states).toContain("running");
    await finish(id);
  });
  test("is the same by /messages with Accept: text/event-stream, and gives what the long poll gives", async () => {
    const id = await submit({ code: "print('x')" });
    const got = await collect(`/v1/computations/${id}/messages`, { accept: "text/event-stream" });
    const { messages } = await finish(id);
    expect(got.filter(({ type }) => type === "message").map(({ data }) => data)).toEqual(messages);
    expect(text(messages)).toBe("x\n");
  });
  test("is not held back on its way", async () => {
    const id = await submit({ code: "1" });
    const response = await ask(`/v1/computations/${id}/events`);
    expect(response.headers.get("cache-control")).toMatch(/no-transform/);
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    await response.body?.cancel();
    await finish(id);
  });
});
