/** A server that says no, and one that says nothing, as errors with words for the reader; next: connection.ts. */

/** The server answered with a problem: its words are for the reader. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(status: number, code: string, words: string, retryAfterSeconds: number | undefined) {
    super(words);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
/** The server could not be reached, or not any more. */
export class Away extends Error {}

export interface Problem {
  readonly status?: number;
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly retryAfterSeconds?: number;
}

export async function refusalOf(answer: Response): Promise<Refusal> {
  const problem = (await answer.json().catch(() => ({}))) as Problem;
  return refusal(problem, answer.status, Number(answer.headers.get("retry-after") ?? Number.NaN));
}

export function refusal(problem: Problem, status: number, retryAfter: number | undefined): Refusal {
  const after = problem.retryAfterSeconds ?? retryAfter;
  const words = problem.detail ?? problem.title ?? `The server answered ${status}`;
  return new Refusal(problem.status ?? status, problem.code ?? "", words, Number.isFinite(after) ? after : undefined);
}
