/** The edge to what stands between user code and this machine: gVisor, (unsafe) nothing, or no user code at all; next: gvisor-sandboxes.ts. */

/** How an agent comes to its kernel, in the names of the agent's settings. */
export type WayToKernel =
  /** argv that the agent runs, frames on its standard input and output. */
  | { kernelCommand: string[] }
  /** A unix socket that is there already. */
  | { kernelSocket: string };

export interface Sandboxes {
  /** Names all that a sandbox is made of: another revision means the running ones are outdated. */
  readonly revision: string;
  /** Before the first one: what makes later ones quick. Not being able to is no error, only slower. */
  prepare(tell: (line: string) => void): Promise<void>;
  /** The kernel for one agent. Makes what must be there before. */
  wayTo(kernel: string): WayToKernel;
  /** The file in which the system counts its kills for want of memory; undefined: there is no such wall. */
  memoryEventsPath(kernel: string): string | undefined;
  /** All processes inside a kernel's wall. */
  pids(kernel: string): number[];
  /** Destroys what an agent started there, whatever it does, and confirms that it is gone. */
  remove(kernel: string): Promise<void>;
  /** It was lost unused: a checkpoint from which that comes again is thrown away (true), so that the next ones warm up by themselves. */
  distrust(kernel: string): boolean;
  /** Kernels of which anything is left, also from an earlier run. */
  list(): Promise<string[]>;
  /** Removes what there still is; nothing may be left: no mount, no group, no state. */
  close(): Promise<void>;
}
