/** The processes that the supervisor starts, starts again with back-off when they die, and stops; next: leftovers.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { markOf, type ProcessMark } from "#standalone/process-table.ts";

export type Command = {
  name: string;
  argv: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** An open file for what it prints: no pipe of ours that could break or fill. */
  output: number;
};
export type Ended = { code: number | null; signal: NodeJS.Signals | null; livedMs: number };

/** Dies with us even when we are killed: the kernel sends it SIGKILL at our death. */
const diesWithUs = ["setpriv", "--pdeathsig", "KILL", "--"] as const;

const backOff = { firstMs: 200, lastMs: 10_000, resetMs: 30_000 };

/** One child. `started` and `gone` tell the caller, who keeps the record of what runs. */
export const startProcess = (
  command: Command,
  gone: (ended: Ended) => void,
): { child: ChildProcess; mark: ProcessMark | undefined } => {
  const argv = [...diesWithUs, ...command.argv];
  const [program, ...args] = argv;
  const at = Date.now();
  // A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops the others in order.
  const child = spawn(program ?? "", args, {
    detached: true,
    env: { ...command.environment },
    stdio: ["pipe", command.output, command.output],
  });
  // Its standard input stays open as long as we live; that it dies first is no error of ours.
  child.stdin?.on("error", () => undefined);
  let told = false;
  const tell = (code: number | null, signal: NodeJS.Signals | null) => {
    if (told) return;
    told = true;
    gone({ code, signal, livedMs: Date.now() - at });
  };
  child.once("error", () => tell(127, null));
  child.once("exit", tell);
  return { child, mark: child.pid === undefined ? undefined : markOf(child.pid, argv) };
};

export type Watch = {
  started: (name: string, mark: ProcessMark | undefined) => void;
  ended: (name: string, ended: Ended, againMs: number) => void;
};

/** Keeps one process alive: one that dies is started again after a pause that doubles, jittered, 10 s at most. */
export class Keeper {
  readonly command: Command;
  readonly #watch: Watch;
  #child: ChildProcess | undefined;
  #mark: ProcessMark | undefined;
  #stopping = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  restarts = -1;

  constructor(command: Command, watch: Watch) {
    this.command = command;
    this.#watch = watch;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.#stopping) return;
    this.restarts += 1;
    const { child, mark } = startProcess(this.command, (ended) => this.#gone(ended));
    this.#child = child;
    this.#mark = mark;
    this.#watch.started(this.command.name, mark);
  }

  #gone(ended: Ended): void {
    this.#child = undefined;
    this.#failures = ended.livedMs > backOff.resetMs ? 0 : this.#failures + 1;
    const full = Math.min(backOff.lastMs, backOff.firstMs * 2 ** Math.min(this.#failures, 10));
    const pause = Math.round(full / 2 + Math.random() * (full / 2));
    this.#watch.ended(this.command.name, ended, this.#stopping ? -1 : pause);
    if (!this.#stopping) this.#timer = setTimeout(() => this.start(), pause);
  }

  /** SIGTERM, and SIGKILL after `graceMs`; then it is started as after any death. */
  async restart(graceMs: number): Promise<void> {
    if (this.#child) await endProcess(this.#child, graceMs);
  }

  /** SIGTERM, and SIGKILL after `graceMs`; resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#child) await endProcess(this.#child, graceMs);
  }

  get mark(): ProcessMark | undefined {
    return this.#child ? this.#mark : undefined;
  }
}

/** Ends a child of ours: asked first, killed after `graceMs`. */
export const endProcess = (child: ChildProcess, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
    const late = setTimeout(() => child.kill("SIGKILL"), graceMs);
    child.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
    child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
  });
