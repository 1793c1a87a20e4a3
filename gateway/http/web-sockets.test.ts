/** WebSockets as clients meet them; next: clients.test.ts. */
import type { AddressInfo } from "node:net";
import express from "express";
import pino from "pino";
import { Registry } from "prom-client";
import WebSocket from "ws";
import { bounds } from "#gateway/http/bounds.ts";
import { identifyClients } from "#gateway/http/clients.ts";
import { problemHandler } from "#gateway/http/problems.ts";
import { requestLog } from "#gateway/http/request-log.ts";
import { makeServer, stopServer } from "#gateway/http/server.ts";
import { acceptWebSocket, sendBounded } from "#gateway/http/web-sockets.ts";
import { listen } from "#service/metrics.ts";

const log = pino({ level: "silent" });
const registry = new Registry();
const app = express();
app.use(requestLog({ log, registry }));
app.use(identifyClients({ secret: "s" }));
app.get("/echo", async (request, response) => {
  const socket = await acceptWebSocket(request, response, { protocols: ["second", "first"] });
  socket.on("message", (data: Buffer) => sendBounded(socket, data.toString()));
});
app.get("/plain", (_request, response) => void response.send("plain"));
app.use(problemHandler(log));

let server: ReturnType<typeof makeServer>;
let base = "";
beforeEach(async () => {
  server = makeServer(app);
  await listen(server, 0, "127.0.0.1");
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => stopServer(server, 50));

const open = (path: string, protocols: string[] = []) =>
  new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(`ws://${base}${path}`, protocols);
    socket.once("open", () => resolve(socket)).once("error", reject);
  });
const next = (socket: WebSocket, event: string) =>
  new Promise<unknown[]>((resolve) => socket.once(event, (...given: unknown[]) => resolve(given)));
const echo = async (socket: WebSocket, text: string) => {
  const answer = next(socket, "message");
  socket.send(text);
  return String((await answer)[0]);
};

describe("a WebSocket", () => {
  test("is taken by its route, and carries messages", async () => {
    const socket = await open("/echo");
    expect(await echo(socket, "hello")).toBe("hello");
  });
  test("speaks the best of the protocols that the client offers, or none", async () => {
    expect((await open("/echo", ["first", "second"])).protocol).toBe("second");
    expect((await open("/echo")).protocol).toBe("");
  });
  test("is logged and counted as one request that ended with 101", async () => {
    await open("/echo");
    expect(await registry.metrics()).toMatch(/status="101"/);
  });
  test("is told when the server stops", async () => {
    const socket = await open("/echo");
    const [closed] = await Promise.all([next(socket, "close"), stopServer(server, 1000)]);
    expect(closed[0]).toBe(1001);
    server = makeServer(app);
  });
  test("that sends a huge message is closed, and only it", async () => {
    const [socket, other] = [await open("/echo"), await open("/echo")];
    const closed = next(socket, "close");
    socket.send(Buffer.alloc(bounds.webSocketMessageBytesMax + 1));
    expect((await closed)[0]).toBe(1009);
    expect(await echo(other, "still here")).toBe("still here");
  });
  test("is refused beyond a client's share, and taken again once one has left", async () => {
    const all = await Promise.all(Array.from({ length: bounds.webSocketsPerClientMax }, () => open("/echo")));
    await expect(open("/echo")).rejects.toThrow("429");
    const [gone] = all as [WebSocket];
    const closed = next(gone, "close");
    gone.close();
    await closed;
    expect((await open("/echo")).readyState).toBe(WebSocket.OPEN);
  });
});

describe("an upgrade that no route takes", () => {
  test("is answered like any request", async () => {
    await expect(open("/plain")).rejects.toThrow("200");
    await expect(open("/nowhere")).rejects.toThrow("404");
  });
  test("to another protocol than WebSocket is an ordinary request", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve) => {
      const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" };
      request(`http://${base}/plain`, { headers }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(200);
  });
  test("a request that is no upgrade hears what the address speaks", async () => {
    const response = await fetch(`http://${base}/echo`);
    expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringContaining("WebSocket") });
  });
});
