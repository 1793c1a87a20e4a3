/** The real filestore app on a free port, and a plain HTTP client that sends exactly what it is told; next: the tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { filestoreApp } from "#filestore/app.ts";
import type { Blobs } from "#filestore/blobs.ts";
import { openBlobs } from "#filestore/open.ts";
import { encodePath, type FileArea, type GrantClaims, storedFiles } from "#protocol/files.ts";
import { makeGrant } from "#service/file-grants.ts";
import { makeLog } from "#service/log.ts";
import { listen, makeRegistry } from "#service/metrics.ts";

export const filestoreSecretForTests = "s".repeat(43);

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };
export type Call = { method?: string; headers?: Record<string, string>; body?: Buffer | string | AsyncIterable<Buffer> };

/** `path` goes out as it is, dots, percent signs and all. */
export async function call(base: string, path: string, { method = "GET", headers = {}, body }: Call = {}): Promise<Answer> {
  const { hostname, port } = new URL(base);
  const options: RequestOptions = { hostname, port, path, method, headers, agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(options, async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      } catch (error) {
        reject(error);
      }
    });
    sent.on("error", reject);
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) sent.end(body);
    else pipeline(Readable.from(body), sent).catch(reject);
  });
}

export async function startFilestore(options: { uploadsMax?: number; idleMs?: number; blobs?: (blobs: Blobs) => Blobs } = {}) {
  const root = mkdtempSync(join(tmpdir(), "sandcell-filestore-"));
  const clock = { now: 1_000_000 };
  const life = async () => {
    const opened = await openBlobs(`disk:${root}`, { freeBytesMin: 0 });
    const app = filestoreApp({
      blobs: options.blobs?.(opened) ?? opened,
      secret: filestoreSecretForTests,
      now: () => clock.now,
      log: makeLog("filestore", "silent"),
      registry: makeRegistry("filestore"),
      uploadsMax: options.uploadsMax ?? 64,
      idleMs: options.idleMs ?? 10_000,
    });
    const server = createServer(app);
    await listen(server, 0, "127.0.0.1");
    return server;
  };
  let server = await life();
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const grant = (computation: string, more: Partial<GrantClaims> = {}) =>
    `Bearer ${makeGrant(filestoreSecretForTests, {
      computation,
      right: "out",
      filesMax: 100,
      bytesMax: 10_000_000,
      expiresAt: clock.now + 1000,
      ...more,
    })}`;
  const pathOf = (computation: string, path: string, area: FileArea = "out") =>
    `/computations/${computation}/${area}/${encodePath(path)}`;
  return {
    root,
    clock,
    url,
    grant,
    pathOf,
    call: (path: string, options?: Call) => call(url(), path, options),
    /** PUTs with a grant; `more` overrides. */
    put: (computation: string, path: string, more: Call & { authorization?: string; area?: FileArea }) =>
      call(url(), pathOf(computation, path, more.area), {
        method: "PUT",
        ...more,
        headers: { authorization: more.authorization ?? grant(computation), ...more.headers },
      }),
    restart: async () => {
      await close();
      server = await life();
    },
    stop: async () => {
      await close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
export type TestFilestore = Awaited<ReturnType<typeof startFilestore>>;

/** What a computation has, in the words of the filestore itself. */
export async function listOf(store: TestFilestore, computation: string) {
  const authorization = store.grant(computation, { right: "manage" });
  const answer = await store.call(`/computations/${computation}`, { headers: { authorization } });
  return storedFiles.parse(JSON.parse(String(answer.body))).files;
}
