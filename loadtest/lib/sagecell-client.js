// A computation as pages written for SageMathCell ask for it: one form, or a kernel over SockJS; next: summary.js.
import http from "k6/http";
import ws from "k6/ws";
import { headersOf, isRefused, nextNumber } from "./api.js";
import { failed, lost, tookSeconds } from "./metrics.js";
import { pick } from "./mix.js";

/** @typedef {import("./settings.js").Settings} Settings */

const answerMs = 30_000;

/** @param {Settings} settings */
export function byService(settings) {
  const kind = pick(settings.mix, Math.random());
  const { "Content-Type": _, ...headers } = headersOf(settings);
  const since = Date.now();
  const form = { code: kind.code(nextNumber()), accepted_tos: "true" };
  const response = http.post(`${settings.baseUrl}/service`, form, { headers, responseType: "text", tags: { name: "service" } });
  if (isRefused(response, since)) return;
  if (response.json("success") !== (kind.outcome === "ok")) failed.add(1);
  else if (kind.name !== "long") tookSeconds((Date.now() - since) / 1000, 0);
}

/** @param {Settings} settings */
export function bySockJs(settings) {
  const kind = pick(settings.mix, Math.random());
  const headers = headersOf(settings);
  const since = Date.now();
  const asked = http.post(`${settings.baseUrl}/kernel?CellSessionID=load&timeout=0&accepted_tos=true`, "{}", {
    headers,
    responseType: "text",
    tags: { name: "kernel" },
  });
  if (isRefused(asked, since)) return;
  const kernel = String(asked.json("id"));
  const session = `load${nextNumber()}`;
  const request = JSON.stringify({
    header: { msg_id: "m1", username: "", session, msg_type: "execute_request" },
    content: { code: kind.code(nextNumber()), silent: false, store_history: false, allow_stdin: false, user_expressions: {} },
    parent_header: {},
    metadata: {},
  });
  let status = "";
  const address = `${settings.baseUrl.replace(/^http/, "ws")}/sockjs/000/${session}/websocket`;
  ws.connect(address, { headers: { "X-Forwarded-For": headers["X-Forwarded-For"] ?? "" } }, (socket) => {
    socket.on("message", (frame) => {
      if (frame === "o") return socket.send(JSON.stringify([`${kernel}/channels,${request}`]));
      if (!frame.startsWith("a")) return;
      for (const text of JSON.parse(frame.slice(1))) {
        const message = JSON.parse(text.slice(text.indexOf(",") + 1));
        if (message.header.msg_type !== "execute_reply") continue;
        status = message.content.status;
        socket.close();
      }
    });
    socket.on("error", () => socket.close());
    socket.setTimeout(() => socket.close(), answerMs);
  });
  if (status === "") lost.add(1);
  else if (status !== kind.outcome) failed.add(1);
  else if (kind.name !== "long") tookSeconds((Date.now() - since) / 1000, 0);
}
