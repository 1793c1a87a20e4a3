/** k6/http, as far as the scripts use it: requests that block; next: ws.ts. */

import { measure } from "#loadtest/adapter/k6/metrics.ts";
import { next, say } from "#loadtest/adapter/k6/waiting.ts";
import { msOf } from "#loadtest/adapter/options.ts";
import type { HttpAnswer } from "#loadtest/adapter/service.ts";

type Params = { headers?: Record<string, string>; timeout?: string };
type Body = string | Record<string, string> | null;

const standardTimeoutMs = 60_000;

function request(method: string, url: string, body: Body | undefined, params: Params = {}) {
  const isForm = typeof body === "object" && body !== null;
  const headers = { ...params.headers, ...(isForm ? { "content-type": "application/x-www-form-urlencoded" } : {}) };
  const timeoutMs = params.timeout ? msOf(params.timeout) : standardTimeoutMs;
  const text = isForm ? new URLSearchParams(body).toString() : (body ?? undefined);
  say({ order: "http", method, url, headers, body: text, timeoutMs });
  const answer = next() as HttpAnswer;
  measure({ metric: "http_reqs", type: "counter", value: 1 });
  measure({ metric: "http_req_duration", type: "trend", value: answer.ms });
  measure({ metric: "http_req_failed", type: "rate", value: answer.status >= 200 && answer.status < 400 ? 0 : 1 });
  return {
    ...answer,
    timings: { duration: answer.ms },
    json: (selector?: string) => {
      const value: unknown = JSON.parse(answer.body);
      return selector === undefined ? value : (value as Record<string, unknown>)[selector];
    },
  };
}

const http = {
  request,
  get: (url: string, params?: Params) => request("GET", url, undefined, params),
  post: (url: string, body?: Body, params?: Params) => request("POST", url, body, params),
  del: (url: string, body?: Body, params?: Params) => request("DELETE", url, body, params),
};
export default http;
