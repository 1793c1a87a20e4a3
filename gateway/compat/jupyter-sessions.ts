/** Jupyter's sessions: a kernel under a path, kept in this gateway's memory only; next: jupyter-clients.ts. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import type { JupyterKernel, KernelModel } from "#gateway/compat/jupyter-kernel.ts";
import type { JupyterKernels, Owner } from "#gateway/compat/jupyter-kernels.ts";
import { Failure } from "#protocol/failures.ts";

const text = z.string().max(1024);
const kernel = z.object({ id: text.nullish(), name: text.nullish() });
export const sessionBody = z.object({
  path: text.nullish(),
  name: text.nullish(),
  type: text.nullish(),
  kernel: kernel.nullish(),
  kernel_name: text.nullish(),
  kernel_id: text.nullish(),
});
export type SessionBody = z.infer<typeof sessionBody>;

type Session = { id: string; path: string; name: string; type: string; kernel: JupyterKernel; owner: string };
export type SessionModel = {
  id: string;
  path: string;
  name: string;
  type: string;
  kernel: KernelModel;
  notebook: { path: string; name: string };
};

export class JupyterSessions {
  readonly #kernels: JupyterKernels;
  readonly #sessions = new Map<string, Session>();

  constructor(kernels: JupyterKernels) {
    this.#kernels = kernels;
  }

  /** `listed`: whoever has this name is one and the same, so a path that has a session keeps it. */
  async start(who: Owner & { listed: boolean }, body: SessionBody): Promise<SessionModel> {
    const own = this.#of(who.owner);
    const path = body.path ?? randomUUID();
    const known = who.listed ? own.find((session) => session.path === path && !session.kernel.dead) : undefined;
    if (known) return model(known);
    if (own.length >= bounds.sessionsPerOwnerMax || this.#sessions.size >= bounds.sessionsMax)
      throw new Failure("tooMany", { detail: "You have too many sessions here." });
    const id = randomUUID();
    const { name, type } = body;
    const session = {
      id,
      path,
      name: name ?? "",
      type: type ?? "notebook",
      kernel: await this.#kernel(who, body),
      owner: who.owner,
    };
    this.#sessions.set(id, session);
    return model(session);
  }

  /** Throws Failure notFound. Another kernel takes the place of the one that it had, which ends. */
  async change(id: string, who: Owner, body: SessionBody): Promise<SessionModel> {
    const session = this.#get(id);
    session.path = body.path ?? session.path;
    session.name = body.name ?? session.name;
    session.type = body.type ?? session.type;
    const { kernel: before } = session;
    const wanted = body.kernel?.id ?? body.kernel_id;
    if ((wanted && wanted !== before.id) || (!wanted && (body.kernel?.name ?? body.kernel_name))) {
      session.kernel = await this.#kernel(who, body);
      await this.#kernels.end(before);
    }
    return model(session);
  }

  get(id: string): SessionModel {
    return model(this.#get(id));
  }

  listOf(owner: string): SessionModel[] {
    return this.#of(owner).map(model);
  }

  async end(id: string): Promise<void> {
    const { kernel: ofSession } = this.#get(id);
    this.#sessions.delete(id);
    await this.#kernels.end(ofSession);
  }

  #get(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new Failure("notFound", { detail: "There is no such session." });
    return session;
  }

  /** Those whose kernel is gone are gone too. */
  #of(owner: string): Session[] {
    for (const [id, session] of this.#sessions) if (session.kernel.dead) this.#sessions.delete(id);
    return [...this.#sessions.values()].filter((session) => session.owner === owner);
  }

  #kernel(who: Owner, { kernel: wanted, kernel_id, kernel_name }: SessionBody): Promise<JupyterKernel> {
    const id = wanted?.id ?? kernel_id;
    return id ? this.#kernels.get(id, who) : this.#kernels.start(who, wanted?.name ?? kernel_name);
  }
}

const model = ({ id, path, name, type, kernel: ofSession }: Session): SessionModel => ({
  id,
  path,
  name,
  type,
  kernel: ofSession.model(),
  notebook: { path, name },
});
