/** How much a session may say beside its computations, over its whole life; next: desk.ts. */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";

export class SessionOutput {
  #messages = 0;
  #bytes = 0;

  /** Counts one more message; throws when it is one too many. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (++this.#messages > bounds.sessionMessagesMax || this.#bytes > bounds.sessionBytesMax)
      throw new KernelFault("it exceeded a session's output", { kind: "outputLimit", words: "The session printed too much." });
  }
}
