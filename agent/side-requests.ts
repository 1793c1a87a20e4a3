/**
 * What a session asks beside its computations (complete, inspect, comm): passed on, and always answered; next: desk.ts.
 *
 * The kernel answers one after the other. The one in front has a time limit, that of the session where its answer runs users'
 * functions; then it is interrupted, and a kernel that does not even answer that is destroyed.
 */
import { bounds } from "#agent/bounds.ts";
import { KernelFault } from "#agent/frames.ts";
import type { Kernel } from "#agent/kernel.ts";
import { runsUserCode, type SideReply, type SideRequest } from "#protocol/exec.ts";

type Waiting = {
  request: SideRequest;
  resolve: (reply: SideReply) => void;
  patience: NodeJS.Timeout | undefined;
  late: boolean;
};
export type SideOptions = {
  kernel: Kernel;
  /** Of the session's last computation. */
  wallMs: () => number;
  /** A computation runs: what is asked waits for its end. */
  busy: () => boolean;
};

export class SideRequests {
  readonly #options: SideOptions;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SideOptions) {
    this.#options = options;
  }

  /** Always resolves: with the kernel's reply or with one of status `error`. */
  ask(request: SideRequest): Promise<SideReply> {
    if (this.#waiting.size >= bounds.sideRequestsMax) return Promise.resolve(failed(request, "too many requests at a time"));
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const giveUp = () => resolve(failed(request, "the kernel did not answer in time"));
      const patience = runsUserCode(request.msg_type) ? undefined : setTimeout(giveUp, bounds.sideRequestMs);
      this.#waiting.set(id, { request, resolve, patience, late: false });
      this.#options.kernel.send({ type: "request", id, msg_type: request.msg_type, content: request.content });
      if (this.#waiting.size === 1) this.#watch();
    });
  }

  /** A reply to what was never asked is a fault; one that comes too late is dropped. */
  reply(id: number, reply: SideReply): void {
    if (id < 1 || id > this.#lastId) throw new KernelFault("a reply to no request");
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.patience);
    const words = `Stopped at its time limit of ${this.#limitMs(waiting.request) / 1000} s.`;
    waiting.resolve(waiting.late ? { ...failed(waiting.request, words), saidUpTo: reply.saidUpTo } : reply);
    this.#watch();
  }

  /** As Ctrl-C to what runs because of the one in front. */
  interrupt(): void {
    if (this.#waiting.size > 0) this.#options.kernel.send({ type: "interruptRequests" });
  }

  /** The kernel is gone. */
  end(): void {
    clearTimeout(this.#timer);
    for (const { request, resolve, patience } of this.#waiting.values()) {
      clearTimeout(patience);
      resolve(failed(request, "the session is closed"));
    }
    this.#waiting.clear();
  }

  #limitMs({ msg_type }: SideRequest): number {
    return runsUserCode(msg_type) ? this.#options.wallMs() : bounds.sideRequestMs;
  }

  /** The time of the one in front begins now. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [front] = this.#waiting.values();
    if (front) this.#timer = setTimeout(() => this.#over(front), this.#limitMs(front.request));
  }

  #over(front: Waiting): void {
    if (this.#options.busy()) this.#watch();
    else if (front.late) this.#options.kernel.destroy(new KernelFault("it did not stop what was asked of it"));
    else {
      front.late = true;
      this.interrupt();
      this.#timer = setTimeout(() => this.#over(front), bounds.wallGraceMs);
    }
  }
}

export function failed(request: SideRequest, why: string): SideReply {
  return {
    msg_type: request.msg_type.replace(/_request$/, "_reply"),
    content: { status: "error", ename: "KernelUnavailable", evalue: why, traceback: [] },
  };
}
