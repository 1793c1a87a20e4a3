/** The kernels that this gateway knows; the ledger knows the others, by their ids; next: jupyter-routes.ts. */
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { JupyterKernel, type KernelParts } from "#gateway/compat/jupyter-kernel.ts";
import { kernelIdOf, ofKernelId, type Spec, specOf } from "#gateway/compat/jupyter-kernelspecs.ts";
import type { Client } from "#gateway/core.ts";
import { Failure } from "#protocol/failures.ts";

/** `owner`: under whose name a kernel is listed (jupyter-clients.ts). */
export type Owner = { client: Client; owner: string };
type Known = Owner & { kernel: JupyterKernel };

export class JupyterKernels {
  readonly #parts: KernelParts;
  readonly #known = new Map<string, Known>();
  readonly #sought = new Map<string, Promise<JupyterKernel>>();

  constructor(parts: KernelParts) {
    this.#parts = parts;
    setInterval(() => this.sweep(Date.now()), bounds.sweepMs).unref();
  }

  /** Throws Failure notFound for a name that is not served here, tooMany, unavailable. */
  async start(who: Owner, name: string | null | undefined): Promise<JupyterKernel> {
    const spec = specOf(name);
    if (!spec) throw new Failure("notFound", { detail: `There is no kernel called ${String(name).slice(0, 100)} here.` });
    this.#mayHaveMore(who);
    const { id: session } = await this.#parts.sessions.open(who.client);
    return this.#know({ place: session, session, spec, fresh: true }, who);
  }

  /** Throws Failure notFound. */
  async get(id: string, who: Owner): Promise<JupyterKernel> {
    const known = this.#known.get(id);
    if (known) return known.kernel;
    const seeking = this.#sought.get(id) ?? this.#seek(id, who).finally(() => this.#sought.delete(id));
    this.#sought.set(id, seeking);
    return seeking;
  }

  listOf(owner: string): JupyterKernel[] {
    return [...this.#known.values()].filter((known) => known.owner === owner).map(({ kernel }) => kernel);
  }

  get size(): number {
    return this.#known.size;
  }

  async end(kernel: JupyterKernel): Promise<void> {
    this.#known.delete(kernel.id);
    await kernel.end();
  }

  /** Forgets what nobody uses. */
  sweep(now: number): void {
    for (const [id, { kernel }] of this.#known) {
      if (!kernel.isUnused(now, kernel.dead ? bounds.awayMs : bounds.unusedKernelMs)) continue;
      this.#known.delete(id);
      kernel.stop();
    }
  }

  /** One of another gateway's, or of this one before it was started anew. */
  async #seek(id: string, who: Owner): Promise<JupyterKernel> {
    const place = ofKernelId(id);
    if (!place) throw new Failure("notFound", { detail: "There is no such kernel." });
    const first = await this.#parts.sessions.state(place.session);
    const { id: session, state } = first.successor ? await this.#parts.sessions.state(first.successor) : first;
    if (state === "closed") throw new Failure("notFound", { detail: "The kernel is gone." });
    this.#mayHaveMore(who);
    return this.#know({ place: place.session, session, spec: place.spec, fresh: false }, who);
  }

  #know(of: { place: string; session: string; spec: Spec; fresh: boolean }, who: Owner): JupyterKernel {
    const id = kernelIdOf(of.place, of.spec);
    const kernel = new JupyterKernel({ ...of, id }, this.#parts);
    kernel.onShutdown = () => this.end(kernel);
    this.#known.set(id, { kernel, client: who.client, owner: who.owner });
    return kernel;
  }

  #mayHaveMore(who: Owner): void {
    const isFull = () =>
      this.listOf(who.owner).length >= bounds.kernelsPerOwnerMax ||
      this.#ofClient(who.client.id) >= bounds.kernelsPerClientMax ||
      this.size >= bounds.kernelsMax;
    if (!isFull()) return;
    for (const kernel of this.listOf(who.owner).filter(({ dead }) => dead)) this.#known.delete(kernel.id);
    if (this.size >= bounds.kernelsMax) throw new Failure("full", { detail: "Too many kernels are known here." });
    if (isFull()) throw new Failure("tooMany", { detail: `One client may have ${bounds.kernelsPerOwnerMax} kernels here.` });
  }

  #ofClient(client: string): number {
    return [...this.#known.values()].filter((known) => known.client.id === client).length;
  }
}
