/** The folder of everything that must outlive a restart: its parts, its lock, its secrets; next: process-table.ts. */
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

/** Something a person can do something about: shown as it is, without a stack. */
export class StartRefused extends Error {
  override name = "StartRefused";
}

export type DataFolder = {
  path: string;
  /** Names what belongs to this folder where names are shared with others (cgroups, the lock): 12 hex digits. */
  mark: string;
  natsPath: string;
  filesPath: string;
  databasePath: string;
  logsPath: string;
  secretsPath: string;
  /** What runs now: process marks, credentials and runsc's state; worth nothing once nothing runs. */
  runPath: string;
};

export const openDataFolder = (path: string): DataFolder => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const real = realpathSync(path);
  const folder = {
    path: real,
    mark: createHash("sha256").update(real).digest("hex").slice(0, 12),
    natsPath: join(real, "nats"),
    filesPath: join(real, "files"),
    databasePath: join(real, "database"),
    logsPath: join(real, "log"),
    secretsPath: join(real, "secrets"),
    runPath: join(real, "run"),
  };
  for (const part of [folder.natsPath, folder.filesPath, folder.databasePath, folder.logsPath])
    mkdirSync(part, { recursive: true });
  for (const part of [folder.secretsPath, folder.runPath]) {
    mkdirSync(part, { recursive: true, mode: 0o700 });
    chmodSync(part, 0o700);
  }
  return folder;
};

/**
 * One supervisor a folder. The lock is a name that the system frees by itself when its holder dies, however it dies; so no stale
 * lock is left by a kill. Throws StartRefused when another holds it.
 */
export const lockDataFolder = async (folder: DataFolder): Promise<() => Promise<void>> => {
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new StartRefused(`Another Sandcell already runs on ${folder.path}: stop it, or give another folder with --data.`)
          : error,
      ),
    );
    server.listen(`\0sandcell-data-${folder.mark}`, resolve);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
};

/** Written whole or not at all, readable by us alone. */
export const writePrivate = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

/** A secret that is made once and kept: 0600 in a 0700 folder. */
export const keptSecret = (
  folder: DataFolder,
  name: string,
  make: () => string = () => randomBytes(32).toString("hex"),
): string => {
  const path = join(folder.secretsPath, name);
  if (!existsSync(path)) writePrivate(path, make());
  return readFileSync(path, "utf8");
};

const logBytesMax = 16 * 1024 * 1024;

/** Opens a process's log for appending. */
export const openLog = (folder: DataFolder, name: string): number => openSync(join(folder.logsPath, `${name}.log`), "a", 0o600);

/** A log beyond 16 MiB starts anew, its last state kept beside it. Whoever has it open goes on writing at its new end. */
export const trimLogs = (folder: DataFolder): void => {
  for (const name of readdirSync(folder.logsPath)) {
    const path = join(folder.logsPath, name);
    if (!name.endsWith(".log") || statSync(path).size <= logBytesMax) continue;
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
  }
};
