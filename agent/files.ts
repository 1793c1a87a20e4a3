/** Files between the filestore and the kernel: inputs fetched, outputs sent, each with the computation's grant; next: run.ts. */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline } from "node:stream/promises";
import { bounds } from "#agent/bounds.ts";
import { Spool } from "#agent/spool.ts";
import type { FileEntry } from "#protocol/computation.ts";
import type { ExecRequest } from "#protocol/exec.ts";
import { type FileArea, fileUrl, sha256Header } from "#protocol/files.ts";

/** Not worth another attempt: the filestore understood and said no. */
export class TransferRefused extends Error {
  override name = "TransferRefused";
}

type Grant = ExecRequest["grant"];
export type Transfer = { grant: Grant; computation: string; deadline: number };

const agents = {
  "http:": new HttpAgent({ keepAlive: true, maxSockets: 4 }),
  "https:": new HttpsAgent({ keepAlive: true, maxSockets: 4 }),
};

/** One attempt, which is cut off when it takes too long. */
type Attempt = { request?: ClientRequest };

/** Fetches an input whole, checked against its size and digest. The caller removes the spool. */
export async function fetchInput(transfer: Transfer, file: FileEntry, directory: string): Promise<Spool> {
  return attempts(transfer, async (attempt) => {
    const spool = new Spool(directory);
    try {
      const response = await open(transfer, "in", file.path, { method: "GET", attempt }, undefined);
      for await (const chunk of response as AsyncIterable<Buffer>) {
        await spool.write(chunk);
        if (spool.size > file.size) throw new TransferRefused(`the input has more than its ${file.size} bytes`);
      }
      if (spool.size !== file.size) throw new Error("the input came short");
      if (spool.sha256() !== file.sha256) throw new TransferRefused("the input has another digest");
      return spool;
    } catch (error) {
      await spool.remove();
      throw error;
    }
  });
}

/** Sends an output; again after a failure, which the filestore allows for the same path and digest. */
export async function sendOutput(transfer: Transfer, path: string, spool: Spool): Promise<void> {
  await attempts(transfer, async (attempt) => {
    const headers = {
      "content-length": spool.size,
      "content-type": "application/octet-stream",
      [sha256Header]: spool.sha256(),
    };
    const response = await open(transfer, "out", path, { method: "PUT", headers, attempt }, spool);
    response.resume();
  });
}

async function attempts<T>(transfer: Transfer, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    const left = transfer.deadline - Date.now();
    if (left <= 0) throw new Error("the time for files is over");
    const one: Attempt = {};
    const cut = () => one.request?.destroy(new Error("the filestore takes too long"));
    // No AbortSignal: its listeners and its timer, which outlives the answer, cost more than the rest of the attempt.
    const timer = setTimeout(cut, Math.min(left, bounds.transferMs));
    try {
      return await attempt(one);
    } catch (error) {
      if (error instanceof TransferRefused) throw error;
    } finally {
      clearTimeout(timer);
    }
    const pauseMs = Math.min(bounds.transferPauseMs * tried, bounds.transferPauseMsMax);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

type Call = { method: "GET" | "PUT"; headers?: Record<string, string | number>; attempt: Attempt };

/** Resolves with a response of status 2xx. A refusal (4xx, 507) is final, anything else may be tried again. */
async function open(
  { grant, computation }: Transfer,
  area: FileArea,
  path: string,
  call: Call,
  body: Spool | undefined,
): Promise<IncomingMessage> {
  const url = new URL(fileUrl(grant.url, computation, area, path));
  const secure = url.protocol === "https:";
  const options = {
    method: call.method,
    agent: agents[secure ? "https:" : "http:"],
    headers: { ...call.headers, authorization: `Bearer ${grant.token}` },
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = secure ? httpsRequest(url, options, resolve) : httpRequest(url, options, resolve);
    call.attempt.request = request;
    // For good, not once: one may follow the answer.
    request.on("error", reject);
    // An early answer (refused before the body is read) ends the pipeline with an error that says less than the answer.
    const bytes = body?.bytes();
    if (body && !bytes) pipeline(body.read(), request).catch(() => undefined);
    else request.end(bytes);
  });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  response.resume();
  if ((status >= 400 && status < 500 && status !== 408 && status !== 429) || status === 507)
    throw new TransferRefused(`the filestore answered ${status}`);
  throw new Error(`the filestore answered ${status}`);
}
