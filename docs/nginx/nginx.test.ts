/** The sample configuration, run by the real nginx; next: cost.ts. */
import { symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { WebSocket, WebSocketServer } from "ws";
import { newComputation } from "#filestore/blobs-contract.ts";
import { listen } from "#service/metrics.ts";
import { call, startFilestore, type TestFilestore } from "#test/filestore.ts";
import { type Nginx, startNginx } from "#test/nginx.ts";

/** More than all sockets' buffers on the way hold. */
const longBytes = 128 * 1024 * 1024;

/** Stands for a gateway: says who asks, streams in steps that the test takes, echoes WebSockets. */
class Upstream {
  readonly server: Server = createServer((request, response) => {
    this.seen.push(request);
    if (request.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: first\n\n");
      this.next = () => response.write("data: second\n\n");
      this.finish = () => response.end("data: last\n\n");
    } else if (request.url === "/long") {
      const long = async function* (this: Upstream) {
        for (this.produced = 0; this.produced < longBytes; this.produced += 65_536) yield Buffer.alloc(65_536);
      };
      pipeline(long.call(this), response).catch(() => {});
    } else if (request.method === "POST") {
      let bytes = 0;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        this.received(bytes);
      });
      request.on("end", () => response.end(String(bytes)));
    } else response.writeHead(200, { "content-type": "text/plain", "x-from": "gateway" }).end(request.url);
  });
  readonly seen: IncomingMessage[] = [];
  produced = 0;
  next = () => {};
  finish = () => {};
  received: (bytes: number) => void = () => {};
  readonly sockets = new WebSocketServer({ server: this.server });

  constructor() {
    this.sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${data}`)));
  }
  get port() {
    return (this.server.address() as AddressInfo).port;
  }
}

describe("nginx with the sample configuration", () => {
  let store: TestFilestore;
  let nginx: Nginx;
  const upstream = new Upstream();
  let cid: string;
  beforeAll(async () => {
    store = await startFilestore();
    await listen(upstream.server, 0, "127.0.0.1");
    nginx = await startNginx([
      ["127.0.0.1:8080", `127.0.0.1:${upstream.port}`],
      ["127.0.0.1:8081", `127.0.0.1:${upstream.port}`],
      ["/var/lib/sandcell/files", store.root],
      ["server_name sandcell.example.org", "server_name sandcell.example.org 127.0.0.1"],
    ]);
    cid = newComputation();
    await store.put(cid, "digits.txt", { body: "0123456789" });
  }, 300_000);
  afterAll(async () => {
    await nginx.stop();
    upstream.sockets.close();
    upstream.server.closeAllConnections();
    upstream.server.close();
    await store.stop();
  });
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    call(nginx.url, `/files/${cid}/${path}`, { method, headers });
  const fromFilestore = (path: string, headers: Record<string, string> = {}) =>
    store.call(store.pathOf(cid, path), { headers });

  describe("in front of a gateway", () => {
    test("an event arrives before the next exists", async () => {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request(`${nginx.url}/events`, { agent: false }, resolve).on("error", reject).end();
      });
      const events: string[] = [];
      for await (const chunk of response) {
        events.push(String(chunk));
        // The stream goes on only after each event was here.
        if (events.length === 1) upstream.next();
        if (events.length === 2) upstream.finish();
      }
      expect(events).toEqual(["data: first\n\n", "data: second\n\n", "data: last\n\n"]);
    });
    test("a reader that stops reading stops the gateway, instead of filling nginx's disk", async () => {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request(`${nginx.url}/long`, { agent: false }, resolve).on("error", reject).end();
      });
      response.pause();
      let before = -1;
      for (let still = 0, looks = 0; still < 20 && looks < 1000; looks++) {
        still = upstream.produced === before ? still + 1 : 0;
        before = upstream.produced;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(upstream.produced).toBeLessThan(longBytes);
      response.destroy();
    });
    test("an upload reaches the gateway while it is being sent", async () => {
      let reached = () => {};
      const firstPart = new Promise<void>((resolve) => (reached = resolve));
      upstream.received = () => reached();
      const body = (async function* () {
        yield Buffer.alloc(1000);
        await firstPart;
        yield Buffer.alloc(1000);
      })();
      const answer = await call(nginx.url, "/v1/computations", { method: "POST", body });
      expect(String(answer.body)).toBe("2000");
    });
    test("a WebSocket is upgraded and carries both ways", async () => {
      const socket = new WebSocket(`${nginx.url.replace("http", "ws")}/socket`);
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      const answer = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
      socket.send("hello");
      expect(await answer).toBe("echo hello");
      socket.close();
    });
    test("bodies up to 16 MiB pass, larger ones are refused", async () => {
      const post = (bytes: number) => call(nginx.url, "/v1/computations", { method: "POST", body: Buffer.alloc(bytes) });
      expect(String((await post(16 * 1024 * 1024)).body)).toBe(String(16 * 1024 * 1024));
      const refused = await call(nginx.url, "/v1/computations", {
        method: "POST",
        headers: { "content-length": `${16 * 1024 * 1024 + 1}` },
        body: "",
      }).then(
        (answer) => answer.status,
        () => 413,
      );
      expect(refused).toBe(413);
    });
    test("the gateway hears the client's true address and name of the server, not what the client claims", async () => {
      await call(nginx.url, "/who", { headers: { "x-forwarded-for": "192.0.2.1", host: "sandcell.example.org" } });
      expect(upstream.seen.at(-1)?.headers).toMatchObject({
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        host: "sandcell.example.org",
      });
    });
    test("connections to the gateway are kept", async () => {
      const ports = new Set<number | undefined>();
      for (let i = 0; i < 5; i++) {
        await call(nginx.url, "/again");
        ports.add(upstream.seen.at(-1)?.socket.remotePort);
      }
      expect(ports.size).toBe(1);
    });
  });

  describe("serving files", () => {
    test("gives an output with the very headers of the filestore", async () => {
      const [direct, own] = [await get("digits.txt"), await fromFilestore("digits.txt")];
      expect([direct.status, String(direct.body)]).toEqual([200, "0123456789"]);
      for (const name of Object.keys(own.headers).filter(
        (n) => !["date", "connection", "keep-alive", "content-disposition"].includes(n),
      ))
        expect([name, direct.headers[name]]).toEqual([name, own.headers[name]]);
      expect(direct.headers["content-disposition"]).toBe("attachment");
    });
    test.each([
      "a.png",
      "a.JPG",
      "a.gif",
      "a.webp",
      "a.svg",
      "a.pdf",
      "a.csv",
      "a.json",
      "a.html",
      "a.htm",
      "a.xhtml",
      "a.xml",
      "a.js",
      "a.css",
      "a.png.html",
      "png",
      "a.mp4",
    ])("%s has the type and disposition that the filestore gives it", async (path) => {
      await store.put(cid, path, { body: "x" });
      const [direct, own] = [await get(path), await fromFilestore(path)];
      expect(direct.headers["content-type"]).toBe(own.headers["content-type"]);
      expect(direct.headers["content-disposition"]).toBe(own.headers["content-disposition"]?.split(";")[0]);
    });
    test.each(["bytes=0-3", "bytes=5-", "bytes=-2", "bytes=8-100", "bytes=0-1,3-4", "nonsense"])(
      "answers %s as the filestore does",
      async (range) => {
        const [direct, own] = [await get("digits.txt", { range }), await fromFilestore("digits.txt", { range })];
        expect([direct.status, String(direct.body), direct.headers["content-range"]]).toEqual([
          own.status,
          String(own.body),
          own.headers["content-range"],
        ]);
      },
    );
    test("goes on with a download that the filestore began, and the other way round", async () => {
      const tags = [(await get("digits.txt")).headers.etag ?? "", (await fromFilestore("digits.txt")).headers.etag ?? ""];
      expect(tags[0]).toBe(tags[1]);
      for (const tag of tags)
        for (const ask of [get, fromFilestore]) {
          expect((await ask("digits.txt", { range: "bytes=5-", "if-range": tag })).status).toBe(206);
          expect((await ask("digits.txt", { "if-none-match": tag })).status).toBe(304);
        }
    });
    test("finds names in any script, with spaces and percent signs", async () => {
      await store.put(cid, "sub/ü 100%.csv", { body: "x" });
      expect((await get("sub/%C3%BC%20100%25.csv")).status).toBe(200);
    });
    test.each([
      ["what is not there", () => get("none")],
      ["a folder", () => get("sub")],
      ["a range behind the end", () => get("digits.txt", { range: "bytes=10-" })],
      ["another method", () => get("digits.txt", {}, "OPTIONS")],
      ["an id that is none", () => call(nginx.url, "/files/c1/digits.txt")],
    ])("leaves %s to the gateway", async (_, ask) => {
      const answer = await ask();
      expect([answer.headers["x-from"], upstream.seen.at(-1)?.url?.startsWith("/files/")]).toEqual(["gateway", true]);
    });
    test("never gives an input, a link, an unfinished upload or anything outside", async () => {
      await store.put(cid, "secret", { body: "secret", area: "in", authorization: store.grant(cid, { right: "in" }) });
      const place = join(store.root, cid.slice(-2), cid, "out");
      writeFileSync(join(store.root, ".sandcell-uploads/half"), "secret");
      symlinkSync(join(place, "../in/secret"), join(place, "link"));
      symlinkSync(join(place, "../in"), join(place, "folder"));
      const paths = ["../in/secret", "%2e%2e/in/secret", "..%2fin%2fsecret", "x/../../in/secret", "link", "folder/secret"];
      const answers = await Promise.all([
        ...paths.map((path) => get(path)),
        call(nginx.url, "/files/.sandcell-uploads/half"),
        call(nginx.url, "/files/../.sandcell-uploads/half"),
        call(nginx.url, `/files/${cid}//etc/passwd`),
      ]);
      for (const answer of answers) {
        expect(answer.headers["x-from"] === "gateway" || answer.status >= 400).toBe(true);
        expect(String(answer.body)).not.toBe("secret");
      }
    });
    test("answers no path with a line end or NUL in it", async () => {
      for (const path of ["a%0d%0aSet-Cookie:x=1", "a%00b"]) {
        const answer = await get(path);
        expect(answer.headers["set-cookie"]).toBeUndefined();
        expect(answer.headers["x-from"] === "gateway" || answer.status >= 400).toBe(true);
      }
    });
  });

  describe("after all of this", () => {
    test("its log has nothing but the refusals that were asked for", () => {
      const asked =
        /is a directory|disable_symlinks|too large body|Too many levels of symbolic links|is forbidden|Not a directory/i;
      const lines = nginx
        .error()
        .split("\n")
        .filter((line) => line !== "" && !asked.test(line));
      expect(lines).toEqual([]);
    });
  });
});
