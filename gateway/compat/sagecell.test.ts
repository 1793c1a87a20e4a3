/** SageMathCell's addresses, statuses and bodies, word by word, over a memory core; next: sagecell-channel.test.ts. */
import { once } from "node:events";
import { inflateSync } from "node:zlib";
import { WebSocket } from "ws";
import { type AppServer, startApp, until } from "#test/app-server.ts";
import { execute, startKernel } from "#test/sagecell-client.ts";

let app: AppServer;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const form = (fields: Record<string, string>, path: string, headers: Record<string, string> = {}) =>
  fetch(app.url + path, { method: "POST", body: new URLSearchParams(fields), headers });
const page = { origin: "https://page.example" };

describe("POST /kernel", () => {
  test("gives an address and an id of 36 characters, also in a header", async () => {
    const response = await fetch(`${app.url}/kernel?CellSessionID=${"a".repeat(32)}&timeout=0&accepted_tos=true`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(response.status).toBe(200);
    const { ws_url, id } = (await response.json()) as { ws_url: string; id: string };
    expect(ws_url).toBe(`ws://127.0.0.1:${app.port}/`);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(response.headers.get("jupyter-kernel-id")).toBe(id);
  });
  test("takes its arguments from a form as well, and inf is a number of seconds", async () => {
    expect((await form({ timeout: "inf" }, "/kernel")).status).toBe(200);
    expect((await form({ timeout: "soon" }, "/kernel")).status).toBe(400);
  });
  test("takes nothing from the core: no kernel is kept for who only asks", async () => {
    await form({ timeout: "inf" }, "/kernel");
    expect(app.core.sessions.entries.size).toBe(0);
  });
  test("every id is another", async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => ((await (await form({}, "/kernel")).json()) as { id: string }).id),
    );
    expect(new Set(ids).size).toBe(20);
  });
});

describe("cross-origin", () => {
  test.each(["/kernel", "/permalink", "/service", "/tos.html", "/sockjs/info"])(
    "%s names the page's own origin",
    async (path) => {
      const response = await fetch(app.url + path, { method: "OPTIONS", headers: page });
      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe(page.origin);
      expect(response.headers.get("access-control-allow-credentials")).toBe("true");
      expect(response.headers.get("access-control-allow-methods")).toBe("POST, GET, OPTIONS, DELETE");
      expect(response.headers.get("access-control-allow-headers")).toContain("X-XSRFToken, Content-Type");
    },
  );
  test("a page from a file has the origin null", async () => {
    const response = await form({}, "/tos.html", { origin: "null" });
    expect(response.headers.get("access-control-allow-origin")).toBe("null");
  });
});

test("DELETE of a kernel is 200 and empty, also of one that nobody knows", async () => {
  const response = await fetch(`${app.url}/kernel/00000000-0000-4000-8000-000000000000`, { method: "DELETE", headers: page });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(response.headers.get("access-control-allow-origin")).toBe(page.origin);
});

describe("terms of service", () => {
  test("are none: 204, an empty text to a callback, 404 to who wants to read them", async () => {
    expect((await form({}, "/tos.html")).status).toBe(204);
    const asked = await form({ callback: "jQuery1.cb" }, "/tos.html");
    expect(await asked.text()).toBe('/**/jQuery1.cb("");');
    expect((await app.get("/tos.html")).status).toBe(404);
  });
});

describe("permalinks", () => {
  const code = 'print("a < b")\n2+2';
  const keep = async (fields: Record<string, string> = {}) => {
    const response = await form({ code, language: "sage", ...fields }, "/permalink", page);
    return (await response.json()) as { zip: string; query: string; interacts: string; n?: number };
  };
  test("hold the code in the link itself, and under six letters", async () => {
    const { zip, query, interacts, n } = await keep({ n: "7" });
    expect(inflateSync(Buffer.from(zip, "base64url")).toString()).toBe(code);
    expect(inflateSync(Buffer.from(interacts, "base64url")).toString()).toBe("[]");
    expect(interacts).toBe("eJyLjgUAARUAuQ==");
    expect(query).toMatch(/^[a-z]{6}$/);
    expect(n).toBe(7);
    const found = await app.get(`/permalink?q=${query}`);
    expect(await found.json()).toEqual([code, "sage", "[]"]);
  });
  test("the same again has the same link, so that repeating it fills nothing", async () => {
    expect((await keep()).query).toBe((await keep()).query);
    expect((await keep({ language: "python" })).query).not.toBe((await keep()).query);
  });
  test("a callback gets the text; a name that is no name of a function is refused and not repeated", async () => {
    const { query } = await keep({ code: "</script>\u2028" });
    const asked = await app.get(`/permalink?q=${query}&callback=found`);
    expect(asked.headers.get("content-type")).toMatch(/^application\/javascript/);
    const text = await asked.text();
    expect(text).not.toMatch(/<|\u2028/);
    let told = "";
    new Function("found", text)((said: string) => {
      told = said;
    });
    expect(JSON.parse(told)).toEqual(["</script>\u2028", "sage", "[]"]);
    const evil = await app.get(`/permalink?q=${query}&callback=${encodeURIComponent("alert(1)//<b>")}`);
    expect(evil.status).toBe(400);
    expect(await evil.text()).not.toContain("<b>");
  });
  test("without code 400, unknown 404, too large 413", async () => {
    expect((await form({ language: "sage" }, "/permalink")).status).toBe(400);
    expect((await app.get("/permalink?q=zzzzzz")).status).toBe(404);
    expect((await form({ code: "1".repeat(200_000) }, "/permalink")).status).toBe(413);
    expect((await form({ code: "1", interacts: "{" }, "/permalink")).status).toBe(400);
    expect((await form({ code: "1", language: "<b>" }, "/permalink")).status).toBe(400);
  });
  test("one client can make so many a minute", async () => {
    const answers = await Promise.all(Array.from({ length: 70 }, (_, n) => form({ code: `${n}` }, "/permalink")));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]?.headers.get("retry-after")).not.toBeNull();
  });
});

describe("the root page's links", () => {
  test("what does not unpack is 400, an unknown id 404, and neither is repeated", async () => {
    const bad = await app.get("/?z=%3Cb%3E");
    expect(bad.status).toBe(400);
    expect(await bad.text()).toMatch(/^Invalid zipped code/);
    expect((await app.get("/?z=AAAA")).status).toBe(400);
    const unknown = await app.get("/?q=zzzzzz");
    expect([unknown.status, await unknown.text()]).toEqual([404, "ID not found in permalink database"]);
  });
});

describe("POST /service", () => {
  const asked = async (fields: Record<string, string>) => {
    const before = app.core.entries.size;
    const response = form(fields, "/service");
    while (app.core.entries.size === before) await new Promise((resume) => setTimeout(resume, 2));
    return { response, id: [...app.core.entries.keys()].at(-1) as string };
  };
  test("collects what was printed, and has the reply with its expressions", async () => {
    const { response, id } = await asked({
      code: "WEBWORK=1",
      user_expressions: '{"WEBWORK":"f(WEBWORK)"}',
      accepted_tos: "true",
    });
    app.core.message(id, { msg_type: "stream", content: { name: "stdout", text: "a" } });
    app.core.message(id, { msg_type: "stream", content: { name: "stdout", text: "b" } });
    app.core.message(id, { msg_type: "execute_result", content: { data: { "text/plain": "4" } } });
    const webwork = { status: "ok", data: { "text/plain": "'1'" }, metadata: {} };
    app.core.message(id, {
      msg_type: "execute_reply",
      content: { status: "ok", user_expressions: { WEBWORK: webwork }, payload: [] },
    });
    app.core.finish(id);
    const answer = await response;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      stdout: "ab",
      success: true,
      execute_reply: { status: "ok", execution_count: 1, user_expressions: { WEBWORK: webwork }, payload: [] },
    });
    expect(app.core.entries.get(id)?.submission).toMatchObject({ timeoutSeconds: 30, expressions: { WEBWORK: "f(WEBWORK)" } });
  });
  test("a caller's trace goes with it, and a page of elsewhere may send one", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const response = form({ code: "traced" }, "/service", { traceparent });
    const traced = () => [...app.core.entries].find(([, { submission }]) => submission.code === "traced");
    await until(() => traced() !== undefined, "the computation");
    const [id, entry] = traced() ?? [];
    expect(entry?.submission.traceparent).toBe(traceparent);
    app.core.finish(id as string);
    expect((await response).status).toBe(200);
    const preflight = await fetch(`${app.url}/service`, { method: "OPTIONS", headers: page });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("traceparent");
  });
  test("what was stopped is no success, has what it printed and no reply", async () => {
    const { response, id } = await asked({ code: "while True: pass" });
    app.core.message(id, { msg_type: "stream", content: { name: "stdout", text: "a" } });
    app.core.finish(id, { kind: "timeout", message: "Stopped at its time limit of 30 s." });
    expect(await (await response).json()).toEqual({ stdout: "a", success: false });
  });
  test("code in several pieces is one program, and 65,000 characters are enough", async () => {
    const body = new URLSearchParams([
      ["code", "1"],
      ["code", "+1"],
    ]);
    const before = app.core.entries.size;
    const response = fetch(`${app.url}/service`, { method: "POST", body });
    while (app.core.entries.size === before) await new Promise((resume) => setTimeout(resume, 2));
    const id = [...app.core.entries.keys()].at(-1) as string;
    expect(app.core.entries.get(id)?.submission.code).toBe("1+1");
    app.core.finish(id);
    expect((await response).status).toBe(200);
    expect((await form({ code: "1".repeat(65_001) }, "/service")).status).toBe(413);
  });
  test("a client that leaves ends its computation", async () => {
    const left = new AbortController();
    const before = app.core.entries.size;
    const response = fetch(`${app.url}/service`, {
      method: "POST",
      body: new URLSearchParams({ code: "1" }),
      signal: left.signal,
    });
    while (app.core.entries.size === before) await new Promise((resume) => setTimeout(resume, 2));
    left.abort();
    await expect(response).rejects.toThrow();
    const id = [...app.core.entries.keys()].at(-1) as string;
    while (app.core.entries.get(id)?.view.outcome?.kind !== "cancelled") await new Promise((resume) => setTimeout(resume, 2));
  });
});

test.each(["/kernel/ID/channels", "/sockjs/websocket"])("what runs over %s is a part of its opener's trace", async (path) => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203332-01";
  const { id, ws_url } = await startKernel(app.url);
  const socket = new WebSocket(new URL(path.replace("ID", id), ws_url), { headers: { traceparent } });
  await once(socket, "open");
  const before = app.core.entries.size;
  socket.send(path.includes("sockjs") ? `${id}/channels,${execute("1")}` : execute("1"));
  await until(() => app.core.entries.size > before, "the computation");
  expect([...app.core.entries.values()].at(-1)?.submission.traceparent).toBe(traceparent);
  socket.close();
});

test("the script's other address leads to the script", async () => {
  const response = await fetch(`${app.url}/embedded_sagecell.js`, { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([301, "/static/embedded_sagecell.js"]);
});
