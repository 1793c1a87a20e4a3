/** Is an idle kernel still there? Asked every five seconds; next: serve.ts. */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";
import type { Kernel } from "#agent/kernel.ts";

export class Heartbeat {
  /** As the kernel last said. */
  memoryBytes = 0;
  readonly #kernel: Kernel;
  #id = 0;
  /** The first is due at once: it tells the memory. */
  #at = 0;
  #answered = true;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** To be called often while the kernel is idle, `idleSince` then; destroys it when it was silent for too long. */
  beat(now: number, idleSince: number): void {
    if (!this.#answered) {
      // A kernel that waits for us to read on cannot answer.
      if (this.#kernel.reading) this.#at = now;
      if (now - Math.max(this.#at, idleSince) > bounds.pongMs) this.#kernel.destroy(new KernelFault("it does not answer"));
      return;
    }
    if (now - this.#at < bounds.pingMs) return;
    this.#at = now;
    this.#answered = false;
    this.#kernel.send({ type: "ping", id: ++this.#id });
  }

  pong(id: number, memoryBytes: number): void {
    if (id !== this.#id || this.#answered) throw new KernelFault("a pong to no ping");
    this.#answered = true;
    this.memoryBytes = Math.max(0, memoryBytes);
  }
}
