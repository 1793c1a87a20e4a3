/** Who asks, and with which token; next: problems.test.ts. */
import { addressGroup } from "#gateway/http/clients.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

const running: AppServer[] = [];
const start = async (change: Parameters<typeof startApp>[0]) => {
  const app = await startApp(change);
  running.push(app);
  return app;
};
afterAll(() => Promise.all(running.map((app) => app.stop())));
const nobody = `c${"0".repeat(25)}`;

describe("who asks", () => {
  test("is known by a keyed hash of the address, the same at every gateway with the same key", async () => {
    const clientAt = async (secret: string, forwarded: string) => {
      const app = await start({ clients: { secret }, trustProxy: "loopback" });
      const { id } = (await (await app.post("/v1/computations", { code: "" }, { "x-forwarded-for": forwarded })).json()) as {
        id: string;
      };
      return app.core.entry(id).submission.client.id;
    };
    const one = await clientAt("a", "192.0.2.1");
    expect(one).toBe(await clientAt("a", "192.0.2.1"));
    expect(one).not.toBe(await clientAt("b", "192.0.2.1"));
    expect(one).not.toBe(await clientAt("a", "192.0.2.2"));
    expect(one).not.toContain("192");
  });
  test("cannot choose an address where no proxy is trusted", async () => {
    const app = await start({});
    const ids = await Promise.all(
      ["192.0.2.1", "192.0.2.2"].map(async (forwarded) => {
        const { id } = (await (await app.post("/v1/computations", { code: "" }, { "x-forwarded-for": forwarded })).json()) as {
          id: string;
        };
        return app.core.entry(id).submission.client.id;
      }),
    );
    expect(ids[0]).toBe(ids[1]);
  });
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["", ""],
  ])("%s counts as %s: an IPv6 customer has a whole /64", (address, group) => expect(addressGroup(address)).toBe(group));
});

describe("with a token set", () => {
  test.each([
    ["/v1/settings"],
    ["/v1/openapi.json"],
    ["/v1/docs"],
    [`/v1/computations/${nobody}`],
    [`/v1/computations/${nobody}/events`],
    [`/v1/sessions/s${"0".repeat(25)}`],
    [`/files/${nobody}/a`],
    ["/v1/nothing"],
    ["/V1/settings"],
  ])("%s is 401 without it, also with a wrong one", async (path) => {
    const app = await start({ clients: { secret: "a", token: "right" } });
    expect((await app.get(path)).status).toBe(401);
    for (const authorization of ["Bearer wrong", "Bearer ", "Basic right", "right", "Bearer right x"])
      expect((await app.get(path, { authorization })).status).toBe(401);
    expect((await app.get(path, { authorization: "bearer right" })).status).not.toBe(401);
  });
  test("health and preflights need none", async () => {
    const app = await start({ clients: { secret: "a", token: "right" } });
    expect((await app.get("/healthz")).status).toBe(200);
    expect((await fetch(`${app.url}/v1/computations`, { method: "OPTIONS" })).status).toBe(204);
  });
});

describe("a flood", () => {
  test("from one client is refused with 429 and a time, while others are served", async () => {
    const app = await start({ clients: { secret: "a", requestsPerWindow: 20 }, trustProxy: "loopback" });
    const ask = (from: string) => app.get("/v1/settings", { "x-forwarded-for": from });
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask("192.0.2.1")));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(20).fill(200), ...Array(5).fill(429)]);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await ask("192.0.2.2")).status).toBe(200);
    expect((await app.get("/healthz")).status).toBe(200);
  });
});

describe("pages of other origins", () => {
  test("may send JSON, keys and event ids, and read what the headers say; without credentials", async () => {
    const app = await start({});
    const response = await fetch(`${app.url}/v1/computations`, {
      method: "OPTIONS",
      headers: { origin: "https://a.example", "access-control-request-method": "POST" },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(response.headers.get("access-control-allow-methods")).toBe("GET, HEAD, POST, PUT, PATCH, DELETE");
    for (const name of ["Content-Type", "Idempotency-Key", "Last-Event-ID", "Authorization", "Range"])
      expect(response.headers.get("access-control-allow-headers")).toContain(name);
    const answer = await app.get("/v1/settings", { origin: "https://a.example" });
    for (const name of ["Location", "Retry-After"]) expect(answer.headers.get("access-control-expose-headers")).toContain(name);
  });
});
