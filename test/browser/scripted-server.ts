/** A server of the interface whose computations follow a script: real HTTP on loopback, the gateway's own page and frame; next: chromium.ts. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import express, { type Express, type Response } from "express";
import { pino } from "pino";
import { Registry } from "prom-client";
import { frameApp } from "#gateway/http/frame-app.ts";
import { staticFiles } from "#gateway/http/static.ts";
import type { KernelMessage } from "#protocol/messages.ts";
import { type ScriptedSessions, scriptedSessions } from "./scripted-sessions.ts";

export type Outcome = {
  kind: string;
  message: string;
  files: { path: string; size: number; sha256: string; text?: string }[];
  sessionId?: string;
};
export type Step =
  | { say: KernelMessage | KernelMessage[] }
  /** Goes on when the test calls `release`, or when input or a cancel comes. */
  | { until: string }
  | { place: number }
  | { end: Outcome };
export const ok: Step = { end: { kind: "ok", message: "", files: [] } };

export interface Scripted {
  readonly url: string;
  readonly frameUrl: string;
  /** By the submitted code. */
  readonly scripts: Map<string, Step[]>;
  readonly submitted: {
    code: string;
    key: string;
    language?: string;
    timeoutSeconds?: number;
    sessionId?: string;
    mayStay?: boolean;
    traceparent?: string | undefined;
  }[];
  readonly sessions: ScriptedSessions;
  /** Computations that somebody stopped, by their code. */
  readonly cancelled: string[];
  readonly inputs: string[];
  /** What `/v1/settings` says. */
  settings: Record<string, unknown>;
  /** Kept under link1, link2, … */
  readonly links: { code: string; language?: string; controls?: unknown }[];
  readonly resumedFrom: string[];
  /** Answers the next requests so, before anything else is looked at. */
  readonly refusals: { path: RegExp; status: number; body: Record<string, unknown> }[];
  /** `repeats`: event streams begin at message 1 whatever the reader has. `stubborn`: a first cancel is only heard. */
  readonly quirks: { repeats: boolean; stubborn: boolean };
  /** Files by path, and pages by address. */
  readonly files: Map<string, string | Buffer>;
  release(name: string): void;
  dropConnections(): void;
  /** The address answers nothing any more until `back()`. */
  away(): Promise<void>;
  back(): Promise<void>;
  stop(): Promise<void>;
}

interface Run {
  code: string;
  /** Widgets that it leaves behind make its kernel a session. */
  mayStay: boolean;
  messages: (KernelMessage & { number: number })[];
  state: "queued" | "running" | "finished";
  position: number | undefined;
  outcome: (Outcome & { lastNumber: number }) | undefined;
  cancelled: boolean;
}

export const dist = fileURLToPath(new URL("../../cell/dist/", import.meta.url));

export async function startScripted(): Promise<Scripted> {
  const runs = new Map<string, Run>();
  const waiting = new Map<string, () => void>();
  const released = new Set<string>();
  const changed = new Set<() => void>();
  const streams = new Set<Response>();
  const app = express();
  const frames = await listen(
    createServer(frameApp({ directory: dist, log: pino({ level: "silent" }), registry: new Registry() })),
  );
  const frameUrl = addressOf(frames);
  let server = await listen(createServer(app));
  const { port } = server.address() as AddressInfo;
  const scripted: Scripted = {
    url: addressOf(server),
    frameUrl,
    scripts: new Map(),
    submitted: [],
    sessions: scriptedSessions(),
    cancelled: [],
    inputs: [],
    settings: { version: "0", frameOrigin: frameUrl, linkKeepDays: 30 },
    links: [],
    resumedFrom: [],
    refusals: [],
    quirks: { repeats: false, stubborn: false },
    files: new Map(),
    release(name) {
      released.add(name);
      waiting.get(name)?.();
    },
    dropConnections() {
      for (const stream of streams) stream.destroy();
    },
    async away() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async back() {
      server = await listen(createServer(app), port);
    },
    async stop() {
      for (const one of [server, frames]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
  const tell = () => {
    for (const listener of changed) listener();
  };
  const ended = (run: Run, end: Outcome) => {
    const stays = run.mayStay && /^(ok|error)$/.test(end.kind) && run.messages.some(({ msg_type }) => msg_type === "comm_open");
    run.outcome = { ...end, lastNumber: run.messages.length, ...(stays && { sessionId: scripted.sessions.open() }) };
  };
  const play = async (run: Run, steps: Step[]) => {
    for (const step of steps) {
      if (run.cancelled) break;
      if ("say" in step) {
        run.state = "running";
        for (const message of [step.say].flat()) run.messages.push({ number: run.messages.length + 1, ...message });
      } else if ("place" in step) {
        run.state = "queued";
        run.position = step.place;
      } else if ("until" in step) {
        tell();
        if (!released.has(step.until)) await new Promise<void>((go) => waiting.set(step.until, go));
        run.state = "running";
      } else ended(run, step.end);
      tell();
    }
    run.state = "finished";
    if (!run.outcome) ended(run, { kind: run.cancelled ? "cancelled" : "ok", message: "", files: [] });
    tell();
  };
  const page = (run: Run, since: number) => ({
    messages: run.messages.slice(since),
    state: run.state,
    position: run.state === "queued" ? run.position : undefined,
    outcome: run.outcome ?? null,
    complete: run.outcome !== undefined,
  });
  const cancel = (run: Run) => {
    const heard = scripted.cancelled.push(run.code);
    if (heard === 1 && scripted.quirks.stubborn) return;
    run.cancelled = true;
    for (const go of waiting.values()) go();
  };

  refuseFirst(app, scripted);
  app.use("/v1", (_request, response, next) => {
    response.set({
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Last-Event-ID, traceparent",
    });
    response.set("Access-Control-Allow-Methods", "GET, POST, DELETE");
    next();
  });
  app.get("/v1/settings", (_request, response) => void response.json(scripted.settings));
  app.post("/v1/links", express.json(), (request, response) => {
    const id = `link${scripted.links.push(request.body)}`;
    response.status(201).json({ id, page: `/#link=${id}` });
  });
  app.get("/v1/links/:id", (request, response) => {
    const kept = scripted.links[Number(request.params.id.slice("link".length)) - 1];
    if (kept) response.json(kept);
    else response.status(404).json({ detail: "This server keeps no link of this name (any more)." });
  });
  scripted.sessions.serve(app);
  app.post("/v1/computations", express.json({ limit: "5mb" }), (request, response) => {
    const [key, traceparent] = [request.get("idempotency-key") ?? "", request.get("traceparent")];
    scripted.submitted.push({ ...request.body, key, traceparent });
    const { code, sessionId, mayStay = false } = request.body;
    if (sessionId !== undefined && scripted.sessions.isOver(sessionId)) {
      response.status(409).json({ status: 409, code: "sessionClosed", title: "The session is closed: open a new one." });
      return;
    }
    const id = `c${String(runs.size + 1).padStart(25, "0")}`;
    const run: Run = {
      code,
      mayStay,
      messages: [],
      state: "queued",
      position: undefined,
      outcome: undefined,
      cancelled: false,
    };
    runs.set(id, run);
    void play(run, scripted.scripts.get(code) ?? [ok]);
    response.status(201).json({ id, state: "queued", links: {} });
  });
  app.use("/v1/computations/:id", (request, response, next) => {
    const run = runs.get(request.params.id);
    if (!run) return void response.status(404).json({ title: "There is no such computation." });
    response.locals.run = run;
    next();
  });
  app.delete("/v1/computations/:id", (_request, response) => {
    const run = response.locals.run as Run;
    if (run.outcome) return void response.status(409).json({ status: 409, code: "alreadyFinished", title: "It has finished." });
    cancel(run);
    response.status(202).json({});
  });
  app.get("/v1/computations/:id", (_request, response) => {
    response.json({ outcome: (response.locals.run as Run).outcome ?? null });
  });
  app.post("/v1/computations/:id/input", express.json(), (request, response) => {
    scripted.inputs.push(request.body.value);
    scripted.release("input");
    response.status(202).json({});
  });
  app.get("/v1/computations/:id/messages", async (request, response) => {
    const run = response.locals.run as Run;
    const since = Number(request.query.since ?? 0);
    if (!run.outcome && run.messages.length <= since) await nextChange(changed, Number(request.query.wait ?? 0) * 1000);
    response.json(page(run, since));
  });
  app.get("/v1/computations/:id/events", async (request, response) => {
    const run = response.locals.run as Run;
    let since = scripted.quirks.repeats ? 0 : Number(request.get("last-event-id") ?? 0);
    scripted.resumedFrom.push(request.get("last-event-id") ?? "");
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    streams.add(response);
    response.once("close", () => streams.delete(response));
    while (!response.destroyed) {
      const { messages, state, position, outcome, complete } = page(run, since);
      if (!complete) response.write(`event: state\ndata: ${JSON.stringify({ state, position })}\n\n`);
      for (const message of messages)
        response.write(`id: ${message.number}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`);
      since += messages.length;
      if (complete) {
        response.end(`id: outcome\nevent: outcome\ndata: ${JSON.stringify({ state, outcome, complete })}\n\n`);
        return;
      }
      await nextChange(changed, 5000);
    }
  });
  app.get("/files/:id/*path", (request, response) => {
    const file = scripted.files.get((request.params.path as unknown as string[]).join("/"));
    if (file === undefined) return void response.sendStatus(404);
    response.set({ "Content-Disposition": "attachment", "Access-Control-Allow-Origin": "*" }).type("bin").send(file);
  });
  app.use((request, response, next) => {
    const text = scripted.files.get(request.path);
    if (text === undefined) return next();
    response.type("html").send(text);
  });
  app.use(...staticFiles({ directory: dist, frameOrigin: frameUrl }));
  return scripted;
}

function refuseFirst(app: Express, scripted: Scripted): void {
  app.use((request, response, next) => {
    const at = scripted.refusals.findIndex(({ path }) => path.test(`${request.method} ${request.path}`));
    const [refusal] = at === -1 ? [] : scripted.refusals.splice(at, 1);
    if (!refusal) return next();
    response
      .set("Access-Control-Allow-Origin", "*")
      .status(refusal.status)
      .type("application/problem+json")
      .send(JSON.stringify(refusal.body));
  });
}

async function listen(server: Server, port = 0): Promise<Server> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function nextChange(changed: Set<() => void>, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      changed.delete(done);
      resolve();
    };
    const timer = setTimeout(done, limitMs).unref();
    changed.add(done);
  });
}
