/** Everybody who listens to one kernel, and who may come back; next: jupyter-kernel.ts. */
import type { WebSocket } from "ws";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { type LostNotice, Outlet, Packed } from "#gateway/compat/jupyter-outlet.ts";
import type { Format, Message } from "#gateway/compat/jupyter-wire.ts";
import { Failure } from "#protocol/failures.ts";

export class Audience {
  readonly #lostNotice: LostNotice;
  #outlets: Outlet[] = [];

  constructor(lostNotice: LostNotice) {
    this.#lostNotice = lostNotice;
  }

  get connections(): number {
    return this.#outlets.filter(({ connected }) => connected).length;
  }

  /** Throws Failure tooMany where no more may listen. Call it before the socket is accepted. */
  mayConnect(clientSession: string | undefined): void {
    this.sweep(Date.now());
    if (this.#known(clientSession) || this.#outlets.length < bounds.outletsMax) return;
    const gone = this.#outlets.findIndex(({ connected }) => !connected);
    if (gone < 0) throw new Failure("tooMany", { detail: "Too many connections to this kernel are open." });
    this.#outlets.splice(gone, 1);
  }

  /** The outlet of this client session as it was, with what it missed; or a new one. */
  connect(socket: WebSocket, of: { clientSession: string | undefined; format: Format }): Outlet {
    const known = this.#known(of.clientSession);
    const outlet = known ?? new Outlet(of.clientSession, this.#lostNotice);
    if (!known) this.#outlets.push(outlet);
    outlet.attach(socket, of.format);
    return outlet;
  }

  leave(outlet: Outlet, socket: WebSocket): void {
    if (outlet.detach(socket) && outlet.clientSession === undefined) this.#forget(outlet);
  }

  /** To everybody. */
  broadcast(message: Message): void {
    const packed = new Packed(message);
    for (const outlet of this.#outlets) outlet.put(packed);
  }

  async room(): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.room()));
  }

  sweep(now: number): void {
    for (const outlet of [...this.#outlets])
      if (outlet.awaySince !== undefined && now - outlet.awaySince > bounds.awayMs) this.#forget(outlet);
  }

  close(code: number, reason: string): void {
    for (const outlet of this.#outlets) outlet.close(code, reason);
  }

  #known(clientSession: string | undefined): Outlet | undefined {
    return clientSession === undefined ? undefined : this.#outlets.find((one) => one.clientSession === clientSession);
  }

  #forget(outlet: Outlet): void {
    this.#outlets = this.#outlets.filter((one) => one !== outlet);
  }
}
