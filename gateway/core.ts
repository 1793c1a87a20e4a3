/** What the HTTP side asks of the gateway's core, and nothing more; next: computations.ts (the core), app.ts (HTTP). */
import type { FigureFormat, FileEntry, InteractStyle, Language, Limits, Outcome, OutcomeKind } from "#protocol/computation.ts";
import type { SideReply, SideRequest } from "#protocol/exec.ts";
import type { TranscriptMessage } from "#protocol/messages.ts";

export type State = "queued" | "running" | "finished";

/** Who asks: `id` is a keyed hash, never an address or a token itself. */
export type Client = { id: string };

export type Submission = {
  client: Client;
  code: string;
  language: Language;
  timeoutSeconds?: number | undefined;
  expressions: Record<string, string>;
  allowInput: boolean;
  /** False: no cell of its session's history. True when left out. */
  storeHistory?: boolean | undefined;
  /** "sage" when left out. */
  interacts?: InteractStyle | undefined;
  /** "png" when left out. */
  figureFormat?: FigureFormat | undefined;
  sessionId?: string | undefined;
  /** If it leaves an interact or a comm behind, its kernel stays as a session, which the outcome names. */
  mayStay?: boolean | undefined;
  /** Input files in memory, already within the size limits and with checked paths. */
  files: { path: string; data: Uint8Array }[];
  idempotencyKey?: string | undefined;
  /** As it came, of W3C Trace Context: the trace of who asks. */
  traceparent?: string | undefined;
};

export type View = {
  id: string;
  state: State;
  language: Language;
  /** ISO 8601. */
  createdAt: string;
  sessionId?: string | undefined;
  limits: Limits;
  /** Place in line from 1 while queued at this gateway; absent when unknown. */
  position?: number | undefined;
  outcome: Outcome | null;
};

/** `complete`: the outcome and every message up to its last number have been given, nothing will follow. */
export type Page = {
  messages: TranscriptMessage[];
  state: State;
  outcome: Outcome | null;
  complete: boolean;
  position?: number | undefined;
};

export interface Computations {
  /** Accepted when this resolves. `repeated`: the Idempotency-Key was known. Throws Failure full, tooMany, tooLarge, keyReused, sessionClosed, unavailable. */
  submit(submission: Submission): Promise<{ view: View; repeated: boolean }>;
  /** Throws Failure notFound. */
  view(id: string): Promise<View>;
  /** Messages with numbers above `since`, in order, about 1 MiB at most at a time. */
  read(id: string, since: number): Promise<Page>;
  /**
   * Resolves when `read(id, since)` may say more than when this was called with nothing new: a message, a state, the outcome; or
   * after `waitMs`, or when `signal` aborts. Call read first, then changed, then read again.
   */
  changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal; state: State }): Promise<void>;
  /** Throws notFound, alreadyFinished. The outcome follows. */
  cancel(id: string): Promise<void>;
  /** Throws notFound, alreadyFinished, notWaitingForInput. */
  input(id: string, value: string): Promise<void>;
}

export type SessionState = {
  id: string;
  state: "open" | "closed";
  reason?: string | undefined;
  successor?: string | undefined;
};

export interface Sessions {
  open(client: Client): Promise<{ id: string }>;
  /** Throws notFound. `successor`: the session that took its place. */
  state(id: string): Promise<SessionState>;
  /**
   * Opens a session in the place of `id`, now and whenever it is replaced again; what was in that place until now is closed.
   * Of two at a time one wins, and both get the winner's. Throws notFound, tooMany.
   */
  replace(id: string, client: Client): Promise<{ id: string }>;
  interrupt(id: string): Promise<void>;
  close(id: string): Promise<void>;
  /**
   * What is no computation (complete, inspect, is_complete, history, comms, moved controls): the kernel's reply, within 12 s, or
   * within the session's time limit where users' functions run. Throws notFound, sessionClosed, unavailable, and notStarted while nothing has run in it: a kernel is taken when something first runs.
   */
  request(id: string, request: { msg_type: SideRequest["msg_type"]; content: Record<string, unknown> }): Promise<SideReply>;
  /** What it said outside its computations, numbers above `since`, in order, about 1 MiB at most at a time. Throws notFound. */
  read(id: string, since: number): Promise<{ messages: TranscriptMessage[]; state: "open" | "closed" }>;
  /** Resolves when `read(id, since)` may say more, after `waitMs`, or when `signal` aborts. Read first, then this, then read again. */
  changed(id: string, since: number, options: { waitMs: number; signal: AbortSignal }): Promise<void>;
}

/** A minute of the service: kernels on average, the longest line, what ended, what was refused, and times within which a half and 19 of 20 ended. */
export type Minute = {
  /** ISO 8601: when it began. */
  at: string;
  idle: number | null;
  busy: number | null;
  waiting: number | null;
  finished: number;
  refused: number;
  halfWithinMs: number | null;
  mostWithinMs: number | null;
};
/** `late`: ended after its deadline; `overdue`: has not ended, and should have. */
export type Day = {
  finished: number;
  kinds: Record<OutcomeKind, number>;
  late: number;
  overdue: number;
  refused: number;
  waitMostWithinMs: number | null;
  mostWithinMs: number | null;
};
/** What one gateway knows, by itself and from those before it, since when (ISO 8601). Kernels and outcomes are of the whole service, line and refusals of all gateways. */
export type ServiceStatus = {
  at: string;
  since: string;
  /** Minutes since then of which nothing is known. */
  unknownMinutes: number;
  gateways: number;
  now: { idle: number; busy: number; sessions: number; waiting: number };
  /** Of the last hour, oldest first. */
  minutes: Minute[];
  day: Day;
};

/** What /v1/settings and the page may know. */
export type ServerFacts = {
  version: string;
  limits: Limits;
  codeBytesMax: number;
  frameOrigin: string;
  /** Where the frame fetches scripts of other packages' widgets; undefined: nowhere. */
  widgetModulesUrl?: string | undefined;
  gvisor: boolean;
  linkKeepDays: number;
};

export interface FilesReader {
  /** A stored output file, or undefined. `range` is the request's Range header, passed on. */
  fetch(id: string, path: string, headers: Record<string, string>): Promise<Response>;
}
export type { FileEntry };
