/** Requests that no honest client sends; next: openapi.test.ts. */
import { once } from "node:events";
import { connect } from "node:net";
import { bounds } from "#gateway/http/bounds.ts";
import { type AppServer, startApp, until } from "#test/app-server.ts";

let app: AppServer;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** Sends bytes as they are; resolves with all that came back until the server closed, or the head of its answer. */
async function raw(text: string | Buffer): Promise<string> {
  const socket = connect(app.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(text);
  await until(() => socket.closed || answer.includes("\r\n\r\n"), "an answer or the end");
  socket.destroy();
  return answer.split("\r\n")[0] ?? "";
}

/** POSTs until the answer is `status`, 5 s at most. */
async function eventually(status: number, body: unknown): Promise<Response> {
  for (const giveUp = Date.now() + 5000; ; ) {
    const response = await app.post("/v1/computations", body);
    if (response.status === status) return response;
    if (Date.now() > giveUp) throw new Error(`never answered ${status}, but ${response.status}`);
  }
}

/** A small seeded generator: a failing case can be run again by its number. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const isProblem = (response: Response) => response.headers.get("content-type") === "application/problem+json; charset=utf-8";

describe("odd requests", () => {
  test("ids of any kind are answered 4xx with a problem, never 500", async () => {
    const pieces = [
      "c",
      "s",
      "0",
      "z",
      "%00",
      "%2f",
      "%ff",
      "%",
      "..",
      ".",
      "__proto__",
      "constructor",
      "é",
      "%F0%9F%98%80",
      "'",
      "<",
      "0".repeat(25),
      " ",
    ];
    for (let seed = 1; seed <= 150; seed++) {
      const random = seeded(seed);
      const word = () =>
        Array.from({ length: 1 + Math.floor(random() * 4) }, () => pieces[Math.floor(random() * pieces.length)]).join("");
      const roots = ["/v1/computations/", "/v1/sessions/", "/files/"];
      const path = `${roots[seed % 3]}${word()}${["", "/messages", "/events", `/${word()}`][seed % 4]}`;
      const response = await app.get(path);
      const seen = { seed, path, problem: isProblem(response) && [400, 404, 405].includes(response.status) };
      expect(seen).toEqual({ seed, path, problem: true });
      await response.body?.cancel();
    }
  });
  test("JSON of any kind is 201 or a problem 4xx, never 500", async () => {
    const values = [null, true, -1, 1e308, "", "x", "\u0000", [], {}, [[]], { a: 1 }, "\udfff", "constructor", 0.1];
    const keys = [
      "code",
      "language",
      "timeoutSeconds",
      "files",
      "expressions",
      "sessionId",
      "allowInput",
      "toString",
      "constructor",
      "",
    ];
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed);
      const any = (depth: number): unknown =>
        random() < 0.3 && depth < 3
          ? { [keys[Math.floor(random() * keys.length)] ?? ""]: any(depth + 1), path: any(depth + 1), content: "x" }
          : random() < 0.2 && depth < 3
            ? [any(depth + 1), any(depth + 1)]
            : values[Math.floor(random() * values.length)];
      const body: Record<string, unknown> = seed % 2 ? { code: "1" } : {};
      for (let n = 0; n < 3; n++) body[keys[Math.floor(random() * keys.length)] ?? ""] = any(0);
      const response = await app.post("/v1/computations", body);
      const { status } = response;
      const expected = status === 201 || ([400, 404, 413].includes(status) && isProblem(response));
      expect({ seed, status, expected }).toEqual({ seed, status, expected: true });
      await response.body?.cancel();
    }
  });
  test.each([
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    ["two lengths", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400],
    [
      "length and chunks",
      "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a negative length", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n{}", 400],
    ["a bare NUL in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 400],
    ["too long a header", `GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(bounds.headerBytesMax)}\r\n\r\n`, 431],
    ["too long an address", `GET /${"a".repeat(bounds.headerBytesMax)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ["an absolute address", "GET http://other/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200],
    ["a tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", undefined],
    ["an unknown upgrade", "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", 200],
    [
      "a chunked body",
      "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      201,
    ],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01", 400],
  ])("%s", async (_what, text, status) => {
    const line = await raw(text);
    if (status === undefined) expect(line).toBe("");
    else expect(line).toContain(`HTTP/1.1 ${status} `);
    expect((await app.get("/healthz")).status).toBe(200);
  });
  test("a body that ends early, or never comes, frees what it held, and the server goes on", async () => {
    const half =
      "POST /v1/computations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n{";
    for (let n = 0; n < 40; n++) {
      const socket = connect(app.port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(half);
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
    // The broken connections are noticed one by one: their shares are free again after at most some tries.
    await eventually(201, { code: "", files: [{ path: "a", content: "x".repeat(4_000_000) }] });
  });
  test("more bodies at a time than there is room for are refused with 503", async () => {
    const half =
      "POST /v1/computations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 6200000\r\n\r\n{";
    const sockets = Array.from({ length: Math.ceil(bounds.bodiesBytesMax / 6_200_000) }, () => connect(app.port, "127.0.0.1"));
    for (const socket of sockets) {
      socket.on("error", () => {});
      socket.write(half);
    }
    const refused = await eventually(503, { code: "", files: [{ path: "a", content: "x".repeat(4_000_000) }] });
    expect(refused.headers.get("retry-after")).not.toBeNull();
    for (const socket of sockets) socket.destroy();
  });
  test("what a refused body's sender still sends is not read: the answer closes the connection", async () => {
    const line =
      "POST /v1/computations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99000000\r\n\r\n{";
    expect(await raw(line)).toContain("HTTP/1.1 413 ");
  });
});

describe("the server", () => {
  test("gives headers and bodies a time, and keeps connections longer than clients do", () => {
    expect(bounds.headersMs).toBeLessThan(bounds.requestMs);
    expect(bounds.keepAliveMs).toBeGreaterThan(60_000);
  });
});
