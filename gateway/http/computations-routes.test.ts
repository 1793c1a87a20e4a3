/** The routes of computations; next: messages-routes.test.ts. */
import { bounds } from "#gateway/http/bounds.ts";
import { computationView } from "#gateway/http/schemas.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

let app: AppServer;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const problemOf = async (response: Response) =>
  (await response.json()) as { code: string; detail?: string; fields?: { path: string; message: string }[] };
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;
const submissionOf = (id: string) => app.core.entry(id).submission;
const refused = async (body: unknown, headers?: Record<string, string>) => {
  const response = await app.post("/v1/computations", body, headers);
  return { status: response.status, ...(await problemOf(response)) };
};

describe("POST /v1/computations", () => {
  test("answers 201 with the address of the new computation and what a client can do with it", async () => {
    const response = await app.post("/v1/computations", { code: "1+1" });
    expect(response.status).toBe(201);
    const view = computationView.parse(await response.json());
    expect(response.headers.get("location")).toBe(view.links.self);
    expect(view).toMatchObject({ state: "queued", language: "sage", outcome: null, position: 1 });
    expect((await app.get(view.links.self)).status).toBe(200);
  });
  test("what is not said is Sage, with input allowed, without files", async () => {
    const id = await idOf(await app.post("/v1/computations", { code: "x" }));
    expect(submissionOf(id)).toMatchObject({
      language: "sage",
      allowInput: true,
      files: [],
      expressions: {},
      timeoutSeconds: undefined,
    });
  });
  test("passes on everything that is said", async () => {
    const session = await idOf(await app.post("/v1/sessions"));
    const body = {
      code: "ä",
      language: "python",
      timeoutSeconds: 1.5,
      expressions: { a: "1" },
      allowInput: false,
      sessionId: session,
      mayStay: true,
      interacts: "sagecellWidgets",
      figureFormat: "svg",
      files: [
        { path: "d/ü.txt", content: "ü" },
        { path: "b", base64: "AP8=" },
      ],
    };
    const id = await idOf(await app.post("/v1/computations", body));
    const { files, client, ...rest } = submissionOf(id);
    const { files: _, ...said } = body;
    expect(rest).toEqual({ ...said, idempotencyKey: undefined });
    expect(files.map(({ path, data }) => [path, [...data]])).toEqual([
      ["d/ü.txt", [0xc3, 0xbc]],
      ["b", [0, 255]],
    ]);
    expect(client.id).toMatch(/^[\w-]{22}$/);
  });
  test("a repeat under the same Idempotency-Key is the same computation, told by 200", async () => {
    const first = await app.post("/v1/computations", { code: "1" }, { "idempotency-key": "k1" });
    const again = await app.post("/v1/computations", { code: "1" }, { "idempotency-key": "k1" });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await idOf(again)).toBe(await idOf(first));
    expect(await refused({ code: "2" }, { "idempotency-key": "k1" })).toMatchObject({ status: 422, code: "keyReused" });
  });
  test.each(["", "é", "k".repeat(256)])("an Idempotency-Key of another form (%#) is refused", async (key) => {
    expect(await refused({ code: "1" }, { "idempotency-key": key })).toMatchObject({
      code: "invalid",
      fields: [{ path: "Idempotency-Key" }],
    });
  });
  test.each([
    [{}, "code"],
    [{ code: 1 }, "code"],
    [{ code: "\ud800" }, "code"],
    [{ code: "1", langage: "sage" }, "langage"],
    [{ code: "1", language: "perl" }, "language"],
    [{ code: "1", timeoutSeconds: 0 }, "timeoutSeconds"],
    [{ code: "1", timeoutSeconds: -1 }, "timeoutSeconds"],
    [{ code: "1", timeoutSeconds: 121 }, "timeoutSeconds"],
    [{ code: "1", timeoutSeconds: "5" }, "timeoutSeconds"],
    [{ code: "1", sessionId: "s1" }, "sessionId"],
    [{ code: "1", expressions: { a: 1 } }, "expressions.a"],
    [{ code: "1", expressions: [] }, "expressions"],
    [{ code: "1", files: [{ path: "a" }] }, "files.0"],
    [{ code: "1", files: [{ path: "a", content: "", base64: "" }] }, "files.0"],
    [{ code: "1", files: [{ path: "a", content: "", mode: 7 }] }, "files.0.mode"],
    [{ code: "1", files: [{ path: "a", base64: "a" }] }, "files.0.base64"],
    [{ code: "1", files: [{ path: "a", base64: "A-_A" }] }, "files.0.base64"],
    [{ code: "1", files: [{ path: "a", base64: "AA=A" }] }, "files.0.base64"],
    [{ code: "1", files: [{ path: "../a", content: "" }] }, "files.0.path"],
    [{ code: "1", files: [{ path: "/a", content: "" }] }, "files.0.path"],
    [{ code: "1", files: [{ path: "a\0", content: "" }] }, "files.0.path"],
    [{ code: "1", files: [1, 2].map(() => ({ path: "a", content: "" })) }, "files"],
  ])("%j is refused, naming %s", async (body, path) => {
    const problem = await refused(body);
    expect(problem).toMatchObject({ status: 400, code: "invalid" });
    expect(problem.fields?.map((field) => field.path)).toContain(path);
  });
  test("a key __proto__ is refused wherever it stands", async () => {
    for (const text of ['{"code":"1","__proto__":{}}', '{"code":"1","expressions":{"__proto__":"1"}}'])
      expect(await refused(text)).toMatchObject({ status: 400, code: "invalid" });
  });
  test("all wrong fields are told at once, a bounded number of them", async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, n]));
    const { fields = [] } = await refused({ code: 1, language: 2, ...many });
    expect(fields.slice(0, 2).map(({ path }) => path)).toEqual(["code", "language"]);
    expect(fields).toHaveLength(bounds.problemFieldsMax);
  });
  test("code, files and bodies above their limits are 413", async () => {
    const codeMax = { code: "é".repeat(65_536 / 2) };
    expect((await app.post("/v1/computations", codeMax)).status).toBe(201);
    const tooMuch = [
      { code: `${codeMax.code}1` },
      { code: "", files: Array.from({ length: bounds.inputFilesMax + 1 }, (_, n) => ({ path: `${n}`, content: "" })) },
      { code: "", files: [{ path: "a", content: "x".repeat(bounds.inputBytesMax + 1) }] },
      { code: "x".repeat(8 * 1024 * 1024) },
    ];
    for (const body of tooMuch) expect(await refused(body)).toMatchObject({ status: 413, code: "tooLarge" });
  });
  test("as many bytes of files as allowed fit, in base64 too", async () => {
    const base64 = Buffer.alloc(bounds.inputBytesMax, 7).toString("base64");
    const id = await idOf(await app.post("/v1/computations", { code: "x", files: [{ path: "a", base64 }] }));
    expect(submissionOf(id).files[0]?.data).toHaveLength(bounds.inputBytesMax);
  });
  test.each([
    ["1+1", "text/plain"],
    ["code=1", "application/x-www-form-urlencoded"],
    ['{"code":"1"}', "application/jsonp"],
    ["{", "application/json"],
    ["[]", "application/json"],
    ["null", "application/json"],
    ['"x"', "application/json"],
    ['{"code":"1"}', "application/json; charset=latin1"],
  ])("a body %j as %s is refused in words", async (text, type) => {
    const problem = await refused(text, { "content-type": type });
    expect(problem).toMatchObject({ status: 400, code: "invalid" });
    expect(problem.detail).toMatch(/JSON|UTF-8|list/);
  });
  test("a body that is not UTF-8, or compressed, is refused", async () => {
    const send = (body: Uint8Array<ArrayBuffer>, more = {}) =>
      fetch(`${app.url}/v1/computations`, { method: "POST", body, headers: { "content-type": "application/json", ...more } });
    const bytes = new Uint8Array([...Buffer.from('{"code":"'), 0xff, ...Buffer.from('"}')]);
    expect(await problemOf(await send(bytes))).toMatchObject({ code: "invalid", detail: "The body is not UTF-8." });
    expect(await problemOf(await send(bytes, { "content-encoding": "gzip" }))).toMatchObject({ code: "invalid" });
  });
  test("JSON nested without end is refused, and the server lives", async () => {
    const deep = `{"code":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect(await refused(deep)).toMatchObject({ code: "invalid" });
    expect((await app.get("/healthz")).status).toBe(200);
  });
});

describe("a computation", () => {
  test("shows its outcome with links to its files", async () => {
    const id = await idOf(await app.post("/v1/computations", { code: "1" }));
    app.core.finish(id, { files: [{ path: "d/ü #1.csv", size: 1, sha256: "0".repeat(64) }] });
    const view = computationView.parse(await (await app.get(`/v1/computations/${id}`)).json());
    expect(view).toMatchObject({ state: "finished", outcome: { kind: "ok" } });
    expect(view.outcome?.files[0]?.link).toBe(`/files/${id}/d/%C3%BC%20%231.csv`);
  });
  test("is cancelled by DELETE with 202; once over, DELETE is 409", async () => {
    const id = await idOf(await app.post("/v1/computations", { code: "1" }));
    const remove = () => fetch(`${app.url}/v1/computations/${id}`, { method: "DELETE" });
    expect((await remove()).status).toBe(202);
    expect(app.core.entry(id).view.outcome?.kind).toBe("cancelled");
    expect(await problemOf(await remove())).toMatchObject({ code: "alreadyFinished" });
  });
  test("gets the answer to its input(), if it asked", async () => {
    const id = await idOf(await app.post("/v1/computations", { code: "1" }));
    const answer = (value: unknown) => app.post(`/v1/computations/${id}/input`, { value });
    expect(await problemOf(await answer("1"))).toMatchObject({ code: "notWaitingForInput" });
    app.core.askInput(id);
    expect(await problemOf(await answer(1))).toMatchObject({ code: "invalid", fields: [{ path: "value" }] });
    const response = await answer("4 2");
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(app.core.entry(id).inputs).toEqual(["4 2"]);
  });
});
