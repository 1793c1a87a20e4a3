/** A place in a session, which is opened when something runs, and anew when it has ended; next: session.ts. */
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Server, Submission } from "../connection.ts";
import { Refusal } from "../refusal.ts";
import { Session, type Submitted } from "./session.ts";

const open = new Set<Session>();

let watching = false;

/** A page that is left closes what it kept. */
function closeWithPage(): void {
  if (watching) return;
  watching = true;
  addEventListener("pagehide", () => {
    for (const session of open) session.close();
  });
}

export interface Seated extends Submitted {
  readonly session: Session;
  /** An earlier session had ended: its variables are gone. */
  readonly restarted: boolean;
}

export class Seat {
  session: Session | undefined;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Throws Refusal or Away. */
  async submit(
    submission: Submission,
    signal: AbortSignal,
    said: (messages: readonly TranscriptMessage[]) => void,
  ): Promise<Seated> {
    const before = this.session;
    const session = this.#current();
    try {
      return { ...(await session.submit(submission, signal, said)), session, restarted: before?.over === true };
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "sessionClosed")) throw error;
      const next = this.#current();
      return { ...(await next.submit(submission, signal, said)), session: next, restarted: true };
    }
  }

  close(): void {
    if (!this.session) return;
    this.session.close();
    open.delete(this.session);
  }

  #current(): Session {
    if (this.session && !this.session.over) return this.session;
    if (this.session) open.delete(this.session);
    const fresh = new Session(this.#server);
    this.session = fresh;
    open.add(fresh);
    closeWithPage();
    return fresh;
  }
}
