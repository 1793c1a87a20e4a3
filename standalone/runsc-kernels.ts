/** Kernels on one machine: an agent process each, with its sandbox below it; next: pool-service.ts. */
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Kernels, ListedKernel } from "#operator/pool/kernels.ts";
import { agentExit } from "#protocol/agent-exit.ts";
import { type DataFolder, openLog, writePrivate } from "#standalone/data-folder.ts";
import { credentialsPath } from "#standalone/leftovers.ts";
import { type Ended, endProcess, startProcess, type Watch } from "#standalone/processes.ts";
import type { Sandboxes, WayToKernel } from "#standalone/sandboxes.ts";

export type KernelsInput = {
  folder: DataFolder;
  sandboxes: Sandboxes;
  credential: (kernel: string) => Promise<string>;
  /** argv and environment of the agent of a kernel, of whom these are given. */
  agent: (own: { kernel: string; natsCredentialFile: string } & WayToKernel) => {
    argv: string[];
    environment: Record<string, string>;
  };
  watch: Watch;
  tell: (line: string) => void;
};

type Held = ListedKernel & { child: ChildProcess | undefined };

export class RunscKernels implements Kernels {
  readonly #input: KernelsInput;
  readonly #held = new Map<string, Held>();
  readonly #destroying = new Map<string, Promise<void>>();
  readonly #watchers = new Set<() => void>();

  constructor(input: KernelsInput) {
    this.#input = input;
    mkdirSync(credentialsPath(input.folder), { recursive: true, mode: 0o700 });
  }

  async list(): Promise<ListedKernel[]> {
    return [...this.#held.values()].map(({ child: _, ...listed }) => listed);
  }

  /** Process ids of the agents, by kernel. */
  agents(): { kernel: string; pid: number }[] {
    return [...this.#held.values()].flatMap(({ id, child }) =>
      child?.pid === undefined ? [] : [{ kernel: id, pid: child.pid }],
    );
  }

  async create({ id, revision }: { id: string; revision: string }): Promise<void> {
    const { folder, sandboxes, agent, watch } = this.#input;
    const now = Date.now();
    const held: Held = { id, revision, createdAt: now, phase: "running", since: now, child: undefined };
    this.#held.set(id, held);
    try {
      const natsCredentialFile = this.#credentialFile(id);
      writePrivate(natsCredentialFile, await this.#input.credential(id));
      if (this.#held.get(id) !== held || this.#destroying.has(id)) throw new Error("it was destroyed before it began");
      const { argv, environment } = agent({ kernel: id, natsCredentialFile, ...sandboxes.wayTo(id) });
      const output = openLog(folder, "agents");
      try {
        const { child, mark } = startProcess({ name: id, argv, environment, output }, (ended) => this.#gone(held, ended));
        held.child = child;
        watch.started(id, mark);
      } finally {
        closeSync(output);
      }
    } catch (error) {
      // Cleared away by the next pass, as any kernel whose process is gone.
      this.#turn(held, "dead");
      throw error;
    }
    this.#look();
  }

  async leave(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held?.phase !== "running") return;
    this.#turn(held, "leaving");
    held.child?.kill("SIGTERM");
    this.#look();
  }

  /** Asked twice at a time (by the pool and by a gateway), it is done once. */
  destroy(id: string): Promise<void> {
    const under = this.#destroying.get(id) ?? this.#destroy(id).finally(() => this.#destroying.delete(id));
    this.#destroying.set(id, under);
    return under;
  }

  async #destroy(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held?.child) await endProcess(held.child, 0);
    await this.#input.sandboxes.remove(id);
    rmSync(this.#credentialFile(id), { force: true });
    this.#held.delete(id);
    this.#look();
  }

  watch(look: () => void): () => void {
    this.#watchers.add(look);
    return () => this.#watchers.delete(look);
  }

  #credentialFile(id: string): string {
    return join(credentialsPath(this.#input.folder), `${id}.creds`);
  }

  #gone(held: Held, ended: Ended): void {
    const asked = held.phase === "leaving";
    this.#input.watch.ended(held.id, ended, -1);
    if (!asked && ended.code === agentExit.unfit && this.#input.sandboxes.distrust(held.id))
      this.#input.tell(
        "restored kernels are lost unused: their checkpoint is thrown away, the next kernels warm up by themselves",
      );
    held.child = undefined;
    this.#turn(held, "dead");
    this.#look();
  }

  #turn(held: Held, phase: Held["phase"]): void {
    held.phase = phase;
    held.since = Date.now();
  }

  #look(): void {
    for (const look of this.#watchers) look();
  }
}
