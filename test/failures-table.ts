/** docs/failures.md as it must be, from the one table of what can go wrong; next: made-pages.ts. */
import { outcomeKind } from "#protocol/computation.ts";
import { failures } from "#protocol/failures.ts";

/** How a computation can end, for people. */
const endings: Record<(typeof outcomeKind.options)[number], string> = {
  ok: "the code ran to its end",
  error:
    "the code raised an exception, or its process ended by itself (`os._exit`, a segmentation fault); the messages say which",
  timeout: "the time limit or the CPU time was used up; `message` says which",
  outputLimit: "it wrote more than it may: bytes or messages",
  memory: "there was not enough memory",
  cancelled: "somebody cancelled it",
  lost: "its kernel vanished and nobody knows how far it came; it is never run a second time, so run it again yourself",
  rejected: "it waited too long for a kernel and never ran",
};

const failureRows = Object.entries(failures).map(
  ([code, { status, retry, words }]) => `| \`${code}\` | ${status} | ${words} | ${retry ? "yes" : "no"} |`,
);
const endingRows = outcomeKind.options.map((kind) => `| \`${kind}\` | ${endings[kind]} |`);

export const failuresPage = (): string => `# What can go wrong

This page is made from \`protocol/failures.ts\` and \`protocol/computation.ts\`: \`npm run docs\` writes it, a test compares.

## A request is refused

The body is \`application/problem+json\` (RFC 9457). Go by its \`code\`, which is stable; \`title\` and \`detail\` are for people and may change. \`fields\` says which
fields are wrong and why, \`instance\` names the request in the server's log. Where the same request may succeed later, 429 and 503 say when
in \`Retry-After\` and in \`retryAfterSeconds\`. What was refused with a 4xx, or with \`full\`, has changed nothing; after another 5xx ask again with the same
\`Idempotency-Key\`: it runs once.

| code | status | words | may the same request succeed later? |
|---|---|---|---|
${failureRows.join("\n")}

## A computation ends

What was accepted (201) gets exactly one outcome. Its \`kind\` is one of these; \`message\` has the words for the user.

| kind | when |
|---|---|
${endingRows.join("\n")}
`;
