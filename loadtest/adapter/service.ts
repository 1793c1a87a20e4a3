/** Input and output for a user's thread, which waits for each answer; next: user-thread.ts. */
import WebSocket from "ws";

export type HttpOrder = {
  order: "http";
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
  timeoutMs: number;
};
export type Order =
  | HttpOrder
  | { order: "wsOpen"; url: string; headers: Record<string, string> }
  | { order: "wsSend"; text: string }
  | { order: "wsClose" };
export type HttpAnswer = { status: number; body: string; headers: Record<string, string>; ms: number; error: string };
export type WsEvent = { event: "open" | "close" } | { event: "message" | "error"; text: string };

/** Takes orders one at a time; `answer` wakes the thread. */
export function serve(answer: (value: HttpAnswer | WsEvent) => void): (order: Order) => Promise<void> {
  let socket: WebSocket | undefined;
  return async (order) => {
    if (order.order === "http") return answer(await ask(order));
    if (order.order === "wsSend") return socket?.send(order.text);
    if (order.order === "wsClose") return socket?.close();
    socket = new WebSocket(order.url, { headers: order.headers });
    socket.on("open", () => answer({ event: "open" }));
    socket.on("message", (data: Buffer) => answer({ event: "message", text: data.toString() }));
    socket.on("error", (error) => answer({ event: "error", text: String(error) }));
    socket.on("close", () => answer({ event: "close" }));
  };
}

async function ask({ method, url, headers, body, timeoutMs }: HttpOrder): Promise<HttpAnswer> {
  const begun = performance.now();
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method, headers, body: body ?? null, signal, redirect: "follow" });
    const text = await response.text();
    const ms = performance.now() - begun;
    return { status: response.status, body: text, headers: Object.fromEntries(response.headers), ms, error: "" };
  } catch (error) {
    return { status: 0, body: "", headers: {}, ms: performance.now() - begun, error: String(error) };
  }
}
