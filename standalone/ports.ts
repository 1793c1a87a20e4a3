/** Ports to listen at, known before the process that listens is started; next: programs.ts. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { StartRefused } from "#standalone/data-folder.ts";

/**
 * Below those from which systems take the port of an outgoing connection: such a one could have it when a process that died is started
 * again, and hold it for as long as it likes.
 */
const ownPorts = { first: 20_000, end: 30_000 };
const triesMax = 20;
/** One after the other, so that no two that nobody listens at yet are the same; from anywhere, so that two systems seldom meet. */
let last = randomInt(ownPorts.first, ownPorts.end);
const nextPort = (): number => {
  last = last + 1 < ownPorts.end ? last + 1 : ownPorts.first;
  return last;
};

/** `wanted`, or a free port for 0. Throws StartRefused, in words, when it is taken or may not be had. */
export const portFor = async (wanted: number, host: string, option: string): Promise<number> => {
  for (let tries = 1; ; tries++) {
    const port = wanted === 0 ? nextPort() : wanted;
    const error = await tryPort(port, host);
    if (!error) return port;
    const isTaken = error.code === "EADDRINUSE";
    if (wanted === 0 && isTaken && tries < triesMax) continue;
    const why = isTaken
      ? `Port ${port} of ${host} is taken by another program`
      : `Port ${port} of ${host} cannot be had (${error.code ?? error.message})`;
    throw new StartRefused(`${why}: end it, or choose another with --${option}.`);
  }
};

/** The error with which nobody could listen there now. */
const tryPort = (port: number, host: string): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
