/** What the API server was asked to write, as its own metrics tell; next: operator.ts. */
import type { Api } from "#test/cluster/api.ts";

export type Writes = Record<string, number>;

/** "POST pods", "DELETE pods", "PATCH kernelpools/status" ...: how often each was done since the server began. */
export const writesOf = async (api: Api): Promise<Writes> => {
  const { body } = await api("GET", "/metrics");
  const writes: Writes = {};
  for (const line of String(body).split("\n")) {
    if (!line.startsWith("apiserver_request_total{")) continue;
    const of = (label: string) => new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? "";
    const verb = of("verb");
    if (!["POST", "PUT", "PATCH", "APPLY", "DELETE"].includes(verb) || !of("code").startsWith("2")) continue;
    const sub = of("subresource");
    const what = `${verb} ${of("resource")}${sub ? `/${sub}` : ""}`;
    writes[what] = (writes[what] ?? 0) + Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return writes;
};

export const difference = (after: Writes, before: Writes): Writes =>
  Object.fromEntries(Object.entries(after).map(([what, count]) => [what, count - (before[what] ?? 0)]));
