/** Examples for the OpenAPI document and the tests: what a client of this interface sends and sees; next: openapi.ts. */
import type { z } from "zod";
import { problemBody } from "#gateway/http/problems.ts";
import type {
  computationView,
  keptLink,
  madeLink,
  messagesPage,
  oembedAnswer,
  sessionPage,
  sessionReply,
  sessionRequestBody,
  sessionView,
  settingsView,
  statusView,
} from "#gateway/http/schemas.ts";
import { computationLinks, sessionLinks } from "#gateway/http/views.ts";
import type { Limits } from "#protocol/computation.ts";
import { Failure, type FailureCode } from "#protocol/failures.ts";

const id = "c0123456789abcdefghijklmno";
const session = "s0123456789abcdefghijklmno";

const limits: Limits = {
  wallMs: 60_000,
  cpuSeconds: 60,
  addressSpaceBytes: 4_294_967_296,
  processes: 64,
  fileBytes: 67_108_864,
  workspaceBytes: 134_217_728,
  workspaceFiles: 2_000,
  outputBytes: 16_777_216,
  outputMessages: 10_000,
  uploadFiles: 100,
  uploadBytes: 67_108_864,
};

const view = {
  id,
  state: "queued",
  language: "sage",
  createdAt: "2026-11-25T10:00:00.000Z",
  limits,
  position: 1,
  outcome: null,
  links: computationLinks(id),
} satisfies z.infer<typeof computationView>;

const outcome = {
  kind: "ok",
  message: "",
  lastNumber: 2,
  files: [
    {
      path: "a.csv",
      size: 3,
      sha256: "5f0ee1bb1e7e6b8de4ea8a4a8ed0c9c6b4a0df3e1cbb8e1c9bd5e2b7a7e7c0de",
      link: `/files/${id}/a.csv`,
    },
  ],
  usage: { wallMs: 12.5, cpuMs: 9.1, memoryBytes: 12_582_912 },
} satisfies z.infer<typeof computationView>["outcome"];

const message = (number: number, msg_type: "execute_result" | "execute_reply", content: Record<string, unknown>) => ({
  number,
  msg_id: `${id}-${number}`,
  msg_type,
  content,
  metadata: {},
  parent_header: {
    msg_id: id,
    msg_type: "execute_request" as const,
    session: id,
    username: "nobody",
    date: "2026-11-25T10:00:00.010Z",
    version: "5.4" as const,
  },
});

const data = { "text/plain": "1/2*x^2", "text/latex": "$\\displaystyle \\frac{1}{2} \\, x^{2}$" };
const page = {
  messages: [
    message(1, "execute_result", { execution_count: 1, data, metadata: {} }),
    message(2, "execute_reply", { status: "ok", execution_count: 1, user_expressions: {} }),
  ],
  state: "finished",
  outcome,
  complete: true,
} satisfies z.infer<typeof messagesPage>;

export const examples = {
  view,
  finishedView: { ...view, state: "finished", position: undefined, outcome } satisfies z.infer<typeof computationView>,
  page,
  events: [
    `event: state\ndata: ${JSON.stringify({ state: "running" })}\n`,
    `id: 1\nevent: message\ndata: ${JSON.stringify(page.messages[0])}\n`,
    `id: outcome\nevent: outcome\ndata: ${JSON.stringify({ state: "finished", outcome, complete: true })}\n`,
  ].join("\n"),
  session: { id: session, state: "open", links: sessionLinks(session) } satisfies z.infer<typeof sessionView>,
  sessionRequest: { msg_type: "complete_request", content: { code: "fact", cursor_pos: 4 } } satisfies z.infer<
    typeof sessionRequestBody
  >,
  sessionReply: {
    msg_type: "complete_reply",
    content: { status: "ok", matches: ["factor", "factorial"], cursor_start: 0, cursor_end: 4, metadata: {} },
  } satisfies z.infer<typeof sessionReply>,
  sessionPage: {
    messages: [
      {
        ...message(1, "execute_reply", {}),
        msg_id: `${session}-1`,
        msg_type: "comm_msg" as const,
        content: { comm_id: "5f1c0ffee", data: { method: "update", state: { value: 3 } } },
      },
    ],
    state: "open",
  } satisfies z.infer<typeof sessionPage>,
  madeLink: { id: "abcdef", page: "/#link=abcdef" } satisfies z.infer<typeof madeLink>,
  keptLink: { code: "factor(2^64 - 1)", language: "sage", controls: [] } satisfies z.infer<typeof keptLink>,
  oembed: {
    version: "1.0",
    type: "rich",
    title: "SageMath code",
    provider_name: "Sandcell",
    provider_url: "https://sandcell.example/",
    width: 800,
    height: 400,
    html: '<iframe src="https://sandcell.example/embed#code=factor(12)" title="SageMath code" width="800" height="400" style="border: 0"></iframe>',
  } satisfies z.infer<typeof oembedAnswer>,
  settings: {
    version: "0.1.0",
    limits,
    codeBytesMax: 65_536,
    frameOrigin: "http://127.0.0.1:8081",
    gvisor: true,
    timeoutSecondsMax: 120,
    inputFilesMax: 20,
    inputBytesMax: 4_194_304,
    longPollSecondsMax: 30,
    linkKeepDays: 730,
  } satisfies z.infer<typeof settingsView>,
  status: {
    at: "2026-11-25T10:00:30.000Z",
    since: "2026-11-24T10:00:30.000Z",
    unknownMinutes: 0,
    gateways: 2,
    now: { idle: 3, busy: 1, sessions: 0, waiting: 0 },
    minutes: [
      {
        at: "2026-11-25T10:00:00.000Z",
        idle: 2.8,
        busy: 1.2,
        waiting: 0,
        finished: 41,
        refused: 0,
        halfWithinMs: 26,
        mostWithinMs: 187,
      },
    ],
    day: {
      finished: 20_431,
      kinds: { ok: 19_874, error: 540, timeout: 9, outputLimit: 1, memory: 2, cancelled: 5, lost: 0, rejected: 0 },
      late: 0,
      overdue: 0,
      refused: 12,
      waitMostWithinMs: 5,
      mostWithinMs: 248,
    },
  } satisfies z.infer<typeof statusView>,
  problem: (code: FailureCode) =>
    code === "invalid"
      ? problemBody(
          new Failure("invalid", {
            detail: "langage: there is no such field",
            fields: [{ path: "langage", message: "there is no such field" }],
          }),
        )
      : problemBody(new Failure(code), code === "internal" ? "5f1c0ffee5f1-42" : undefined),
};
