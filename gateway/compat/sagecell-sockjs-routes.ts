/** SockJS over HTTP: the addresses of its transports; next: sagecell-sockjs.ts (what a session is). */
import { randomInt } from "node:crypto";
import { type Request, type RequestHandler, type Response, Router } from "express";
import type { WebSocket } from "ws";
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import type { ChannelParts } from "#gateway/compat/sagecell-channel.ts";
import { SagecellConnection } from "#gateway/compat/sagecell-sockets.ts";
import { type Outlet, SockJsSession, SockJsSessions } from "#gateway/compat/sagecell-sockjs.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { traceOf } from "#gateway/http/computation-body.ts";
import { acceptWebSocket, sendBounded } from "#gateway/http/web-sockets.ts";
import { Failure } from "#protocol/failures.ts";

/** Mounted where SockJS begins. */
export function sockJsRoutes(parts: ChannelParts): Router {
  const router = Router();
  const sessions = new SockJsSessions();
  const traced = ({ headers }: Request): ChannelParts => ({ ...parts, ...traceOf(headers) });
  const sessionOf = (request: Request, response: Response): SockJsSession => {
    const client = clientOf(response);
    return sessions.open(idOf(request), client.id, (send) => new SagecellConnection(traced(request), client, send));
  };
  const info: RequestHandler = (_request, response) => {
    const entropy = randomInt(2 ** 32);
    response.set("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0");
    response.json({ websocket: true, cookie_needed: false, origins: ["*:*"], entropy });
  };
  const webSocket: RequestHandler = async (request, response) => {
    const socket = await acceptWebSocket(request, response);
    const client = clientOf(response);
    const session = new SockJsSession(
      (send) => new SagecellConnection(traced(request), client, send),
      () => socket.close(),
    );
    const outlet = outletOf(socket);
    socket.once("close", () => {
      session.detach(outlet);
      session.close();
    });
    hearSocket(socket, (text) => session.hear(text));
    session.attach(outlet);
  };
  /** Without SockJS' own frames: what scripts use. */
  const rawWebSocket: RequestHandler = async (request, response) => {
    const socket = await acceptWebSocket(request, response);
    const connection = new SagecellConnection(traced(request), clientOf(response), (text) => sendBounded(socket, text));
    socket.once("close", () => connection.close());
    hearSocket(socket, (text) => connection.hear(text));
  };
  const stream =
    (form: Form): RequestHandler =>
    (request, response) => {
      const session = sessionOf(request, response);
      response.set({ "Content-Type": form.type, "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no" });
      response.write(form.prelude);
      const outlet = streamOutlet(response, form);
      response.once("close", () => session.detach(outlet));
      session.attach(outlet);
    };
  const send: RequestHandler = async (request, response) => {
    const session = sessions.get(idOf(request), clientOf(response).id);
    if (!session) throw new Failure("notFound");
    session.hear(await bodyOf(request));
    response.status(204).type("text/plain; charset=UTF-8").end();
  };
  const words = "Welcome to SockJS!\n";
  router.get("/", (_request, response) => void response.type("text").send(words));
  router.get("/info", info);
  router.get("/websocket", rawWebSocket);
  router.get("/:server/:session/websocket", webSocket);
  router.post("/:server/:session/xhr", stream({ ...xhr, bytesMax: 0 }));
  router.post(
    "/:server/:session/xhr_streaming",
    stream({ ...xhr, prelude: `${"h".repeat(2048)}\n`, bytesMax: bounds.sockJsStreamBytesMax }),
  );
  router.get("/:server/:session/eventsource", stream(eventSource));
  router.post("/:server/:session/xhr_send", send);
  return router;
}

type Form = { type: string; prelude: string; frame: (text: string) => string; bytesMax: number };
const xhr: Form = { type: "application/javascript; charset=UTF-8", prelude: "", frame: (text) => `${text}\n`, bytesMax: 0 };
const eventSource: Form = {
  type: "text/event-stream; charset=UTF-8",
  prelude: "\r\n",
  // The frames hold JSON, which has no line ends.
  frame: (text) => `data: ${text}\r\n\r\n`,
  bytesMax: bounds.sockJsStreamBytesMax,
};

/** Ends after so many bytes, so that nothing on the way keeps an endless answer in memory; the client comes again. */
function streamOutlet(response: Response, form: Form): Outlet {
  let written = 0;
  return {
    write(frame) {
      const text = form.frame(frame);
      response.write(text);
      written += text.length;
      return written > form.bytesMax || frame.startsWith("c") ? "full" : "more";
    },
    end: () => void response.end(),
  };
}

const outletOf = (socket: WebSocket): Outlet => ({
  write(frame) {
    sendBounded(socket, frame);
    return "more";
  },
  end: () => socket.close(),
});

/** A message that is none ends the connection. */
export function hearSocket(socket: WebSocket, hear: (text: string) => void): void {
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (isBinary || data.length > bounds.messageBytesMax) return socket.close(1009);
    try {
      hear(data.toString("utf8"));
    } catch {
      socket.close(1008);
    }
  });
}

/** Session ids are the client's own; with another server number they are others. */
function idOf(request: Request): string {
  const { server, session } = request.params;
  if (!/^[^./]{1,100}$/.test(String(server)) || !/^[^./]{1,100}$/.test(String(session))) throw new Failure("notFound");
  return `${server}/${session}`;
}

async function bodyOf(request: Request): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > bounds.messageBytesMax) throw new Failure("tooLarge");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
