/** The route of files; next: links-routes.test.ts. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type AppServer, startApp, until } from "#test/app-server.ts";

let app: AppServer;
const id = `c${"1".repeat(25)}`;
beforeAll(async () => {
  app = await startApp();
  app.core.stored.set(`${id}/a.txt`, Buffer.from("0123456789"));
  app.core.stored.set(`${id}/d/ü #?.txt`, Buffer.from("ü"));
});
afterAll(() => app.stop());

describe("a file", () => {
  test("comes whole, as an attachment that no browser runs or guesses at", async () => {
    const response = await app.get(`/files/${id}/a.txt`);
    expect([response.status, await response.text()]).toEqual([200, "0123456789"]);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "content-type": "text/plain",
      "content-length": "10",
      "accept-ranges": "bytes",
      etag: '"1"',
      "x-content-type-options": "nosniff",
      "content-disposition": "attachment",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
    });
    expect(headers["content-security-policy"]).toMatch(/^sandbox; default-src 'none'/);
  });
  test("comes in ranges", async () => {
    const response = await app.get(`/files/${id}/a.txt`, { range: "bytes=2-4" });
    expect([response.status, response.headers.get("content-range"), await response.text()]).toEqual([
      206,
      "bytes 2-4/10",
      "234",
    ]);
  });
  test("has a size even where the range is not satisfiable", async () => {
    const response = await app.get(`/files/${id}/a.txt`, { range: "bytes=10-" });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  });
  test("is not sent to who has it", async () => {
    for (const tags of ['"1"', 'W/"1"', '"0", "1"', "*"]) {
      const response = await app.get(`/files/${id}/a.txt`, { "if-none-match": tags });
      expect([tags, response.status, await response.text()]).toEqual([tags, 304, ""]);
    }
    expect((await app.get(`/files/${id}/a.txt`, { "if-none-match": '"2"' })).status).toBe(200);
  });
  test("is described by HEAD", async () => {
    const response = await fetch(`${app.url}/files/${id}/a.txt`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "10", ""]);
  });
  test("that is not there is 404", async () => {
    expect((await app.get(`/files/${id}/b.txt`)).status).toBe(404);
  });
  test("is found under an encoded name in a folder", async () => {
    expect(await (await app.get(`/files/${id}/d/${encodeURIComponent("ü #?.txt")}`)).text()).toBe("ü");
  });
  test.each([
    "",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/a.txt",
    "a.txt%00",
    "a.txt%0d%0aX: y",
    "d%5ca",
    "/a.txt",
    ".sandcell/x",
    `${"x/".repeat(20)}x`,
  ])("%j is 404 and is not asked of the filestore", async (path) => {
    app.core.fetched.length = 0;
    const response = await app.get(`/files/${id}/${path}`);
    expect([response.status, response.headers.get("x")]).toEqual([404, null]);
    expect(app.core.fetched).toEqual([]);
  });
  test.each(["c1", "..", `c${"1".repeat(26)}`, `C${"1".repeat(25)}`])("of %j there is none", async (other) => {
    expect((await app.get(`/files/${other}/a.txt`)).status).toBe(404);
  });
  test("is 503 while the filestore is away or fails, without its words", async () => {
    const replies: (() => Promise<Response>)[] = [
      () => Promise.reject(new TypeError("secret")),
      async () => new Response("secret", { status: 500 }),
      async () => new Response("secret", { status: 403 }),
    ];
    for (const fetchReply of replies) {
      const broken = await startApp({ files: { fetch: fetchReply } });
      const response = await broken.get(`/files/${id}/a.txt`);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ status: 503, code: "unavailable" });
      expect(text).not.toContain("secret");
      await broken.stop();
    }
  });
});

describe("a download", () => {
  test("stops at the filestore when its reader goes, and is cut off when the filestore goes", async () => {
    let sent = 0;
    let closed = 0;
    const slow = createServer((request, response) => {
      response.on("close", () => closed++);
      response.on("error", () => {});
      response.writeHead(200, { "content-length": "100000000" });
      const more = () => {
        sent += 65_536;
        if (request.url === "/half" && sent > 200_000) response.destroy();
        else if (response.write(Buffer.alloc(65_536))) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    });
    slow.listen(0, "127.0.0.1");
    await once(slow, "listening");
    const base = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const proxied = await startApp({ files: { fetch: (_id, path) => fetch(`${base}/${path}`) } });

    const leave = new AbortController();
    const response = await fetch(`${proxied.url}/files/${id}/whole`, { signal: leave.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    leave.abort();
    await until(() => closed === 1, "the filestore's side is closed");
    expect(sent).toBeLessThan(50_000_000);

    sent = 0;
    const half = await fetch(`${proxied.url}/files/${id}/half`);
    await expect(half.arrayBuffer()).rejects.toThrow();
    await proxied.stop();
    slow.closeAllConnections();
    slow.close();
  });
});
