/** Waiting for what was started, with a limit; and ports; next: programs.ts. */
import { get } from "node:http";
import { connect, createServer } from "node:net";
import { StartRefused } from "#standalone/data-folder.ts";

const pauseMs = 25;
const tryMs = 2_000;

/** Tries `check` until it holds; after `limitMs` throws what it said last, and StartRefused at once. */
export const waitUntil = async (what: string, limitMs: number, check: () => Promise<boolean>): Promise<void> => {
  let last = "";
  for (const until = Date.now() + limitMs; Date.now() < until; ) {
    try {
      if (await check()) return;
    } catch (error) {
      if (error instanceof StartRefused) throw error;
      last = `: ${(error as Error).message}`;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`${what} is not ready after ${limitMs / 1000} s${last}`);
};

export const answersHttp = (url: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const request = get(url, { timeout: tryMs, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy(new Error("no answer")));
    request.once("error", reject);
  });

export const acceptsConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: tryMs });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });

/** `wanted`, or a free port for 0. Throws StartRefused, in words, when it is taken or may not be had. */
export const portFor = (wanted: number, host: string, option: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? `Port ${wanted} of ${host} is taken by another program`
          : `Port ${wanted} of ${host} cannot be had (${error.code ?? error.message})`;
      reject(new StartRefused(`${why}: end it, or choose another with --${option}.`));
    });
    server.listen(wanted, host, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
