/**
 * The part of SockJS 0.3 that browsers of today use: WebSocket, streaming and polling; next: sagecell.ts (which routes there are).
 *
 * Frames to the client: `o` once, `a["...",...]`, `h` now and then, `c[code,"reason"]` at the end.
 */
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { Failure } from "#protocol/failures.ts";

/** What speaks over a session, made when it opens. */
export type Speaker = { hear(text: string): void; close(): void };
/** Where frames go at this moment. `full`: it takes no more after this one, as polling. */
export type Outlet = { write(frame: string): "more" | "full"; end(): void };

export class SockJsSession {
  readonly #speaker: Speaker;
  readonly #over: () => void;
  #outlet: Outlet | undefined;
  #opened = false;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #closedWith: string | undefined;
  #alone: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(speakerOf: (send: (text: string) => void) => Speaker, over: () => void) {
    this.#over = over;
    this.#speaker = speakerOf((text) => this.#send(text));
  }

  /** Takes what follows; another outlet that is there already stays, and this one is told so. */
  attach(outlet: Outlet): void {
    if (this.#outlet || this.#closedWith !== undefined) {
      outlet.write(this.#closedWith ?? 'c[2010,"Another connection still open"]');
      outlet.end();
      return;
    }
    clearTimeout(this.#alone);
    this.#outlet = outlet;
    this.#heartbeat = setInterval(() => this.#write("h"), bounds.sockJsHeartbeatMs).unref();
    if (!this.#opened) {
      this.#opened = true;
      this.#write("o");
    }
    this.#flush();
  }

  /** The outlet's connection ended. */
  detach(outlet: Outlet): void {
    if (this.#outlet === outlet) this.#leaveOutlet();
  }

  /** The body of a client's message: a JSON array of texts, or one of them. Throws Failure invalid. */
  hear(body: string): void {
    for (const text of textsOf(body)) this.#speaker.hear(text);
  }

  close(code = 3000, reason = "Go away!"): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = `c${JSON.stringify([code, reason])}`;
    this.#outlet?.write(this.#closedWith);
    this.#outlet?.end();
    this.#leaveOutlet();
    clearTimeout(this.#alone);
    this.#speaker.close();
    this.#waiting = [];
    this.#over();
  }

  #leaveOutlet(): void {
    clearInterval(this.#heartbeat);
    this.#outlet = undefined;
    clearTimeout(this.#alone);
    this.#alone = setTimeout(() => this.close(), bounds.sockJsDisconnectMs).unref();
  }

  #send(text: string): void {
    if (this.#closedWith !== undefined) return;
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    if (this.#waitingBytes > bounds.sockJsBufferBytesMax) this.close(1009, "The reader is too slow.");
    else this.#flush();
  }

  #flush(): void {
    if (!this.#outlet || this.#waiting.length === 0) return;
    const frame = `a${JSON.stringify(this.#waiting)}`;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#write(frame);
  }

  #write(frame: string): void {
    const outlet = this.#outlet;
    if (!outlet || outlet.write(frame) === "more") return;
    this.#leaveOutlet();
    outlet.end();
  }
}

function textsOf(body: string): string[] {
  if (body === "") throw new Failure("invalid", { detail: "Payload expected." });
  try {
    const parsed: unknown = JSON.parse(body);
    const texts = Array.isArray(parsed) ? parsed : [parsed];
    if (texts.every((text) => typeof text === "string")) return texts;
  } catch {
    // Answered below, like any other body that is not what it should be.
  }
  throw new Failure("invalid", { detail: "Broken JSON encoding." });
}

/** The sessions of the transports that need more than one request. */
export class SockJsSessions {
  readonly #sessions = new Map<string, { session: SockJsSession; client: string }>();

  /** Undefined: not this client's, or there is none. */
  get(id: string, client: string): SockJsSession | undefined {
    const found = this.#sessions.get(id);
    return found?.client === client ? found.session : undefined;
  }

  /** Throws Failure tooMany. */
  open(id: string, client: string, speakerOf: (send: (text: string) => void) => Speaker): SockJsSession {
    const known = this.get(id, client);
    if (known) return known;
    let ofClient = 0;
    for (const entry of this.#sessions.values()) if (entry.client === client) ofClient++;
    if (
      this.#sessions.has(id) ||
      this.#sessions.size >= bounds.sockJsSessionsMax ||
      ofClient >= bounds.sockJsSessionsPerClientMax
    )
      throw new Failure("tooMany", { detail: "Too many connections are open." });
    const session = new SockJsSession(speakerOf, () => this.#sessions.delete(id));
    this.#sessions.set(id, { session, client });
    return session;
  }
}
