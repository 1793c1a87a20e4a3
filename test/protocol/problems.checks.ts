/** Any server of the interface: what it must refuse; next: computations.checks.ts. */
import { settingsView } from "#gateway/http/schemas.ts";
import { ask, cleanUp, problemOf } from "#test/protocol/client.ts";

afterAll(cleanUp);
const nobody = `c${"0".repeat(25)}`;
const post = async (json: unknown, headers: Record<string, string> = {}) =>
  problemOf(await ask("/v1/computations", { json, headers }));

describe("a request that cannot be met", () => {
  test.each([
    [{}, "code"],
    [{ code: "1", langage: "sage" }, "langage"],
    [{ code: "1", timeoutSeconds: -1 }, "timeoutSeconds"],
    [{ code: "1", timeoutSeconds: 1e9 }, "timeoutSeconds"],
    [{ code: "1", files: [{ path: "../a", content: "" }] }, "files.0.path"],
  ])("%j is 400 and names %s", async (body, path) => {
    const { code, fields } = await post(body);
    expect(code).toBe("invalid");
    expect(fields?.map((field) => field.path)).toContain(path);
  });
  test("another type of body, or broken JSON, is 400", async () => {
    const send = async (body: string, type: string) =>
      problemOf(await ask("/v1/computations", { body, headers: { "content-type": type } }));
    expect(await send("1+1", "text/plain")).toMatchObject({ code: "invalid" });
    expect(await send("{", "application/json")).toMatchObject({ code: "invalid" });
  });
  test("an empty Idempotency-Key is 400", async () => {
    expect(await post({ code: "1" }, { "idempotency-key": "" })).toMatchObject({ code: "invalid" });
  });
  test("code or files above the limits that /v1/settings tells are 413", async () => {
    const { codeBytesMax, inputBytesMax } = settingsView.parse(await (await ask("/v1/settings")).json());
    expect(await post({ code: "#".repeat(codeBytesMax + 1) })).toMatchObject({ code: "tooLarge" });
    expect(await post({ code: "", files: [{ path: "a", content: "x".repeat(inputBytesMax + 1) }] })).toMatchObject({
      code: "tooLarge",
    });
  });
  test.each([
    ["GET", `/v1/computations/${nobody}`],
    ["GET", `/v1/computations/${nobody}/messages`],
    ["GET", `/v1/computations/${nobody}/events`],
    ["DELETE", `/v1/computations/${nobody}`],
    ["GET", "/v1/computations/..%2f"],
    ["GET", "/v1/nothing"],
  ])("%s %s is 404", async (method, path) => {
    expect(await problemOf(await ask(path, { method }))).toMatchObject({ status: 404, code: "notFound" });
  });
  test("an answer for a computation that never was is 404", async () => {
    expect(await problemOf(await ask(`/v1/computations/${nobody}/input`, { json: { value: "" } }))).toMatchObject({
      code: "notFound",
    });
  });
  test.each(["since=x", "since=-1", "wait=31"])("?%s is 400", async (query) => {
    expect(await problemOf(await ask(`/v1/computations/${nobody}/messages?${query}`))).toMatchObject({ code: "invalid" });
  });
  test("a method that is not there is 405 and says which are", async () => {
    const response = await ask("/v1/computations", { method: "PUT" });
    expect(response.headers.get("allow")).toMatch(/POST/);
    expect(await problemOf(response)).toMatchObject({ code: "methodNotAllowed" });
  });
});

describe("the service", () => {
  test("lives, is ready, and tells its interface", async () => {
    expect((await ask("/healthz")).status).toBe(200);
    expect((await ask("/readyz")).status).toBe(200);
    const document = (await (await ask("/v1/openapi.json")).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toContain("/v1/computations/{id}/messages");
    const page = await ask("/v1/docs");
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  });
  test("may be used by pages of any origin, without credentials", async () => {
    const preflight = await ask("/v1/computations", {
      method: "OPTIONS",
      headers: { origin: "https://a.example", "access-control-request-method": "POST" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
    expect(preflight.headers.get("access-control-allow-headers")).toMatch(/idempotency-key/i);
  });
});
