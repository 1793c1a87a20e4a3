/** Refusing at the door; next: in-turns.test.ts. */
import { Failure } from "#protocol/failures.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

describe("while every kernel is busy and the queue full", () => {
  let app: AppServer;
  let full = false;
  beforeAll(async () => {
    app = await startApp({ full: () => (full ? new Failure("full", { retryAfterSeconds: 7 }) : undefined) });
  });
  afterAll(() => app.stop());
  beforeEach(() => {
    full = true;
  });
  const submit = (headers: Record<string, string> = {}) => app.post("/v1/computations", { code: "1+1" }, headers);

  test("a computation is refused with 503, in words, for pages of any origin, and when to come back", async () => {
    const refused = await submit();
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("7");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(await refused.json()).toMatchObject({ code: "full", status: 503, retryAfterSeconds: 7 });
    expect(await app.parts.registry.metrics()).toMatch(/sandcell_turned_away_total 1/);
  });
  test("the same connection is of use afterwards, and one that fits is taken", async () => {
    await submit();
    full = false;
    expect((await submit()).status).toBe(201);
  });
  test("a repeated request may find its computation", async () => {
    full = false;
    const first = (await (await submit({ "idempotency-key": "k" })).json()) as { id: string };
    full = true;
    const again = await submit({ "idempotency-key": "k" });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ id: first.id });
  });
  test("reading goes on", async () => {
    full = false;
    const { id } = (await (await submit()).json()) as { id: string };
    full = true;
    expect((await app.get(`/v1/computations/${id}`)).status).toBe(200);
  });
});
