/** The state of the service, for people and for programs; next: web-sockets.test.ts. */
import { examples } from "#gateway/http/examples.ts";
import { statusView } from "#gateway/http/schemas.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

let app: AppServer;
let [asked, ready] = [0, true];
beforeAll(async () => {
  const status = () => {
    asked += 1;
    return { ...examples.status, now: { ...examples.status.now, idle: 0, waiting: 3 } };
  };
  app = await startApp({ status, health: () => ({ ready, reasons: [] }), clients: { secret: "s", token: "t" } });
});
afterAll(() => app.stop());

test("programs get it as JSON, with the token where one is set", async () => {
  expect((await app.get("/v1/status")).status).toBe(401);
  const response = await app.get("/v1/status", { authorization: "Bearer t" });
  expect(statusView.strict().parse(await response.json()).now).toEqual({ idle: 0, busy: 1, sessions: 0, waiting: 3 });
});
test("people see a sentence, charts with words for those who do not see, and the promises with their figures", async () => {
  const html = await (await app.get("/status")).text();
  expect(html).toContain("It works, and 3 wait for a kernel.");
  expect(html.match(/<svg [^>]*role="img" aria-label="[^"]+"/g)).toHaveLength(6);
  expect(html).toContain("20,431 of 20,431 (100 %)");
  expect(html).toContain("20,431 of 20,443 (99.94 %)");
  expect(html).toContain('since <time datetime="2026-11-24T10:00:30.000Z">2026-11-24 10:00 UTC</time>');
});
test("it says so when computations are not taken", async () => {
  ready = false;
  expect(await (await app.get("/status")).text()).toContain("It does not take computations just now.");
  ready = true;
});
test("it says of how many minutes nothing is known", async () => {
  expect(await (await app.get("/status")).text()).not.toContain("nothing is known");
  const gaps = await startApp({ status: () => ({ ...examples.status, unknownMinutes: 7 }) });
  expect(await (await gaps.get("/status")).text()).toContain("(of 7 minutes in between nothing is known)");
  await gaps.stop();
});
test("the page runs nothing but its own script, and no style but its own", async () => {
  const policy = (await app.get("/status")).headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/style-src 'self' 'sha256-[^']+'/);
  expect(policy).not.toContain("unsafe");
  expect((await app.get("/status.js")).headers.get("content-type")).toContain("text/javascript");
});
test("however many look, it is counted once a second at most", async () => {
  const before = asked;
  const started = performance.now();
  await Promise.all(Array.from({ length: 50 }, () => app.get("/status")));
  expect(asked - before).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - started) / 1000));
});
