// How the installer runs other programs: they end with it, and when they fail their last words are shown. Next: lock.mjs.
import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const lastLinesMax = 30;
const askMsMax = 20_000;

/** The full path of a program on PATH, or null. */
export const findProgram = (name) => {
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not here: the next folder
    }
  }
  return null;
};

/** What a program prints to a short question like --version, or null when it cannot be run. */
export const ask = (program, args) => {
  try {
    return execFileSync(program, args, { encoding: "utf8", timeout: askMsMax, stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
};

/**
 * Runs a program to its end, calling `onLine` with each line of its output. Throws with its last lines when it fails.
 * setpriv (util-linux, on every Debian) ends it when we are killed: otherwise the next start would find it still at work.
 */
export const run = (command, { onLine = () => {}, ...options } = {}) =>
  new Promise((done, failed) => {
    const tied = findProgram("setpriv") ? ["setpriv", "--pdeathsig", "TERM", "--", ...command] : command;
    const child = spawn(tied[0], tied.slice(1), { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const last = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        last.push(line);
        if (last.length > lastLinesMax) last.shift();
        onLine(line);
      });
    child.once("error", failed);
    child.once("close", (code, signal) =>
      code === 0
        ? done()
        : failed(new Error(`${command.slice(0, 3).join(" ")} ended with ${signal ?? code}:\n${last.join("\n")}`)),
    );
  });
