/** What clients may send and what they get, as zod schemas: they check the input and make the OpenAPI document; next: routes.ts. */
import { z } from "zod";
import { bounds } from "#gateway/http/bounds.ts";
import {
  computationId,
  figureFormat,
  fileEntry,
  interactStyle,
  language,
  limits,
  outcome,
  outcomeKind,
  sessionId,
} from "#protocol/computation.ts";
import { sideReply, sideRequest } from "#protocol/exec.ts";
import { Failure, type FailureCode, failures } from "#protocol/failures.ts";
import { filePath } from "#protocol/file-path.ts";
import { transcriptMessage } from "#protocol/messages.ts";

const wellFormed = (text: string) => text.isWellFormed();
const wellFormedWords = "has half of a surrogate pair, which is no text";

const inputFile = z
  .strictObject({
    path: filePath.meta({ description: "A relative path in the working directory, such as `data/a.csv`." }),
    content: z.string().refine(wellFormed, wellFormedWords).optional().meta({ description: "Text, stored as UTF-8." }),
    base64: z.string().optional().meta({ description: "Bytes in base64, instead of `content`." }),
  })
  .refine((file) => (file.content === undefined) !== (file.base64 === undefined), "needs either content or base64");

/** Without the limits that are settings (code, time, files), which computation-body.ts checks. */
export const computationBody = z.strictObject({
  code: z.string().refine(wellFormed, wellFormedWords),
  language: language.default("sage"),
  timeoutSeconds: z.number().positive().optional().meta({ description: "Wall clock, at most what /v1/settings says." }),
  files: z
    .array(inputFile)
    .default([])
    .refine((files) => new Set(files.map((file) => file.path)).size === files.length, "a path is given twice")
    .meta({ description: "Input files, as many and as big as /v1/settings says." }),
  expressions: z
    .record(z.string().min(1).max(200), z.string().max(bounds.expressionCharsMax))
    .refine((named) => Object.keys(named).length <= bounds.expressionsMax, `at most ${bounds.expressionsMax} expressions`)
    .default({})
    .meta({ description: "Jupyter's user_expressions: evaluated after the code, their values are in the `execute_reply`." }),
  sessionId: sessionId.optional().meta({ description: "Run in this session, after its earlier computations." }),
  mayStay: z.boolean().default(false).meta({
    description: "If the code leaves widgets or an interact behind, its kernel stays as the session that the outcome names.",
  }),
  interacts: interactStyle.optional().meta({
    description:
      "Whose rules `@interact` follows: `sage` (the default), `sagecell` for SageMathCell's in its own messages, `sagecellWidgets` for SageMathCell's as widgets.",
  }),
  figureFormat: figureFormat.optional().meta({
    description:
      "What plots and figures are shown as: `png` (the default), or `svg`, in which data of thousands of points is pixels of twice the density; `metadata` says its width and height.",
  }),
  allowInput: z
    .boolean()
    .default(true)
    .meta({ description: "May the code ask with input()? If not, input() raises an error at once." }),
});

export const inputBody = z.strictObject({
  value: z
    .string()
    .max(bounds.inputValueCharsMax)
    .refine(wellFormed, wellFormedWords)
    .meta({ description: "The line that input() returns, without a line end." }),
});

export const sessionBody = z.strictObject({});

/** JSON of a session's request that is no computation; its size is bounded by that of the body. */
export const sessionRequestBody = z.strictObject({
  msg_type: sideRequest.shape.msg_type.meta({ description: "As in the Jupyter message format." }),
  content: sideRequest.shape.content,
});
export const sessionReply = sideReply;

const wholeNumber = (name: string) => z.string().regex(/^\d{1,9}$/, `${name} is a whole number from 0`);
export const messagesQuery = z.object({
  since: wholeNumber("since").transform(Number).default(0),
  wait: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,3})?$/, "wait is a number of seconds")
    .transform(Number)
    .refine((seconds) => seconds <= bounds.longPollSecondsMax, `wait is at most ${bounds.longPollSecondsMax} seconds`)
    .default(0),
});

export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]+$/, "printable ASCII")
  .min(1)
  .max(bounds.idempotencyKeyCharsMax);

const link = z.string().meta({ description: "A path on this server." });
export const shownOutcome = outcome.extend({ files: z.array(fileEntry.extend({ link })) });
const state = z.enum(["queued", "running", "finished"]);
const position = z.int().positive().optional().meta({ description: "Place in line, from 1, while queued." });

export const computationView = z.object({
  id: computationId,
  state,
  language,
  createdAt: z.iso.datetime(),
  sessionId: sessionId.optional(),
  limits,
  position,
  outcome: shownOutcome.nullable(),
  links: z.object({ self: link, messages: link, events: link, input: link, files: link }),
});

export const cancelAnswer = z.object({ id: computationId, links: computationView.shape.links });

export const messagesPage = z.object({
  messages: z.array(transcriptMessage),
  state,
  position,
  outcome: shownOutcome.nullable(),
  complete: z.boolean().meta({ description: "The outcome and every message up to its lastNumber have been given." }),
});

export const sessionPage = z.object({
  messages: z.array(transcriptMessage),
  state: z.enum(["open", "closed"]).meta({ description: "Closed: nothing will follow." }),
});

export const sessionView = z.object({
  id: sessionId,
  state: z.enum(["open", "closed"]),
  reason: z.string().optional(),
  links: z.object({ self: link, interrupt: link, requests: link, messages: link, computations: link }),
});

/** What kind of control, and where it stands. */
const savedControl = z.tuple([
  z.string().max(100),
  z.union([z.number(), z.boolean(), z.string().max(2000), z.array(z.number()).max(bounds.linkControlsMax)]),
]);
const savedControls = z.array(savedControl).max(bounds.linkControlsMax).meta({
  description: "Of the interact that the code makes: each control's kind and place, in the order of their making.",
});
export const linkBody = z.strictObject({
  code: z.string().refine(wellFormed, wellFormedWords),
  language: language.default("sage"),
  controls: savedControls.default([]),
});
export const madeLink = z.object({
  id: z.string(),
  page: link.meta({ description: "The start page with the code in its cell. The id is in the fragment." }),
});
/** `language` is as it was given: a link that was brought from elsewhere may name one that this server does not know. */
export const keptLink = z.object({ code: z.string(), language: z.string(), controls: savedControls });

export const oembedAnswer = z.object({
  version: z.literal("1.0"),
  type: z.literal("rich"),
  title: z.string(),
  provider_name: z.string(),
  provider_url: z.string(),
  width: z.int(),
  height: z.int(),
  html: z.string(),
});

export const settingsView = z.object({
  version: z.string(),
  limits,
  codeBytesMax: z.int(),
  frameOrigin: z.string(),
  widgetModulesUrl: z.string().optional().meta({
    description: "Where the cell fetches the scripts of other packages' widgets. Absent: nowhere, such widgets are not shown.",
  }),
  gvisor: z.boolean().meta({ description: "False: code runs without a sandbox." }),
  timeoutSecondsMax: z.number(),
  inputFilesMax: z.int(),
  inputBytesMax: z.int(),
  longPollSecondsMax: z.number(),
  linkKeepDays: z.number().meta({ description: "How long a short link is kept after it was last read." }),
});

const count = z.int().nonnegative();
const average = z.number().nonnegative().nullable();
const withinMs = z.number().nonnegative().nullable();
export const statusView = z.object({
  at: z.iso.datetime(),
  since: z.iso.datetime().meta({ description: "From when on outcomes are known; a day at most." }),
  unknownMinutes: count.meta({
    description: "Minutes since then of which nothing is known: no gateway ran, or what it saw went with it.",
  }),
  gateways: count.meta({ description: "Gateways that live, this one included." }),
  now: z.object({ idle: count, busy: count, sessions: count, waiting: count }),
  minutes: z.array(
    z.object({
      at: z.iso.datetime(),
      idle: average,
      busy: average,
      waiting: count.nullable().meta({ description: "The longest line of the minute." }),
      finished: count,
      refused: count,
      halfWithinMs: withinMs,
      mostWithinMs: withinMs.meta({ description: "19 of 20 had their outcome within." }),
    }),
  ),
  day: z.object({
    finished: count,
    kinds: z.record(outcomeKind, count),
    late: count.meta({ description: "Had their outcome after their deadline." }),
    overdue: count.meta({ description: "Have none yet, and should." }),
    refused: count,
    waitMostWithinMs: withinMs,
    mostWithinMs: withinMs,
  }),
});

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(failures) as [FailureCode, ...FailureCode[]]),
  detail: z.string().optional(),
  instance: z.string().optional(),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  retryAfterSeconds: z.number().optional(),
});

/** The parsed value, or Failure `invalid` with every wrong field by its path. */
export function checked<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, bounds.problemFieldsMax).flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: shortened([...path, key].join(".")), message: "there is no such field" }));
    return [{ path: shortened(path.join(".")), message: issue.message }];
  });
  const [first] = fields;
  const detail = first?.path ? `${first.path}: ${first.message}` : first?.message;
  throw new Failure("invalid", { fields, ...(detail !== undefined ? { detail } : {}) });
}

const shortened = (path: string) => (path.length > 200 ? `${path.slice(0, 200)}…` : path);
