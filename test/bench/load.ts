/** Computations asked of a running server, and how long each took from POST to outcome; next: main.ts. */
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

type Answer = { status: number; body: Record<string, unknown> };

let clients = 0;
/** Each computation is another client's, as the server's proxy would say. */
const nextClient = () => `10.${(++clients >> 16) & 255}.${(clients >> 8) & 255}.${clients & 255}`;

type Asked = { method: string; url: string; client: string; body?: object };

function ask({ method, url, client, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body ? JSON.stringify(body) : undefined;
    const headers = {
      "x-forwarded-for": client,
      ...(text ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {}),
    };
    const asked = request(url, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const said = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: said ? (JSON.parse(said) as Record<string, unknown>) : {} });
      });
    });
    asked.on("error", reject);
    asked.end(text);
  });
}

/** Milliseconds from POST to outcome; throws for anything but a good end with all its messages. */
export const compute = async (url: string, code: string): Promise<number> => (await computed(url, code)).ms;

/** The same, with its id and when the POST began (performance.now()). */
export async function computed(url: string, code: string): Promise<{ id: string; startedAt: number; ms: number }> {
  const startedAt = performance.now();
  const client = nextClient();
  const posted = await ask({ method: "POST", url: `${url}/v1/computations`, client, body: { code } });
  if (posted.status !== 201) throw new Error(`${posted.status}: ${JSON.stringify(posted.body)}`);
  let since = 0;
  for (;;) {
    const poll = `${url}/v1/computations/${posted.body["id"]}/messages?since=${since}&wait=30`;
    const { body } = await ask({ method: "GET", url: poll, client });
    const messages = body["messages"] as { number: number }[];
    since = messages.at(-1)?.number ?? since;
    if (body["complete"] !== true) continue;
    const outcome = body["outcome"] as { kind: string; message: string };
    if (outcome.kind !== "ok") throw new Error(`${code}: ${outcome.kind} ${outcome.message}`);
    return { id: String(posted.body["id"]), startedAt, ms: performance.now() - startedAt };
  }
}

/** `count` computations, `together` at a time. */
export async function closedLoop(url: string, code: string, options: { count: number; together: number }): Promise<number[]> {
  const times: number[] = [];
  let left = options.count;
  const worker = async () => {
    while (left-- > 0) times.push(await compute(url, code));
  };
  await Promise.all(Array.from({ length: options.together }, worker));
  return times;
}

export const quantile = (times: readonly number[], q: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))] ?? Number.NaN;
