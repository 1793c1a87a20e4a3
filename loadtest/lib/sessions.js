// A session with a slider that is moved, by Sandcell's own interface; next: sagecell-client.js.
import http from "k6/http";
import { Counting, headersOf, isRefused, nextNumber } from "./api.js";
import { failed, lost, tookSeconds } from "./metrics.js";

/** @typedef {import("./settings.js").Settings} Settings */

const interact = (/** @type {number} */ n) => `@interact\ndef _(n=slider(1, 100, 1, default=${1 + (n % 100)})):\n    print(n)`;

/**
 * Opens a session, runs an interact, moves its slider `moves` times (each until something new is shown), and closes it.
 * @param {Settings} settings @param {number} moves
 */
export function moveSliders(settings, moves) {
  const headers = headersOf(settings);
  const since = Date.now();
  const at = (/** @type {string} */ path) => settings.baseUrl + path;
  const post = (/** @type {string} */ path, /** @type {unknown} */ body) =>
    http.post(at(path), JSON.stringify(body), {
      headers,
      responseType: "text",
      tags: { name: path.replace(/[a-z0-9]{26}/, "ID") },
    });
  const opened = post("/v1/sessions", {});
  if (isRefused(opened, since)) return;
  const session = String(opened.json("id"));
  const posted = post("/v1/computations", { code: interact(nextNumber()), sessionId: session });
  if (!isRefused(posted, since)) {
    const comm = commOf(settings, String(posted.json("id")), headers);
    if (comm)
      for (let move = 1, shown = 0; move <= moves; move++)
        shown = moveOnce({ settings, session, comm, headers, post }, move, shown);
  }
  http.del(at(`/v1/sessions/${session}`), null, { headers, responseType: "text", tags: { name: "close" } });
}

/** The comm of the interact's slider, once its computation is over. @param {Settings} settings @param {string} id @param {Record<string, string>} headers */
function commOf(settings, id, headers) {
  const counting = new Counting();
  /** @type {string | undefined} */
  let comm;
  for (;;) {
    const address = `${settings.baseUrl}/v1/computations/${id}/messages?since=${counting.last}&wait=30`;
    const response = http.get(address, { headers, responseType: "text", tags: { name: "messages" } });
    if (response.status !== 200) return void lost.add(1);
    const page = /** @type {any} */ (response.json());
    for (const message of page.messages) {
      counting.take(message);
      const { data, comm_id } = message.content;
      // The slider is the control that has a value of its own.
      if (message.msg_type === "comm_open" && (comm === undefined || data?.state?.value !== undefined)) comm = comm_id;
    }
    if (!page.complete) continue;
    if (page.outcome.kind !== "ok") return void failed.add(1);
    if (!counting.whole(page.outcome)) return void lost.add(1);
    if (comm === undefined) failed.add(1);
    return comm;
  }
}

/**
 * @param {{ settings: Settings, session: string, comm: string, headers: Record<string, string>, post: (path: string, body: unknown) => import("k6/http").RefinedResponse<"text"> }} of
 * @param {number} move @param {number} shown The number of the last message that the session said by itself.
 */
function moveOnce({ settings, session, comm, headers, post }, move, shown) {
  const since = Date.now();
  const data = { method: "update", state: { value: 1 + ((move * 7) % 100) }, buffer_paths: [] };
  const asked = post(`/v1/sessions/${session}/requests`, { msg_type: "comm_msg", content: { comm_id: comm, data } });
  if (isRefused(asked, since)) return shown;
  const address = `${settings.baseUrl}/v1/sessions/${session}/messages?since=${shown}&wait=10`;
  const response = http.get(address, { headers, responseType: "text", tags: { name: "session messages" } });
  const messages = response.status === 200 ? /** @type {any} */ (response.json()).messages : [];
  if (messages.length === 0) lost.add(1);
  else tookSeconds((Date.now() - since) / 1000, 0);
  return messages.at(-1)?.number ?? shown;
}
