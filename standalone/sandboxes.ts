/** The edge to what stands between user code and this machine: gVisor, or (unsafe) nothing; next: gvisor-sandboxes.ts. */

export interface Sandboxes {
  /** Names all that a sandbox is made of: another revision means the running ones are outdated. */
  readonly revision: string;
  /** Before the first one: what makes later ones quick. Not being able to is no error, only slower. */
  prepare(tell: (line: string) => void): Promise<void>;
  /** The argv that the kernel's agent runs, frames on its standard input and output. Makes what must be there before. */
  command(kernel: string): string[];
  /** Destroys what that command started, whatever it does, and confirms that it is gone. */
  remove(kernel: string): Promise<void>;
  /** It was lost unused: a checkpoint from which that comes again is thrown away (true), so that the next ones warm up by themselves. */
  distrust(kernel: string): boolean;
  /** Kernels of which anything is left, also from an earlier run. */
  list(): Promise<string[]>;
  /** Removes what there still is; nothing may be left: no mount, no group, no state. */
  close(): Promise<void>;
}
