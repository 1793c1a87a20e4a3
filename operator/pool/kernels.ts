/** The edge to whatever makes kernels, and what a pool knows of one kernel; next: expectations.ts (what the edge does not show yet). */
import type { KernelStatus } from "#protocol/exec.ts";

/** What the edge knows: that a kernel exists. Whether it is idle or busy comes over NATS. Times in ms since 1970. */
export type ListedKernel = {
  id: string;
  revision: string;
  createdAt: number;
  phase: "running" | "leaving" | "dead";
  /** When it entered its phase. */
  since: number;
};

/** A create that was answered with no: certainly not done. */
export class Refused extends Error {
  override name = "Refused";
}

/**
 * At most six methods. A list may lag behind what was done. Errors of create, leave and destroy mean: perhaps done, perhaps not; but for Refused.
 */
export interface Kernels {
  list(): Promise<readonly ListedKernel[]>;
  create(kernel: { id: string; revision: string }): Promise<void>;
  /** Take no more, finish, exit: a kernel that is busy after all loses nothing. */
  leave(id: string): Promise<void>;
  /** At once, whatever it does. Resolves when it is told, and that cannot fail any more; it is listed until it is gone. */
  destroy(id: string): Promise<void>;
  /** Calls `look` whenever something may have changed; returns how to stop. */
  watch(look: () => void): () => void;
}

/** What decide sees of a kernel. */
export type PoolKernel = {
  id: string;
  revision: string;
  createdAt: number;
  /** starting: has not spoken yet. dead: its process is gone, what is left wants clearing away. */
  state: "starting" | "idle" | "busy" | "leaving" | "dead";
  since: number;
  freeSlots: number;
  served: number;
  /** Taken by one client for a session: no longer a member of the pool's stock, but it counts. */
  session: boolean;
  /** When it was last heard of; null: never. */
  heardAt: number | null;
};

/** The latest word of a kernel, with when it came and since when it says the same. */
export type HeardStatus = { status: KernelStatus; since: number; heardAt: number };

/** Takes a status message in; an older one that arrives later changes nothing. */
export const hear = (before: HeardStatus | undefined, status: KernelStatus, now: number): HeardStatus => {
  if (before && before.status.sequence >= status.sequence) return before;
  const same = before?.status.state === status.state;
  return { status, since: same ? before.since : now, heardAt: now };
};

/** What the edge lists and what the kernel says, as one. */
export const merge = (listed: ListedKernel, heard: HeardStatus | undefined): PoolKernel => {
  const base = { id: listed.id, revision: listed.revision, createdAt: listed.createdAt };
  const said = {
    freeSlots: heard?.status.freeSlots ?? 0,
    served: heard?.status.served ?? 0,
    session: heard?.status.session !== undefined,
    heardAt: heard?.heardAt ?? null,
  };
  if (listed.phase !== "running") return { ...base, ...said, state: listed.phase, since: listed.since };
  if (!heard) return { ...base, ...said, state: "starting", since: listed.createdAt };
  return { ...base, ...said, state: heard.status.state, since: heard.since };
};
