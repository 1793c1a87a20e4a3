/** Sessions of the scripted server: what a kernel is asked beside its computations, and what it says; next: interacts.test.ts. */
import express, { type Express } from "express";
import type { KernelMessage } from "#protocol/messages.ts";

export interface Asked {
  readonly session: string;
  readonly msg_type: string;
  readonly content: Record<string, unknown>;
}
export interface ScriptedSessions {
  readonly asked: Asked[];
  readonly closed: string[];
  readonly interrupted: string[];
  /** The kernel: its reply's content; what it says before it by `say`. */
  answer: (
    asked: Asked,
    say: (...messages: KernelMessage[]) => void,
  ) => Promise<Record<string, unknown>> | Record<string, unknown>;
  /** As if its kernel were gone. */
  end(id: string): void;
  ids(): string[];
  isOver(id: string): boolean;
  open(): string;
  serve(app: Express): void;
}

interface Kept {
  readonly messages: { number: number }[];
  over: boolean;
  readonly wake: Set<() => void>;
}

export function scriptedSessions(): ScriptedSessions {
  const kept = new Map<string, Kept>();
  const tell = ({ wake }: Kept) => {
    for (const go of wake) go();
  };
  const end = (id: string) => {
    const one = kept.get(id);
    if (!one) return;
    one.over = true;
    tell(one);
  };
  const sessions: ScriptedSessions = {
    asked: [],
    closed: [],
    interrupted: [],
    answer: () => ({ status: "ok" }),
    end,
    ids: () => [...kept.keys()],
    isOver: (id) => kept.get(id)?.over !== false,
    open() {
      const id = `s${String(kept.size + 1).padStart(25, "0")}`;
      kept.set(id, { messages: [], over: false, wake: new Set() });
      return id;
    },
    serve(app) {
      app.post("/v1/sessions", (_request, response) => {
        response.status(201).json({ id: sessions.open(), state: "open", links: {} });
      });
      app.use("/v1/sessions/:id", (request, response, next) => {
        const one = kept.get(request.params.id);
        if (!one) return void response.status(404).json({ title: "No session has this id (any more)." });
        response.locals.session = one;
        next();
      });
      app.delete("/v1/sessions/:id", (request, response) => {
        sessions.closed.push(request.params.id);
        end(request.params.id);
        response.status(204).end();
      });
      app.post("/v1/sessions/:id/interrupt", (request, response) => {
        sessions.interrupted.push(request.params.id);
        response.status(204).end();
      });
      app.post("/v1/sessions/:id/requests", express.json(), async (request, response) => {
        const one = response.locals.session as Kept;
        if (one.over) return void response.status(409).json({ status: 409, code: "sessionClosed", title: "It is closed." });
        const asked = { session: request.params.id as string, ...request.body };
        sessions.asked.push(asked);
        const content = await sessions.answer(asked, (...messages) => {
          for (const message of messages) one.messages.push({ number: one.messages.length + 1, ...message });
          tell(one);
        });
        response.json({ msg_type: "reply", content });
      });
      app.get("/v1/sessions/:id/messages", async (request, response) => {
        const one = response.locals.session as Kept;
        const since = Number(request.query.since ?? 0);
        if (!one.over && one.messages.length <= since) await change(one, Number(request.query.wait ?? 0) * 1000);
        response.json({ messages: one.messages.slice(since), state: one.over ? "closed" : "open" });
      });
    },
  };
  return sessions;
}

function change({ wake }: Kept, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      wake.delete(done);
      resolve();
    };
    const timer = setTimeout(done, limitMs).unref();
    wake.add(done);
  });
}
