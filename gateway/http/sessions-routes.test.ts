/** The routes of sessions; next: files-routes.test.ts. */
import { sessionView } from "#gateway/http/schemas.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

let app: AppServer;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
const send = (method: string, path: string) => fetch(app.url + path, { method });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describe("a session", () => {
  test("is opened without a body or with an empty one, looked at, interrupted and closed", async () => {
    const response = await app.post("/v1/sessions");
    expect(response.status).toBe(201);
    const { links } = sessionView.parse(await response.json());
    expect(response.headers.get("location")).toBe(links.self);
    expect((await app.post("/v1/sessions", {})).status).toBe(201);
    expect(sessionView.parse(await (await app.get(links.self)).json()).state).toBe("open");
    expect((await send("POST", links.interrupt)).status).toBe(204);
    expect((await send("DELETE", links.self)).status).toBe(204);
    expect(await (await app.get(links.self)).json()).toMatchObject({ state: "closed", reason: "Closed by its client." });
    expect(await codeOf(await send("POST", links.interrupt))).toBe("sessionClosed");
  });
  test("refuses fields it does not know", async () => {
    expect(await codeOf(await app.post("/v1/sessions", { name: "x" }))).toBe("invalid");
  });
  test.each(["s1", `s${"0".repeat(25)}`, `c${"0".repeat(25)}`, "__proto__"])("%s is 404", async (id) => {
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/interrupt"],
    ] as const)
      expect((await send(method, `/v1/sessions/${id}${path}`)).status).toBe(404);
  });
});
