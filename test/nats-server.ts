/** A real nats-server for one test: its own port, its own data, killed and started at will; next: the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { portFor } from "#standalone/ports.ts";

export type NatsUser = { user: string; password: string; permissions?: { publish: string[]; subscribe: string[] } };
export type NatsServer = {
  url: string;
  port: number;
  /** The url with a user's name and password in it. */
  urlFor: (user: string) => string;
  /** SIGKILL; resolves when the process is gone. */
  kill: () => Promise<void>;
  start: () => Promise<void>;
  restart: () => Promise<void>;
  /** SIGSTOP and SIGCONT, for a server that hangs. */
  freeze: () => void;
  thaw: () => void;
  pid: () => number | undefined;
  stop: () => Promise<void>;
};

export const natsServerPath =
  process.env["SANDCELL_NATS_SERVER_PATH"] ?? join(homedir(), ".cache/sandcell/bin/nats-server-2.15.1");

export const freePort = (): Promise<number> => portFor(0, "127.0.0.1", "port");

/**
 * Without `users` everybody may do everything; with them the first is usually `service`, with no permissions set. `settings` are further
 * ones of the server's configuration.
 */
export async function startNatsServer(options: { users?: NatsUser[]; settings?: object } = {}): Promise<NatsServer> {
  const directory = mkdtempSync(join(tmpdir(), "sandcell-nats-"));
  const port = await freePort();
  const users = options.users ?? [];
  const config = {
    listen: `127.0.0.1:${port}`,
    jetstream: { store_dir: join(directory, "jetstream") },
    ...(users.length > 0 ? { authorization: { users } } : {}),
    ...options.settings,
  };
  writeFileSync(join(directory, "nats.conf"), JSON.stringify(config));
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn(natsServerPath, ["-c", join(directory, "nats.conf")], { stdio: "ignore" });
    await answering(port);
  };
  const end = (signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    urlFor: (user) => `nats://${user}:${users.find((u) => u.user === user)?.password}@127.0.0.1:${port}`,
    kill: () => end("SIGKILL"),
    start,
    restart: async () => {
      await end("SIGKILL");
      await start();
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    pid: () => child?.pid,
    stop: async () => {
      await end("SIGTERM");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until something listens on the port, 10 s at most. */
export async function answering(port: number): Promise<void> {
  for (const giveUp = Date.now() + 10_000; ; ) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connectSocket(port, "127.0.0.1");
      socket.once("data", () => resolve(true)).once("error", () => resolve(false));
      socket.once("data", () => socket.destroy());
    });
    if (open) return;
    if (Date.now() > giveUp) throw new Error(`nats-server does not answer on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
