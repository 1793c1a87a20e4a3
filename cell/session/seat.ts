/** A place in a session, which is opened when something runs, and anew when it has ended; and sessions that a computation leaves behind; next: session.ts. */
import type { TranscriptMessage } from "#protocol/messages.ts";
import type { Server, Submission } from "../connection.ts";
import { Refusal } from "../refusal.ts";
import { Session, type Submitted } from "./session.ts";

const open = new Set<Session>();

let watching = false;

/** A page that is left closes what it kept. */
function closeWithPage(session: Session): Session {
  open.add(session);
  session.lasting.addEventListener("abort", () => open.delete(session));
  if (watching) return session;
  watching = true;
  addEventListener("pagehide", () => {
    for (const one of open) one.close();
  });
  return session;
}

/** The session that this computation may leave behind. */
export function staying(server: Server, computation: string, said: (messages: readonly TranscriptMessage[]) => void): Session {
  return closeWithPage(Session.after(server, computation, said));
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
    this.session?.close();
  }

  #current(): Session {
    if (this.session && !this.session.over) return this.session;
    this.session = closeWithPage(new Session(this.#server));
    return this.session;
  }
}
