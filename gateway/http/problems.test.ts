/** Every problem as a client and the log see it; next: odd-requests.test.ts. */
import { problem } from "#gateway/http/schemas.ts";
import { Failure, type FailureCode, failures } from "#protocol/failures.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

let app: AppServer;
let guarded: AppServer;
beforeAll(async () => {
  app = await startApp();
  guarded = await startApp({ clients: { secret: "s", token: "the right token" } });
});
afterAll(() => Promise.all([app.stop(), guarded.stop()]));

const nobody = `c${"0".repeat(25)}`;
const submit = async () => ((await (await app.post("/v1/computations", { code: "1" })).json()) as { id: string }).id;
const failing = (failure: Error) => {
  app.core.failNext = failure;
  return app.get(`/v1/computations/${nobody}`);
};

/** How a client comes to see each code; those that only the filestore's own clients see are left out. */
const ways: Partial<Record<FailureCode, () => Promise<Response>>> = {
  invalid: () => app.post("/v1/computations", {}),
  unauthorized: () => guarded.get("/v1/settings"),
  forbidden: () => failing(new Failure("forbidden")),
  notFound: () => app.get(`/v1/computations/${nobody}`),
  methodNotAllowed: () => fetch(`${app.url}/v1/sessions`, { method: "PUT" }),
  alreadyFinished: async () => {
    const id = await submit();
    app.core.finish(id);
    return app.post(`/v1/computations/${id}/input`, { value: "" });
  },
  notWaitingForInput: async () => app.post(`/v1/computations/${await submit()}/input`, { value: "" }),
  notStarted: async () => {
    const { id } = await app.core.sessions.open({ id: "" });
    return app.post(`/v1/sessions/${id}/requests`, { msg_type: "complete_request", content: {} });
  },
  sessionClosed: async () => {
    const { id } = await app.core.sessions.open({ id: "" });
    await app.core.sessions.close(id);
    return app.post("/v1/computations", { code: "1", sessionId: id });
  },
  fileExists: () => failing(new Failure("fileExists")),
  gone: () => failing(new Failure("gone")),
  tooLarge: () => app.post("/v1/computations", { code: "1".repeat(65_537) }),
  rangeNotSatisfiable: () => {
    app.core.stored.set(`${nobody}/a`, Buffer.from("abc"));
    return app.get(`/files/${nobody}/a`, { range: "bytes=3-" });
  },
  keyReused: async () => {
    await app.post("/v1/computations", { code: "1" }, { "idempotency-key": "a" });
    return app.post("/v1/computations", { code: "2" }, { "idempotency-key": "a" });
  },
  tooMany: () => failing(new Failure("tooMany", { retryAfterSeconds: 3.2 })),
  internal: () => failing(new Error("secret words")),
  full: () => failing(new Failure("full", { retryAfterSeconds: 0 })),
  unavailable: () => failing(new Failure("unavailable", { cause: new Error("secret words") })),
  storageFull: () => failing(new Failure("storageFull")),
};

describe("a problem", () => {
  test.each(Object.keys(failures) as FailureCode[])(
    "%s has its status, its words, its code and nothing secret",
    async (code) => {
      const response = await (ways[code] as () => Promise<Response>)();
      const { status, words } = failures[code];
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      const text = await response.text();
      expect(problem.strict().parse(JSON.parse(text))).toMatchObject({ code, status, title: words, type: `/v1/docs#${code}` });
      expect(text).not.toMatch(/secret|\.ts|node_modules/);
      const retryAfter = response.headers.get("retry-after");
      if (status === 429 || status === 503) expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
      else if (status < 500) expect(retryAfter).toBeNull();
    },
  );
  test("Retry-After is whole seconds, rounded up, and the same in the body", async () => {
    const response = await failing(new Failure("tooMany", { retryAfterSeconds: 3.2 }));
    expect(response.headers.get("retry-after")).toBe("4");
    expect(await response.json()).toMatchObject({ retryAfterSeconds: 4 });
  });
  test("of ours names the request, and the log has the cause under that name", async () => {
    const response = await failing(new Error("secret words"));
    const { instance = "" } = problem.parse(await response.json());
    const requestId = response.headers.get("x-request-id");
    expect(instance).toBe(`urn:sandcell:request:${requestId}`);
    const line = app.logged().find((entry) => entry["request"] === requestId && entry["msg"] === "request failed");
    expect(JSON.stringify(line)).toContain("secret words");
  });
  test("of theirs does not name the request, nor is it logged as an error", async () => {
    const before = app.logged().length;
    const response = await app.post("/v1/computations", { code: 1 });
    expect(await response.json()).not.toHaveProperty("instance");
    expect(
      app
        .logged()
        .slice(before)
        .filter((entry) => Number(entry["level"]) > 30),
    ).toEqual([]);
  });
  test("401 says how to come in", async () => {
    expect((await guarded.get("/v1/settings")).headers.get("www-authenticate")).toBe("Bearer");
  });
  test.each([
    ["PUT", "/v1/computations", "POST, OPTIONS"],
    ["GET", "/v1/computations", "POST, OPTIONS"],
    ["POST", `/v1/computations/${nobody}`, "GET, HEAD, DELETE, OPTIONS"],
    ["PATCH", `/v1/computations/${nobody}/messages`, "GET, HEAD, OPTIONS"],
    ["DELETE", `/files/${nobody}/a`, "GET, HEAD, OPTIONS"],
    ["POST", "/healthz", "GET, HEAD, OPTIONS"],
  ])("%s %s is 405, and Allow says what is there", async (method, path, allow) => {
    const response = await fetch(app.url + path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  });
});

describe("the log", () => {
  test("has a line for each request, without code, query, address or token", async () => {
    await app.post("/v1/computations?token=querysecret", { code: "codesecret" }, { authorization: "Bearer headersecret" });
    await app.get("/nowhere/pathsecret");
    const lines = app.logged().slice(-2);
    expect(lines).toMatchObject([
      { method: "POST", route: "/v1/computations", status: 201 },
      { method: "GET", route: "page", status: 404 },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|127\.0\.0\.1/);
  });
});
