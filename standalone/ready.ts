/** Waiting for what was started, with a limit; next: ports.ts. */
import { get } from "node:http";
import { connect } from "node:net";
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
