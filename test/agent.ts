/** A real agent process around a scripted kernel, and what a gateway would say to it; next: scripted-kernel.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Computation, Limits } from "#protocol/computation.ts";
import type { ControlMessage, ExecReply, ExecRequest, KernelStatus } from "#protocol/exec.ts";
import type { TranscriptRecord } from "#protocol/messages.ts";
import { subjects, transcriptsStream } from "#protocol/subjects.ts";
import { settingsEnvironment } from "#service/settings.ts";
import type { Step } from "#test/scripted-kernel.ts";

const root = join(import.meta.dirname, "..");

/** An id of ours with the given first letter. */
export const newId = (letter: "c" | "s" | "k" | "g"): string =>
  letter + [...randomBytes(25)].map((b) => "0123456789abcdefghijklmnopqrstuvwxyz"[b % 36]).join("");

export const limits: Limits = {
  wallMs: 20_000,
  cpuSeconds: 10,
  addressSpaceBytes: 1 << 30,
  processes: 10,
  fileBytes: 1 << 20,
  workspaceBytes: 1 << 20,
  workspaceFiles: 100,
  outputBytes: 10 << 20,
  outputMessages: 10_000,
  uploadFiles: 10,
  uploadBytes: 1 << 20,
};

export function computation(
  script: Step[] | string,
  more: Partial<Omit<Computation, "limits">> & { limits?: Partial<Limits> } = {},
): Computation {
  return {
    id: newId("c"),
    code: typeof script === "string" ? script : JSON.stringify(script),
    language: "sage",
    files: [],
    expressions: {},
    allowInput: true,
    ...more,
    limits: { ...limits, ...more.limits },
  };
}

/** Until `condition` gives something, asked every 20 ms, 15 s unless told. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 15_000,
): Promise<T> {
  for (const giveUp = Date.now() + ms; ; ) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > giveUp) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** `nats` may do everything; `url` is the agent's own way in. */
export type TestAgentOptions = {
  nats: NatsConnection;
  url: string;
  kernel?: string;
  kernelFlags?: string[];
  settings?: Record<string, unknown>;
};

export class TestAgent {
  readonly kernel: string;
  readonly process: ChildProcess;
  readonly statuses: KernelStatus[] = [];
  readonly exited: Promise<number | null>;
  readonly #nats: NatsConnection;
  readonly #gateway = newId("g");
  #asked = 0;

  constructor(options: TestAgentOptions) {
    this.#nats = options.nats;
    this.kernel = options.kernel ?? newId("k");
    const settings = {
      natsUrl: options.url,
      kernel: this.kernel,
      pool: "test",
      kernelCommand: [process.execPath, join(root, "test/scripted-kernel.ts"), ...(options.kernelFlags ?? [])],
      logLevel: "fatal",
      exitWithParent: true,
      ...options.settings,
    };
    options.nats.subscribe(subjects.kernelStatus(this.kernel), {
      callback: (_error, message) => void this.statuses.push(message.json()),
    });
    this.process = spawn(process.execPath, [join(root, "agent/main.ts")], {
      // Where the runner keeps what is compiled, an agent of each test starts with half the CPU.
      env: { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...settingsEnvironment(settings) },
      stdio: ["pipe", "ignore", "inherit"],
    });
    this.exited = new Promise((resolve) => this.process.once("exit", resolve));
  }

  ready(): Promise<KernelStatus> {
    return until("an idle kernel", () => this.statuses.at(-1)?.freeSlots === 1 && this.statuses.at(-1));
  }

  async exec(asked: Computation, more: Partial<ExecRequest> = {}): Promise<ExecReply> {
    const replyTo = more.replyTo ?? subjects.reply(this.kernel, this.#gateway, ++this.#asked);
    const request: ExecRequest = {
      computation: asked,
      gateway: this.#gateway,
      replyTo,
      notAfter: Date.now() + 10_000,
      grant: { url: "http://127.0.0.1:9/", token: "none" },
      ...more,
    };
    return this.ask(subjects.exec(this.kernel), request, replyTo);
  }

  async ask<T>(subject: string, request: object, replyTo: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no reply from ${subject}`)), 12_000);
      const callback = (_error: unknown, message: Msg) => {
        clearTimeout(late);
        resolve(message.json());
      };
      this.#nats.subscribe(replyTo, { max: 1, callback });
      this.#nats.publish(subject, JSON.stringify(request));
    });
  }

  replySubject(): string {
    return subjects.reply(this.kernel, this.#gateway, ++this.#asked);
  }

  control(message: ControlMessage): void {
    this.#nats.publish(subjects.control(this.kernel), JSON.stringify(message));
  }

  /** All that the ledger has stored on this kernel's subject of `id`, repeated records included. */
  async stored(id: string): Promise<TranscriptRecord[]> {
    const jsm = await jetstreamManager(this.#nats, { timeout: 1000, checkAPI: false });
    const records: TranscriptRecord[] = [];
    try {
      let from = 1;
      for (;;) {
        const batch = await jsm.direct.getBatch(transcriptsStream, {
          seq: from,
          next_by_subj: subjects.out(this.kernel, id),
          batch: 1000,
        });
        let got = 0;
        for await (const message of batch) {
          records.push(...[message.json<TranscriptRecord | TranscriptRecord[]>()].flat());
          from = message.seq + 1;
          got++;
        }
        if (got < 1000) return records;
      }
    } catch {
      return records;
    }
  }

  /** As a reader takes them: only the next number counts. Waits for the end. */
  async transcript(id: string, ms?: number): Promise<TranscriptRecord[]> {
    return until(
      `the end of ${id}`,
      async () => {
        const taken: TranscriptRecord[] = [];
        for (const record of await this.stored(id)) if (record.number === taken.length + 1) taken.push(record);
        return taken.at(-1)?.record === "end" && taken;
      },
      ms,
    );
  }

  async run(asked: Computation, more: Partial<ExecRequest> = {}): Promise<TranscriptRecord[]> {
    const reply = await this.exec(asked, more);
    if (reply.answer !== "accepted") throw new Error(`the agent answered ${reply.answer}`);
    return this.transcript(asked.id);
  }

  /** Resident memory in bytes. */
  memory(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  async stop(): Promise<void> {
    this.process.stdin?.end();
    await this.exited;
  }
}

export const endOf = (records: TranscriptRecord[]) => {
  const last = records.at(-1);
  if (last?.record !== "end") throw new Error("no end");
  return last.end;
};
export const textOf = (records: TranscriptRecord[]): string =>
  records.map((r) => (r.record === "end" || r.message.msg_type !== "stream" ? "" : r.message.content["text"])).join("");
