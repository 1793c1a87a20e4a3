/** Long poll and event stream; next: sessions-routes.test.ts. */
import { connect } from "node:net";
import { messagesPage } from "#gateway/http/schemas.ts";
import { Failure } from "#protocol/failures.ts";
import { type AppServer, startApp, until } from "#test/app-server.ts";

let app: AppServer;
beforeAll(async () => {
  app = await startApp({ times: { heartbeatMs: 100, positionMs: 30, stuckReaderMs: 300 } });
});
afterAll(() => app.stop());

async function submit(): Promise<string> {
  return ((await (await app.post("/v1/computations", { code: "1" })).json()) as { id: string }).id;
}
async function poll(id: string, query = "") {
  return messagesPage.parse(await (await app.get(`/v1/computations/${id}/messages${query}`)).json());
}
const numbers = (page: { messages: { number: number }[] }) => page.messages.map(({ number }) => number);
const events = (id: string, headers: Record<string, string> = {}) => app.get(`/v1/computations/${id}/events`, headers);

/** What came so far, and the end of it. */
function reading(response: Response) {
  let text = "";
  const ended = (async () => {
    for await (const piece of response.body ?? []) text += Buffer.from(piece).toString();
  })().catch(() => {});
  return { text: () => text, ended };
}

type Event = { id?: string; event?: string; data?: string };
const parseEvents = (text: string): Event[] =>
  text
    .split("\n\n")
    .filter((block) => /^(id|event|data):/m.test(block))
    .map((block) => Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2))) as Event);

describe("the long poll", () => {
  test("answers at once with everything above `since`", async () => {
    const id = await submit();
    for (const text of ["a", "b", "c"]) app.core.say(id, text);
    expect(await poll(id, "?wait=30")).toMatchObject({ state: "queued", outcome: null, complete: false });
    expect(numbers(await poll(id, "?since=1&wait=30"))).toEqual([2, 3]);
    expect(numbers(await poll(id, "?since=3"))).toEqual([]);
    expect(numbers(await poll(id, "?since=999999999"))).toEqual([]);
  });
  test("waits for the next message, not for a mere change of state", async () => {
    const id = await submit();
    const answer = poll(id, "?wait=30");
    await until(() => app.core.waiting === 1, "a reader waits");
    app.core.run(id);
    await until(() => app.core.waiting === 1, "it waits again");
    app.core.say(id, "a");
    expect(await answer).toMatchObject({ state: "running", messages: [{ number: 1 }] });
  });
  test("ends empty-handed after `wait` seconds", async () => {
    const page = await poll(await submit(), "?wait=0.05");
    expect(page).toMatchObject({ messages: [], complete: false });
  });
  test("is not complete before every message that counts was given", async () => {
    const id = await submit();
    app.core.say(id, "a");
    app.core.say(id, "b", { withheld: true });
    app.core.finish(id);
    expect(await poll(id)).toMatchObject({ complete: false, outcome: { kind: "ok", lastNumber: 2 } });
    const answer = poll(id, "?since=1&wait=30");
    await until(() => app.core.waiting === 1, "a reader waits");
    app.core.release(id);
    expect(await answer).toMatchObject({ messages: [{ number: 2 }], complete: true });
    expect(await poll(id, "?since=2&wait=30")).toMatchObject({ messages: [], complete: true });
  });
  test("a reader that goes away frees what waited for it", async () => {
    const id = await submit();
    const leave = new AbortController();
    const answer = fetch(`${app.url}/v1/computations/${id}/messages?wait=30`, { signal: leave.signal });
    await until(() => app.core.waiting === 1, "a reader waits");
    leave.abort();
    await expect(answer).rejects.toThrow();
    await until(() => app.core.waiting === 0, "nobody waits");
  });
  test.each(["since=-1", "since=1.5", "since=x", "since=1&since=2", "since=", "wait=31", "wait=-1", "wait=NaN", "wait=0x10"])(
    "%s is refused",
    async (query) => {
      const response = await app.get(`/v1/computations/${await submit()}/messages?${query}`);
      expect(await response.json()).toMatchObject({
        status: 400,
        code: "invalid",
        fields: [{ path: query.slice(0, query.indexOf("=")) }],
      });
    },
  );
});

describe("the event stream", () => {
  test("gives states, numbered messages and at the end the outcome, then closes", async () => {
    const id = await submit();
    const response = await events(id);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const { text, ended } = reading(response);
    await until(() => text().includes("queued"), "the first state");
    app.core.run(id);
    await until(() => text().includes("running"), "the second state");
    app.core.say(id, "line\n\nend");
    await until(() => text().includes("line"), "the message");
    app.core.finish(id, { kind: "error", message: "no" });
    await ended;
    const got = parseEvents(text());
    expect(got.map(({ event, id: eventId }) => [event, eventId])).toEqual([
      ["state", undefined],
      ["state", undefined],
      ["message", "1"],
      ["outcome", "outcome"],
    ]);
    expect(JSON.parse(got[0]?.data ?? "")).toEqual({ state: "queued", position: 1 });
    expect(JSON.parse(got[2]?.data ?? "")).toMatchObject({ number: 1, content: { text: "line\n\nend" } });
    expect(JSON.parse(got[3]?.data ?? "")).toMatchObject({ state: "finished", complete: true, outcome: { kind: "error" } });
  });
  test("goes on after Last-Event-ID, or after `since`, and Last-Event-ID counts more", async () => {
    const id = await submit();
    for (let n = 0; n < 120; n++) app.core.say(id, `${n}`);
    app.core.finish(id);
    const ids = async (path: string, headers = {}) =>
      parseEvents(await (await app.get(`/v1/computations/${id}/events${path}`, headers)).text()).flatMap(
        (event) => event.id ?? [],
      );
    const all = [...Array.from({ length: 120 }, (_, n) => `${n + 1}`), "outcome"];
    expect(await ids("")).toEqual(all);
    expect(await ids("?since=100")).toEqual(all.slice(100));
    expect(await ids("?since=3", { "last-event-id": "118" })).toEqual(all.slice(118));
    expect(await ids("", { "last-event-id": "120" })).toEqual(["outcome"]);
  });
  test("is over for who has the outcome: 204", async () => {
    expect((await events(await submit(), { "last-event-id": "outcome" })).status).toBe(204);
  });
  test("a Last-Event-ID that is not ours is refused", async () => {
    expect((await events(await submit(), { "last-event-id": "7; x" })).status).toBe(400);
  });
  test("is what /messages gives to who asks for text/event-stream", async () => {
    const id = await submit();
    app.core.finish(id);
    const asked = async (accept: string) =>
      (await app.get(`/v1/computations/${id}/messages`, { accept })).headers.get("content-type")?.split(";")[0];
    expect(await asked("text/event-stream")).toBe("text/event-stream");
    expect(await asked("application/json, text/event-stream;q=0.5")).toBe("application/json");
    expect(await asked("*/*")).toBe("application/json");
  });
  test("shows that it lives while nothing happens, and ends when its reader goes", async () => {
    const id = await submit();
    app.core.run(id);
    const leave = new AbortController();
    const response = await fetch(`${app.url}/v1/computations/${id}/events`, { signal: leave.signal });
    const { text, ended } = reading(response);
    await until(() => text().split(": still here\n\n").length > 2, "two heartbeats");
    leave.abort();
    await ended;
    await until(() => app.core.waiting === 0, "nobody waits");
  });
  test("tells a waiting computation's new place in line", async () => {
    const id = await submit();
    app.core.entry(id).view.position = 7;
    const response = await events(id);
    const { text, ended } = reading(response);
    await until(() => text().includes('"position":7'), "the first place");
    app.core.entry(id).view.position = 3;
    await until(() => text().includes('"position":3'), "the new place");
    app.core.finish(id);
    await ended;
  });
  test("says as an event what failed after its start", async () => {
    const id = await submit();
    const response = await events(id);
    await until(() => app.core.waiting === 1, "the stream waits");
    app.core.failNext = new Failure("unavailable", { cause: new Error("secret") });
    app.core.run(id);
    const last = parseEvents(await response.text()).at(-1);
    expect(last).toMatchObject({ event: "failure" });
    expect(last?.data).not.toContain("secret");
    expect(JSON.parse(last?.data ?? "")).toMatchObject({ code: "unavailable", status: 503 });
  });
  test("an unknown computation is 404 before any stream begins", async () => {
    expect((await events(`c${"0".repeat(25)}`)).status).toBe(404);
  });
  test("a reader that takes nothing is cut off, and costs no more than a page", async () => {
    const id = await submit();
    const big = "x".repeat(200_000);
    for (let n = 0; n < 400; n++) app.core.say(id, big);
    app.core.finish(id);
    const socket = connect(app.port, "127.0.0.1");
    socket.pause();
    socket.on("error", () => {});
    const before = process.memoryUsage().arrayBuffers;
    socket.write(`GET /v1/computations/${id}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
    const line = () =>
      app
        .logged()
        .find(
          (entry) =>
            entry["route"] === "/v1/computations/{id}/events" && entry["status"] === 499 && (entry["ms"] as number) >= 290,
        );
    // The line is written when the connection is closed here; when its other end sees that, with 2 MB on the way, is the system's affair.
    await until(() => line() !== undefined, "it is cut");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
    socket.destroy();
  });
  test("HEAD says what GET would and ends", async () => {
    const response = await fetch(`${app.url}/v1/computations/${await submit()}/events`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  });
});
