/** The routes of what a session is asked and says beside its computations; next: files-routes.test.ts. */
import { sessionPage, sessionReply } from "#gateway/http/schemas.ts";
import { type AppServer, startApp, until } from "#test/app-server.ts";

let app: AppServer;
let id: string;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  id = (await app.core.sessions.open({ id: "" })).id;
  app.core.sessions.reply = undefined;
});
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
const ask = (body: unknown, session = id) => app.post(`/v1/sessions/${session}/requests`, body);
const completion = { msg_type: "complete_request", content: { code: "fac", cursor_pos: 3 } };
const read = async (query: string) => sessionPage.parse(await (await app.get(`/v1/sessions/${id}/messages${query}`)).json());

describe("a session's kernel", () => {
  test("is asked what is no computation, and its reply is the answer", async () => {
    app.core.sessions.reply = { msg_type: "complete_reply", content: { status: "ok", matches: ["factor"] } };
    const response = await ask(completion);
    expect(response.status).toBe(200);
    expect(sessionReply.parse(await response.json())).toEqual(app.core.sessions.reply);
    expect(app.core.sessions.entries.get(id)?.asked).toEqual([completion]);
  });
  test("is not there before anything ran, nor when the session is closed, nor for one that nobody opened", async () => {
    const before = await ask(completion);
    expect([before.status, await codeOf(before)]).toEqual([409, "notStarted"]);
    await app.core.sessions.close(id);
    expect(await codeOf(await ask(completion))).toBe("sessionClosed");
    expect((await ask(completion, `s${"z".repeat(25)}`)).status).toBe(404);
  });
  test.each([
    [{ msg_type: "execute_request", content: {} }],
    [{ msg_type: "shutdown_request", content: {} }],
    [{ msg_type: "complete_request" }],
    [{ ...completion, session: "s1" }],
    [{ ...completion, replyTo: "computation.c1" }],
  ])("is not asked %j", async (body) => {
    app.core.sessions.reply = { msg_type: "complete_reply", content: {} };
    expect(await codeOf(await ask(body))).toBe("invalid");
    expect(app.core.sessions.entries.get(id)?.asked).toEqual([]);
  });
});

describe("what a session says by itself", () => {
  test("is read above a number, at once where there is any", async () => {
    app.core.sessions.say(id, "comm_msg", { data: 1 });
    app.core.sessions.say(id, "comm_msg", { data: 2 });
    expect((await read("")).messages.map(({ number }) => number)).toEqual([1, 2]);
    expect((await read("?since=1&wait=30")).messages.map(({ number }) => number)).toEqual([2]);
    expect(await read("?since=2")).toEqual({ messages: [], state: "open" });
  });
  test("is waited for, until it comes or the session is closed", async () => {
    const waiting = read("?since=0&wait=30");
    await until(() => (app.core.sessions.entries.get(id)?.wake.size ?? 0) > 0, "somebody waits");
    app.core.sessions.say(id, "update_display_data", { data: {} });
    expect((await waiting).messages).toHaveLength(1);
    const last = read("?since=1&wait=30");
    await until(() => (app.core.sessions.entries.get(id)?.wake.size ?? 0) > 0, "somebody waits");
    await app.core.sessions.close(id);
    expect(await last).toEqual({ messages: [], state: "closed" });
  });
  test("of a reader that went away nobody waits for", async () => {
    const gone = new AbortController();
    const asked = fetch(`${app.url}/v1/sessions/${id}/messages?wait=30`, { signal: gone.signal }).catch(() => undefined);
    await until(() => (app.core.sessions.entries.get(id)?.wake.size ?? 0) > 0, "somebody waits");
    gone.abort();
    await asked;
    await until(() => app.core.sessions.entries.get(id)?.wake.size === 0, "nobody waits");
  });
  test("takes only numbers", async () => {
    expect(await codeOf(await app.get(`/v1/sessions/${id}/messages?since=x`))).toBe("invalid");
  });
});
