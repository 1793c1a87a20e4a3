/** The page, the cell and the frame as files; next: problems.test.ts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frameApp } from "#gateway/http/frame-app.ts";
import { makeServer, stopServer } from "#gateway/http/server.ts";
import { listen } from "#service/metrics.ts";
import { type AppServer, startApp } from "#test/app-server.ts";

const directory = mkdtempSync(join(tmpdir(), "sandcell-dist-"));
let app: AppServer;
beforeAll(async () => {
  mkdirSync(join(directory, "frame/threejs"), { recursive: true });
  mkdirSync(join(directory, "chunks"));
  mkdirSync(join(directory, "v/0123456789abcdef"), { recursive: true });
  mkdirSync(join(directory, "examples"));
  for (const [name, text] of Object.entries({
    "index.html": "<!doctype html>page",
    "embed.html": "<!doctype html>for frames",
    "cell.js": "export {}",
    "v/0123456789abcdef/cell.js": "export {}",
    "examples/sagecell.html": "<!doctype html>written for SageMathCell",
    "examples/plain.html": "<!doctype html>plain",
    "chunks/mathjax-AB12CD34.js": "export {}",
    ".secret": "no",
    "frame/frame.html": "<!doctype html>frame",
    "frame/frame.js": "export {}",
    "frame/threejs/three.min.js": "THREE",
  }))
    writeFileSync(join(directory, name), text);
  app = await startApp({ pageDirectory: directory });
});
afterAll(async () => {
  await app.stop();
  rmSync(directory, { recursive: true });
});
const header = (response: Response, ...names: string[]) => names.map((name) => response.headers.get(name));

describe("the page", () => {
  test("runs nothing but our own files, and shows frames of the second origin only", async () => {
    const response = await app.get("/");
    expect([response.status, await response.text()]).toEqual([200, "<!doctype html>page"]);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self'");
    expect(policy).toContain(`frame-src ${app.parts.facts.frameOrigin}`);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(header(response, "x-content-type-options", "x-powered-by", "set-cookie", "cache-control")).toEqual([
      "nosniff",
      null,
      null,
      "no-cache",
    ]);
  });
  test("may be in no other page's frame, but for the one that is made for that", async () => {
    const wall = async (path: string) => {
      const { headers } = await app.get(path);
      return [/frame-ancestors 'self'/.test(headers.get("content-security-policy") ?? ""), headers.get("x-frame-options")];
    };
    for (const path of ["/", "/embed.html", "/embed/"]) expect(await wall(path)).toEqual([true, "SAMEORIGIN"]);
    expect(await wall("/embed?theme=dark")).toEqual([false, null]);
    expect(await (await app.get("/embed?theme=dark")).text()).toBe("<!doctype html>for frames");
  });
  test("of the examples only the page that was written for SageMathCell has scripts in it", async () => {
    const policyOf = async (path: string) => (await app.get(path)).headers.get("content-security-policy") ?? "";
    expect(await policyOf("/examples/sagecell.html")).toContain("script-src 'self' 'unsafe-inline';");
    for (const path of ["/examples/plain.html", "/examples/Sagecell.html", "/examples/sagecell.html/", "/"])
      expect(await policyOf(path)).not.toContain("unsafe-inline");
  });
  test("the cell's files are for every origin; those with a hash in their name are kept for ever", async () => {
    const script = await app.get("/cell.js");
    expect(
      header(script, "content-type", "access-control-allow-origin", "cross-origin-resource-policy", "cache-control"),
    ).toEqual(["text/javascript; charset=utf-8", "*", "cross-origin", "no-cache"]);
    const chunk = await app.get("/chunks/mathjax-AB12CD34.js");
    expect(header(chunk, "cache-control")).toEqual(["public, max-age=31536000, immutable"]);
    const again = await app.get("/cell.js", { "if-none-match": script.headers.get("etag") ?? "" });
    expect([200, 304]).toContain(again.status);
  });
  test("the cell under its version is kept for ever; a page that names another version is sent to this one", async () => {
    const kept = await app.get("/v/0123456789abcdef/cell.js");
    expect(header(kept, "cache-control", "access-control-allow-origin")).toEqual(["public, max-age=31536000, immutable", "*"]);
    const other = await fetch(`${app.url}/v/fedcba9876543210/cell.js`, { redirect: "manual" });
    expect(other.status).toBe(302);
    expect(header(other, "location", "cache-control", "access-control-allow-origin")).toEqual([
      "../../cell.js",
      "no-cache",
      "*",
    ]);
    expect((await app.get("/v/fedcba9876543210/chunks/x.js")).status).toBe(404);
  });
  test("the frame's files, hidden files and what lies outside are 404", async () => {
    for (const path of [
      "/frame/frame.html",
      "/FRAME/frame.html",
      "//frame/frame.html",
      "/%66rame/frame.html",
      "/threejs/three.min.js",
      "/.secret",
      "/..%2f..%2fetc/passwd",
      "/nothing",
    ])
      expect([path, (await app.get(path)).status]).toEqual([path, 404]);
  });
  test("says in words that it is not built", async () => {
    const bare = await startApp();
    const response = await bare.get("/");
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining("npm start")]);
    expect((await bare.get("/v1/settings")).status).toBe(200);
    await bare.stop();
  });
  test("readiness has its reasons", async () => {
    const waiting = await startApp({ health: () => ({ ready: false, reasons: ["no kernel yet"] }) });
    const response = await waiting.get("/readyz");
    expect([response.status, await response.text()]).toEqual([503, "no kernel yet\n"]);
    expect((await app.get("/readyz")).status).toBe(200);
    await waiting.stop();
  });
});

describe("the second origin", () => {
  test("serves the frame and its scenes alone, each in a sandbox of its own even when opened directly", async () => {
    const server = makeServer(frameApp({ directory, log: app.parts.log, registry: app.parts.registry }));
    await listen(server, 0, "127.0.0.1");
    const get = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    for (const path of ["/frame/frame.html", "/frame/", "/frame/frame.js", "/threejs/three.min.js"]) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 200]);
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/^sandbox allow-scripts/);
      expect(policy).not.toMatch(/allow-same-origin|allow-top-navigation|frame-ancestors/);
      expect(header(response, "x-frame-options", "set-cookie", "access-control-allow-origin")).toEqual([null, null, "*"]);
    }
    for (const path of ["/", "/cell.js", "/index.html", "/v1/settings", "/frame/..%2findex.html"])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    await stopServer(server, 0);
  });
});
