/** The API server as a test speaks to it: JSON over HTTPS as the administrator, any path; next: control-plane.ts. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

const answerMsMax = 20_000;

/** Whatever the API server says: tests compare it and need not know its type. */
// biome-ignore lint/suspicious/noExplicitAny: a Kubernetes object of any kind
export type Answer = { status: number; body: any };
export type Api = (method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object) => Promise<Answer>;

/** `folder` holds admin.crt, admin.key and ca.crt. Rejects when there is no answer within 20 s; every status is an answer. */
export const connectApi = (server: string, folder: string): Api => {
  const read = (name: string) => readFileSync(join(folder, name));
  const identity = { ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") };
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const headers = body ? { "content-type": type } : {};
      const call = request(
        new URL(path, server),
        { ...identity, method, headers, timeout: answerMsMax, agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
          });
          response.once("error", reject);
          response.once("end", () => {
            const isJson = response.headers["content-type"]?.startsWith("application/json");
            resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
          });
        },
      );
      call.once("timeout", () => call.destroy(new Error(`${method} ${path}: no answer within ${answerMsMax / 1000} s`)));
      call.once("error", reject);
      call.end(body && JSON.stringify(body));
    });
};
