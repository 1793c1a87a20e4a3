/** Jupyter's REST interface; next: jupyter-bounds.ts. The WebSocket is in jupyter-channels.test.ts. */
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { kernelIdOf, ofKernelId, specOf } from "#gateway/compat/jupyter-kernelspecs.ts";
import { type AppServer, startApp } from "#test/app-server.ts";
import { JupyterClient, replyOf } from "#test/jupyter-client.ts";

let app: AppServer;
beforeEach(async () => {
  app = await startApp({ trustProxy: "loopback" });
});
afterEach(() => app.stop());

type Model = { id: string; name: string; path: string; kernel: Model; message: string; reason: string };
type Asked = { body?: unknown; headers?: Record<string, string> };
const ask = async (method: string, path: string, { body, headers }: Asked = {}, url = app.url) => {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: headers ?? {},
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: (text === "" ? undefined : JSON.parse(text)) as Model, headers: response.headers };
};
const start = async (body: unknown = {}, headers = {}) => (await ask("POST", "/kernels", { body, headers })).json;
const ids = async (headers = {}) =>
  ((await ask("GET", "/kernels", { headers })).json as unknown as Model[]).map(({ id }) => id);
const elsewhere = (token?: string) => ({
  "x-forwarded-for": "203.0.113.7",
  ...(token === undefined ? {} : { authorization: `token ${token}` }),
});

describe("the server", () => {
  test("says what it is, as far as clients look", async () => {
    expect((await ask("GET", "/")).json).toHaveProperty("version");
    expect((await ask("GET", "")).status).toBe(200);
    expect((await ask("GET", "/status")).json).toMatchObject({ kernels: 0 });
    expect((await ask("GET", "/me")).json).toMatchObject({ identity: { username: "anonymous" } });
  });
  test("has two kernels, and knows Sage's by its many names", async () => {
    const { json } = await ask("GET", "/kernelspecs");
    expect(json).toMatchObject({ default: "sagemath", kernelspecs: { python3: { spec: { language: "python" } } } });
    expect((await ask("GET", "/kernelspecs/sagemath")).json).toMatchObject({ name: "sagemath" });
    expect((await ask("GET", "/kernelspecs/toString")).status).toBe(404);
    expect([undefined, "", "sagemath-10.8", "SageMath 9.5"].map((name) => specOf(name)?.name)).toEqual(
      Array(4).fill("sagemath"),
    );
    expect([specOf("python3")?.language, specOf("ir")]).toEqual(["python", undefined]);
  });
  test("keeps no notebooks and has nothing else, and says so in Jupyter's form", async () => {
    for (const path of ["/contents/a.ipynb", "/terminals", "/nonsense"]) {
      const { status, json } = await ask("GET", path);
      expect([status, typeof json.message, typeof json.reason]).toEqual([404, "string", "string"]);
    }
    expect((await ask("POST", "/kernels", { body: [1] })).status).toBe(400);
  });
  test("may be asked from any page, with every method", async () => {
    const { status, headers } = await ask("OPTIONS", "/sessions/x");
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(headers.get("access-control-allow-headers")).toContain("X-XSRFToken");
  });
});

describe("a kernel", () => {
  test("is started under either name, looked at, interrupted, restarted and ended", async () => {
    const { id, name } = await start({ name: "python3", path: "x", env: { A: "1" } });
    expect(name).toBe("python3");
    expect((await ask("GET", `/kernels/${id}`)).json).toMatchObject({ id, execution_state: "idle", connections: 0 });
    expect((await ask("POST", `/kernels/${id}/interrupt`)).status).toBe(204);
    expect((await ask("POST", `/kernels/${id}/restart`, { body: {} })).json.id).toBe(id);
    expect((await ask("DELETE", `/kernels/${id}`)).status).toBe(204);
    expect((await ask("GET", `/kernels/${id}`)).status).toBe(404);
    expect([...app.core.sessions.entries.values()].map(({ state }) => state)).toEqual(["closed", "closed"]);
  });
  test("of a name that is not served is refused", async () => {
    expect((await ask("POST", "/kernels", { body: { name: "julia" } })).json.message).toContain("julia");
  });
  test("has an id of five words that names its session and its language", async () => {
    const { id } = await start({ name: "python3" });
    expect(id).toMatch(/^\w+-\w+-\w+-\w+-\w+$/);
    const { session, spec } = ofKernelId(id) ?? {};
    expect(app.core.sessions.entries.has(session ?? "")).toBe(true);
    expect(kernelIdOf(session ?? "", spec ?? ({} as never))).toBe(id);
    expect([ofKernelId("x"), ofKernelId(id.replace("-", "")), ofKernelId(`q${id.slice(1)}`)]).toEqual(Array(3).fill(undefined));
  });
  test.each(["x", "__proto__", "00000000-0000-0000-0000-000000", "s0000000-0000-0000-0000-0zzzzz"])(
    "%s is none",
    async (id) => {
      for (const [method, path] of Object.entries({ GET: "", DELETE: "", POST: "/restart" }))
        expect((await ask(method, `/kernels/${id}${path}`)).status).toBe(404);
    },
  );
  test("of another gateway, or from before a restart of this one, is found by its id, with its present session", async () => {
    const { id } = await start({ name: "python3" });
    await ask("POST", `/kernels/${id}/restart`);
    const other = await startApp({ computations: app.core, sessions: app.core.sessions });
    expect((await ask("GET", `/kernels/${id}`, {}, other.url)).json).toMatchObject({ id, name: "python3" });
    const client = await JupyterClient.connect(other.url, id);
    const cell = client.send({ msg_type: "execute_request", content: { code: "1" } });
    await client.until(() => app.core.entries.size > 0, "a computation");
    const [computation = ""] = app.core.entries.keys();
    expect(app.core.entry(computation).submission.sessionId).toBe([...app.core.sessions.entries.keys()].at(-1));
    app.core.finish(computation);
    expect(replyOf(await client.answers(cell))).toMatchObject({ status: "ok" });
    await other.stop();
  });
  test("is one of so many that a client may have", async () => {
    for (let n = 0; n < bounds.kernelsPerOwnerMax; n++) await start();
    expect((await ask("POST", "/kernels", { body: {} })).status).toBe(429);
    const word = (n: number) => ({ authorization: `token word-${Math.floor(n / bounds.kernelsPerOwnerMax)}` });
    for (let n = bounds.kernelsPerOwnerMax; n < bounds.kernelsPerClientMax; n++) await start({}, word(n));
    expect((await ask("POST", "/kernels", { body: {}, headers: word(1_000) })).status).toBe(429);
    expect((await ask("POST", "/kernels", { body: {}, headers: elsewhere() })).status).toBe(201);
  });
});

describe("who is asked", () => {
  test("lists a client's own kernels, to who has a token or asks from this machine", async () => {
    const here = await start();
    const [a, b] = [await start({}, elsewhere("a")), await start({}, elsewhere("b"))];
    expect(await ids()).toEqual([here.id]);
    expect(await ids(elsewhere("a"))).toEqual([a.id]);
    expect(await ids(elsewhere("b"))).toEqual([b.id]);
    const { status, json } = await ask("GET", "/kernels", { headers: elsewhere() });
    expect([status, json.message]).toEqual([403, expect.stringContaining("token")]);
  });
  test("wants the server's token, in any of the three ways", async () => {
    const closed = await startApp({ clients: { secret: "s", token: "the-right-token" } });
    const status = async (path: string, authorization?: string) =>
      (await ask("GET", path, authorization === undefined ? {} : { headers: { authorization } }, closed.url)).status;
    expect(await status("/kernels")).toBe(401);
    expect(await status("/kernels", "token wrong-token")).toBe(401);
    expect(await status("/kernels", "token the-right-token")).toBe(200);
    expect(await status("/kernels", "Bearer the-right-token")).toBe(200);
    expect(await status("/kernels?token=the-right-token")).toBe(200);
    await expect(JupyterClient.connect(closed.url, "x")).rejects.toThrow("401");
    await closed.stop();
  });
});

describe("a session", () => {
  const path = "a/b.ipynb";
  test("is a kernel under a path: started, found, renamed, given another kernel, ended", async () => {
    const { status, json } = await ask("POST", "/sessions", {
      body: { path, name: "", type: "notebook", kernel: { name: "sagemath" } },
    });
    expect([status, json]).toEqual([
      201,
      expect.objectContaining({ path, kernel: expect.objectContaining({ name: "sagemath" }) }),
    ]);
    expect((await ask("POST", "/sessions", { body: { path, type: "notebook" } })).json.id).toBe(json.id);
    expect((await ask("GET", `/sessions/${json.id}`)).json.id).toBe(json.id);
    expect((await ask("PATCH", `/sessions/${json.id}`, { body: { path: "c.ipynb" } })).json.path).toBe("c.ipynb");
    const changed = (await ask("PATCH", `/sessions/${json.id}`, { body: { kernel: { name: "python3" } } })).json;
    expect([changed.path, changed.kernel.name]).toEqual(["c.ipynb", "python3"]);
    expect((await ask("GET", `/kernels/${json.kernel.id}`)).status).toBe(404);
    expect((await ask("GET", "/sessions")).json).toHaveLength(1);
    expect((await ask("DELETE", `/sessions/${json.id}`)).status).toBe(204);
    expect((await ask("GET", `/kernels/${changed.kernel.id}`)).status).toBe(404);
    expect((await ask("DELETE", `/sessions/${json.id}`)).status).toBe(404);
  });
  test("takes a kernel that is there already", async () => {
    const { id } = await start();
    expect((await ask("POST", "/sessions", { body: { path, kernel: { id } } })).json.kernel.id).toBe(id);
  });
  test("is never shared by those of whom it is not known that they are one", async () => {
    const [one, two] = [1, 2].map(() => ask("POST", "/sessions", { body: { path }, headers: elsewhere() }));
    expect((await one)?.json.kernel.id).not.toBe((await two)?.json.kernel.id);
  });
});
