/** k6/ws, as far as the scripts use it: `connect` blocks until the socket is closed, and calls its listeners meanwhile; next: metrics.ts. */
import { next, say } from "#loadtest/adapter/k6/waiting.ts";
import type { WsEvent } from "#loadtest/adapter/service.ts";

type Listener = (value?: string) => void;

class Socket {
  readonly #listeners = new Map<string, Listener[]>();
  readonly #timers: { at: number; run: () => void }[] = [];

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }
  send(text: string): void {
    say({ order: "wsSend", text });
  }
  close(): void {
    say({ order: "wsClose" });
  }
  setTimeout(run: () => void, ms: number): void {
    this.#timers.push({ at: performance.now() + ms, run });
  }

  /** Hands on what comes until the socket is closed. */
  follow(): void {
    for (;;) {
      const due = Math.min(...this.#timers.map(({ at }) => at));
      const heard = next(Math.max(0, due - performance.now())) as WsEvent | undefined;
      if (heard) {
        for (const listener of this.#listeners.get(heard.event) ?? []) listener("text" in heard ? heard.text : undefined);
        if (heard.event === "close") return;
      }
      for (const timer of this.#timers.filter(({ at }) => at <= performance.now())) {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        timer.run();
      }
    }
  }
}

const ws = {
  connect: (url: string, params: { headers?: Record<string, string> }, use: (socket: Socket) => void) => {
    const socket = new Socket();
    use(socket);
    say({ order: "wsOpen", url, headers: params.headers ?? {} });
    socket.follow();
    return { status: 101 };
  },
};
export default ws;
