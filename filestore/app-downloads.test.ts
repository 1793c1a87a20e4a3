/** Downloads over HTTP; next: app-refusals.test.ts. */
import { newComputation } from "#filestore/blobs-contract.ts";
import { startFilestore, type TestFilestore } from "#test/filestore.ts";

describe("downloads", () => {
  let store: TestFilestore;
  let cid: string;
  beforeAll(async () => {
    store = await startFilestore();
    cid = newComputation();
    await store.put(cid, "digits.txt", { body: "0123456789" });
  });
  afterAll(async () => store.stop());
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    store.call(store.pathOf(cid, path), { method, headers });
  const stored = async (path: string) => {
    await store.put(cid, path, { body: "x" });
    return get(path);
  };

  test("anybody who knows the address gets an output", async () => {
    const answer = await get("digits.txt");
    expect([answer.status, String(answer.body)]).toEqual([200, "0123456789"]);
    expect(answer.headers).toMatchObject({ "content-length": "10", "accept-ranges": "bytes" });
  });
  test("HEAD says the same without the bytes", async () => {
    const [head, whole] = [await get("digits.txt", {}, "HEAD"), await get("digits.txt")];
    expect(head.body).toHaveLength(0);
    const { date: _one, ...headHeaders } = head.headers;
    const { date: _two, ...wholeHeaders } = whole.headers;
    expect(headHeaders).toEqual(wholeHeaders);
  });
  test("an empty file comes with 200 and nothing", async () => {
    await store.put(cid, "empty", { body: "" });
    const answer = await get("empty");
    expect([answer.status, answer.headers["content-length"], answer.body.length]).toEqual([200, "0", 0]);
  });
  test("what is not there is 404, for scripts of other pages to read", async () => {
    const answer = await get("none");
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([404, "*"]);
    expect(JSON.parse(String(answer.body))).toMatchObject({ code: "notFound", status: 404 });
  });
  test("an input needs a grant of its computation, of any right", async () => {
    await store.put(cid, "secret", { body: "x", area: "in", authorization: store.grant(cid, { right: "in" }) });
    const path = store.pathOf(cid, "secret", "in");
    expect((await store.call(path)).status).toBe(401);
    expect((await store.call(path, { headers: { authorization: store.grant(newComputation()) } })).status).toBe(403);
    for (const right of ["in", "out", "manage"] as const)
      expect((await store.call(path, { headers: { authorization: store.grant(cid, { right }) } })).status).toBe(200);
    expect((await get("secret")).status).toBe(404);
  });

  describe("ranges", () => {
    test.each([
      ["bytes=0-3", "0123", "bytes 0-3/10"],
      ["bytes=5-", "56789", "bytes 5-9/10"],
      ["bytes=-2", "89", "bytes 8-9/10"],
      ["bytes=8-100", "89", "bytes 8-9/10"],
      ["bytes=0-0", "0", "bytes 0-0/10"],
    ])("%s gives 206 with %s", async (range, body, contentRange) => {
      const answer = await get("digits.txt", { range });
      expect([answer.status, String(answer.body), answer.headers["content-range"]]).toEqual([206, body, contentRange]);
      expect(answer.headers["content-length"]).toBe(String(body.length));
    });
    test.each(["bytes=10-", "bytes=20-30", "bytes=-0"])("%s is 416 and says the size", async (range) => {
      const answer = await get("digits.txt", { range });
      expect([answer.status, answer.headers["content-range"]]).toEqual([416, "bytes */10"]);
    });
    test.each(["bytes=0-1,3-4", "lines=1-2", "nonsense"])("%s gets the whole file", async (range) => {
      const answer = await get("digits.txt", { range });
      expect([answer.status, String(answer.body)]).toEqual([200, "0123456789"]);
    });
    test("If-Range: the same version goes on, another starts again", async () => {
      const { etag = "", "last-modified": modified = "" } = (await get("digits.txt")).headers;
      for (const same of [etag, modified])
        expect((await get("digits.txt", { range: "bytes=5-", "if-range": same })).status).toBe(206);
      for (const other of ['"other"', `W/${etag}`, new Date(0).toUTCString()])
        expect((await get("digits.txt", { range: "bytes=5-", "if-range": other })).status).toBe(200);
    });
    test("a copy that is still good is 304", async () => {
      const { etag = "" } = (await get("digits.txt")).headers;
      const answer = await get("digits.txt", { "if-none-match": etag });
      expect([answer.status, answer.body.length]).toEqual([304, 0]);
    });
    test("a page of another origin may ask for a range", async () => {
      const answer = await get(
        "digits.txt",
        { origin: "https://page.example", "access-control-request-headers": "range" },
        "OPTIONS",
      );
      expect(answer.status).toBe(204);
      expect(answer.headers).toMatchObject({
        "access-control-allow-origin": "*",
        "access-control-allow-headers": expect.stringContaining("Range"),
      });
    });
  });

  describe("a stranger's file", () => {
    test("comes with every safety header, whatever the answer", async () => {
      for (const answer of [await get("digits.txt"), await get("none"), await get("digits.txt", { range: "bytes=99-" })])
        expect(answer.headers).toMatchObject({
          "x-content-type-options": "nosniff",
          "content-security-policy": "sandbox; default-src 'none'",
          "cross-origin-resource-policy": "cross-origin",
        });
    });
    test.each([
      ["a.png", "image/png", "inline"],
      ["a.JPG", "image/jpeg", "inline"],
      ["a.gif", "image/gif", "inline"],
      ["a.webp", "image/webp", "inline"],
    ])("%s is %s and may open in a tab", async (path, type, disposition) => {
      const { headers } = await stored(path);
      expect([headers["content-type"], headers["content-disposition"]]).toEqual([type, disposition]);
    });
    test.each([
      ["a.svg", "image/svg+xml"],
      ["a.pdf", "application/pdf"],
      ["a.csv", "text/csv; charset=utf-8"],
      ["a.html", "application/octet-stream"],
      ["a.htm", "application/octet-stream"],
      ["a.xhtml", "application/octet-stream"],
      ["a.xml", "application/octet-stream"],
      ["a.js", "application/octet-stream"],
      ["a.mjs", "application/octet-stream"],
      ["a.css", "application/octet-stream"],
      ["a.png.html", "application/octet-stream"],
      ["constructor", "application/octet-stream"],
      ["a.__proto__", "application/octet-stream"],
      ["png", "application/octet-stream"],
    ])("%s is %s and is saved, not opened", async (path, type) => {
      const { headers } = await stored(path);
      expect(headers["content-type"]).toBe(type);
      expect(headers["content-disposition"]).toMatch(/^attachment; /);
    });
    test("keeps its name, in ASCII for old clients and in full for others", async () => {
      const { headers } = await stored("sub/a\"ü b'(1).txt");
      expect(headers["content-disposition"]).toBe(
        `attachment; filename="a__ b'(1).txt"; filename*=UTF-8''a%22%C3%BC%20b%27%281%29.txt`,
      );
    });
  });
});
