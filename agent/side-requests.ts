/** What a session asks beside its computations (complete, inspect, comm): passed on, answered within 10 s; next: desk.ts. */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";
import type { Kernel } from "#agent/kernel.ts";
import type { SideReply, SideRequest } from "#protocol/exec.ts";

type Waiting = { resolve: (reply: SideReply) => void; timer: NodeJS.Timeout };

export class SideRequests {
  readonly #kernel: Kernel;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Always resolves: with the kernel's reply or with one of status `error`. */
  ask(request: SideRequest): Promise<SideReply> {
    if (this.#waiting.size >= bounds.sideRequestsMax) return Promise.resolve(failed(request, "too many requests at a time"));
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(failed(request, "the kernel did not answer in time"));
      }, bounds.sideRequestMs);
      this.#waiting.set(id, { resolve, timer });
      this.#kernel.send({ type: "request", id, msg_type: request.msg_type, content: request.content });
    });
  }

  /** A reply to what was never asked is a fault; one that comes too late is dropped. */
  reply(id: number, reply: SideReply): void {
    if (id < 1 || id > this.#lastId) throw new KernelFault("a reply to no request");
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(reply);
  }
}

export function failed(request: SideRequest, why: string): SideReply {
  return {
    msg_type: request.msg_type.replace(/_request$/, "_reply"),
    content: { status: "error", ename: "KernelUnavailable", evalue: why, traceback: [] },
  };
}
