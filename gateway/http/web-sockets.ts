/** WebSockets: an upgrade goes the way of any request (log, client, token), then its handler takes the socket; next: server.ts. */
import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Express, Request, Response } from "express";
import { type WebSocket, WebSocketServer } from "ws";
import { bounds } from "#gateway/http/bounds.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { Failure } from "#protocol/failures.ts";

type Upgrade = { socket: Socket; head: Buffer; sockets: WebSockets };
const upgrades = new WeakMap<IncomingMessage, Upgrade>();
const ofServers = new WeakMap<Server, WebSockets>();

/** The WebSockets of one server. */
class WebSockets {
  readonly #accepting = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: bounds.webSocketMessageBytesMax,
    perMessageDeflate: false,
    // What a handler offers is chosen by `accept`, one protocol at most.
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  readonly #perClient = new Map<string, number>();
  readonly #unanswered = new WeakSet<WebSocket>();
  readonly #heartbeat = setInterval(() => this.#beat(), bounds.webSocketPingMs).unref();

  accept(request: Request, client: string, upgrade: Upgrade): Promise<WebSocket> {
    const ofClient = this.#perClient.get(client) ?? 0;
    if (ofClient >= bounds.webSocketsPerClientMax || this.#accepting.clients.size >= bounds.webSocketsMax)
      throw new Failure("tooMany", { detail: "Too many WebSockets are open." });
    return new Promise((resolve) => {
      this.#accepting.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
        this.#perClient.set(client, ofClient + 1);
        socket.once("close", () => this.#left(client));
        socket.on("pong", () => this.#unanswered.delete(socket));
        // A broken peer is no fault of ours; `close` follows.
        socket.on("error", () => {});
        resolve(socket);
      });
    });
  }

  #left(client: string): void {
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left > 0) this.#perClient.set(client, left);
    else this.#perClient.delete(client);
  }

  #beat(): void {
    for (const socket of this.#accepting.clients) {
      if (this.#unanswered.has(socket)) socket.terminate();
      else {
        this.#unanswered.add(socket);
        socket.ping();
      }
    }
  }

  /** Says goodbye; who does not answer within `graceMs` is cut off. */
  close(graceMs: number): void {
    clearInterval(this.#heartbeat);
    const clients = [...this.#accepting.clients];
    for (const socket of clients) socket.close(1001, "The server is stopping.");
    setTimeout(() => clients.forEach((socket) => void socket.terminate()), graceMs).unref();
  }
}

/** Lets the app answer upgrades like any GET: a handler either takes the socket by `acceptWebSocket` or answers over HTTP. */
export function serveUpgrades(server: Server, app: Express): void {
  const sockets = new WebSockets();
  ofServers.set(server, sockets);
  server.on("upgrade", (request, socket, head) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once("finish", () => socket.end());
    socket.on("error", () => {});
    upgrades.set(request, { socket: socket as Socket, head, sockets });
    app(request, response);
  });
}

export const closeWebSockets = (server: Server, graceMs: number): void => ofServers.get(server)?.close(graceMs);

/** Only a request with `Upgrade: websocket` leaves HTTP; to any other upgrade the answer is an ordinary one. */
export const isWebSocketRequest = (request: IncomingMessage): boolean =>
  /^websocket$/i.test(request.headers.upgrade ?? "") && request.method === "GET";

/**
 * Turns an upgrade request into its WebSocket. `protocols`: what is spoken here, best first; the first that the client offers is taken, and
 * a client that offers none gets none. Throws Failure invalid when the request is no upgrade, tooMany.
 */
export async function acceptWebSocket(
  request: Request,
  response: Response,
  options: { protocols?: readonly string[] } = {},
): Promise<WebSocket> {
  const upgrade = upgrades.get(request);
  if (!upgrade) throw new Failure("invalid", { detail: "This address speaks WebSocket: send Upgrade: websocket." });
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const chosen = options.protocols?.find((name) => offered.includes(name));
  if (chosen === undefined) delete request.headers["sec-websocket-protocol"];
  else request.headers["sec-websocket-protocol"] = chosen;
  const accepted = upgrade.sockets.accept(request, clientOf(response).id, upgrade);
  upgrades.delete(request);
  response.statusCode = 101;
  response.detachSocket(upgrade.socket);
  // The request ends here for the log and the metrics; what follows is the socket's.
  response.emit("close");
  return accepted;
}

/** Sends; a reader that lets too much pile up is cut off, so that memory stays bounded. It can come back and read on. */
export function sendBounded(socket: WebSocket, data: string | Uint8Array): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > bounds.webSocketBufferBytesMax) socket.terminate();
  else socket.send(data);
}
