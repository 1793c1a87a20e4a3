// Asks a gateway for 1+1, as any client would: URL is its address, TOKEN its bearer token if it needs one.
const { URL: url, TOKEN: token } = process.env;
const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
const giveUp = Date.now() + 180_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ask = async (path, options = {}) => {
  const response = await fetch(url + path, { ...options, headers, signal: AbortSignal.timeout(40_000) });
  return { status: response.status, body: await response.json() };
};

let asked;
for (;;) {
  asked = await ask("/v1/computations", { method: "POST", body: JSON.stringify({ code: "1+1" }) });
  // 503: no kernel is warm yet, and the line is full or has no place.
  if (asked.status !== 503 || Date.now() > giveUp) break;
  await pause(2_000);
}
if (asked.status !== 201) throw new Error(`not accepted: ${asked.status} ${JSON.stringify(asked.body)}`);
const { id } = asked.body;
console.log(`accepted as ${id}`);

const messages = [];
let page;
do {
  if (Date.now() > giveUp) throw new Error(`no outcome of ${id} in time`);
  ({ body: page } = await ask(`/v1/computations/${id}/messages?since=${messages.length}&wait=30`));
  messages.push(...page.messages);
} while (!page.complete);

const result = messages.find(({ msg_type }) => msg_type === "execute_result")?.content.data["text/plain"];
console.log(`outcome ${page.outcome.kind}, result ${result}`);
if (page.outcome.kind !== "ok" || result !== "2") throw new Error(JSON.stringify(page.outcome));
