// One maker at a time: a named lock that ends with the process that holds it, so that no stale one can exist. Next: steps.mjs.
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";

const waitMsMax = 3_600_000;
const pauseMs = 50;

/** An abstract socket: the kernel gives its name to one process, and takes it back when that process dies, however it dies. */
const addressOf = (path) => `\0sandcell-${createHash("sha256").update(path).digest("hex").slice(0, 24)}`;

const listen = (address) =>
  new Promise((taken, failed) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(`${process.pid}\n`);
    });
    server.once("error", (error) => (error.code === "EADDRINUSE" ? taken(null) : failed(error)));
    server.listen(address, () => taken(server.unref()));
  });

/** Ends when the holder lets go or dies; `onHolder` hears its process id. */
const waitForHolder = (address, onHolder, msMax) =>
  new Promise((gone) => {
    const socket = connect(address);
    const tooLong = setTimeout(() => socket.destroy(), msMax);
    socket.once("data", (data) => onHolder(Number(data)));
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(tooLong);
      gone();
    });
  });

/**
 * Runs `work` while holding the lock of `path` (no file is made). Waits for another holder, of whom `onHolder` is told the process id.
 * Throws when the wait exceeds `waitMs`.
 */
export const withLock = async (path, work, { onHolder = () => {}, waitMs = waitMsMax } = {}) => {
  const address = addressOf(path);
  const deadline = Date.now() + waitMs;
  let server = await listen(address);
  while (!server) {
    if (Date.now() >= deadline) throw new Error(`another process works on ${path} for more than ${waitMs / 1000} s`);
    await waitForHolder(address, onHolder, deadline - Date.now());
    await new Promise((later) => setTimeout(later, pauseMs));
    server = await listen(address);
  }
  const watchers = new Set();
  server.on("connection", (socket) => watchers.add(socket.on("close", () => watchers.delete(socket))));
  try {
    return await work();
  } finally {
    for (const socket of watchers) socket.destroy();
    await new Promise((closed) => server.close(closed));
  }
};
