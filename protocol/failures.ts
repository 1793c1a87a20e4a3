/** The one table of what can go wrong in front of a client: code, HTTP status, words, retry; next: service/. */

/** `retry`: may the same request succeed later? 429 and 503 carry Retry-After. `words` are for people. */
export const failures = {
  invalid: { status: 400, retry: false, words: "The request is not understood." },
  unauthorized: { status: 401, retry: false, words: "This needs a token." },
  forbidden: { status: 403, retry: false, words: "This is not allowed." },
  notFound: { status: 404, retry: false, words: "There is no such thing here." },
  methodNotAllowed: { status: 405, retry: false, words: "That method does not exist here." },
  alreadyFinished: { status: 409, retry: false, words: "The computation is already over." },
  notWaitingForInput: { status: 409, retry: false, words: "The computation is not waiting for input." },
  notStarted: { status: 409, retry: true, words: "Nothing has run in this session yet, so it has no kernel." },
  fileExists: { status: 409, retry: false, words: "Another file is already stored under this path." },
  sessionClosed: { status: 409, retry: false, words: "The session is closed: open a new one." },
  gone: { status: 410, retry: false, words: "It was here and has been removed." },
  tooLarge: { status: 413, retry: false, words: "The request is larger than this server takes." },
  rangeNotSatisfiable: { status: 416, retry: false, words: "The file has no such range." },
  keyReused: { status: 422, retry: false, words: "The Idempotency-Key was used with another request." },
  tooMany: { status: 429, retry: true, words: "You have as many computations here as one client may." },
  internal: { status: 500, retry: true, words: "Something went wrong on our side." },
  full: { status: 503, retry: true, words: "All kernels are busy and the queue is full." },
  unavailable: { status: 503, retry: true, words: "The service is not ready." },
  storageFull: { status: 507, retry: true, words: "There is no room for more files." },
} as const;
export type FailureCode = keyof typeof failures;

/** Thrown anywhere below HTTP; the one handler turns it into problem+json. `detail` is shown, `cause` is only logged. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly fields: readonly { path: string; message: string }[] | undefined;

  constructor(
    code: FailureCode,
    more: { detail?: string; retryAfterSeconds?: number; fields?: { path: string; message: string }[]; cause?: unknown } = {},
  ) {
    super(more.detail ?? failures[code].words, { cause: more.cause });
    this.name = "Failure";
    this.code = code;
    this.detail = more.detail;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.fields = more.fields;
  }
}
