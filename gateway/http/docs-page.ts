/** The interface's documentation as a page of our own: no scripts, nothing from elsewhere; next: static.ts. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Route } from "#gateway/http/routes.ts";
import { failures } from "#protocol/failures.ts";

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 20%, Canvas); --soft: color-mix(in srgb, CanvasText 6%, Canvas); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); } h3 { margin: 2.5rem 0 .25rem; }
code, pre { font: .9em/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
.method { display: inline-block; min-width: 5em; font-weight: 700; } .quiet { opacity: .75; } .wide { overflow-x: auto; } nav li { list-style: none; } nav ul { padding: 0; }
`;

/** For the page's style-src: the one style that this page has, and no other. */
export const docsStyleHash = `'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/** Everything that is not ours to write as markup goes through here. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c);

/** Escaped, with `code` marked as such. */
const words = (text: string): string => escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

/** `server`: the address that the reader used, for the examples. */
export function docsPage(routes: readonly Route[], options: { version: string; server: string }): string {
  const byTag = [...Map.groupBy(routes, (route) => route.tag)];
  const contents = routes.map((route) => `<li><a href="#${anchor(route)}">${title(route)}</a> ${words(route.summary)}</li>`);
  const sections = byTag.map(([tag, ofTag]) => `<h2>${tag}</h2>${ofTag.map(routeSection).join("")}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandcell: the interface</title><style>${style}</style></head><body>
<h1>Sandcell: the interface</h1>
<p>Version ${escapeHtml(options.version)}. The same as <a href="/v1/openapi.json">OpenAPI 3.1</a>. Any web page may use it: CORS is open to all.</p>
<h2>In three lines</h2>
<pre>SERVER=${escapeHtml(options.server)}
ID=$(curl -sS $SERVER/v1/computations -H 'Content-Type: application/json' -d '{"code": "factor(2026)"}' | grep -o 'c[0-9a-z]\\{25\\}' | head -1)
curl -sSN $SERVER/v1/computations/$ID/events</pre>
<p>A computation that was accepted (201) has exactly one outcome: <code>ok</code>, <code>error</code>, <code>timeout</code>, <code>outputLimit</code>,
<code>memory</code>, <code>cancelled</code>, <code>lost</code> (its kernel vanished) or <code>rejected</code> (it waited too long).
Its messages follow the Jupyter message format 5.4, numbered from 1 without gaps; <code>execute_reply</code> closes what the code itself says.
A payload above 192 KiB is a file: <code>metadata.links</code> says <code>{path, size}</code> by MIME type.</p>
<nav><ul>${contents.join("")}</ul></nav>
${sections.join("\n")}
<h2 id="problems">Problems</h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457) with one of these codes. 429 and 503 carry <code>Retry-After</code>.</p>
${table(["code", "status", "meaning", "again later?"], failureRows())}
</body></html>
`;
}

const anchor = (route: Route) => `${route.method}${route.path}`.replaceAll(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "");
const title = (route: Route) =>
  `<span class="method">${route.method.toUpperCase()}</span> <code>${escapeHtml(route.path)}</code>`;

function routeSection(route: Route): string {
  const parts = [
    `<h3 id="${anchor(route)}">${title(route)}</h3><p>${words(`${route.summary}. ${route.description ?? ""}`)}</p>`,
  ];
  if (route.curl) parts.push(`<pre>${escapeHtml(route.curl)}</pre>`);
  if (route.parameters?.length)
    parts.push(
      table(
        ["parameter", "in", "what"],
        route.parameters.map(({ name, in: place, description }) => [`<code>${name}</code>`, place, words(description)]),
      ),
    );
  if (route.body) parts.push(fieldTable(route.body.schema));
  for (const [status, answer] of Object.entries(route.answers)) {
    const type = answer.type ?? (answer.schema ? "application/json" : "");
    parts.push(`<p><strong>${status}</strong> ${words(answer.description)} <span class="quiet">${type}</span></p>`);
    if (answer.example !== undefined) parts.push(`<pre>${escapeHtml(exampleText(answer.example))}</pre>`);
  }
  const codes = route.failures.map((code) => `<a href="#${code}">${failures[code].status} ${code}</a>`);
  if (codes.length > 0) parts.push(`<p class="quiet">Problems: ${codes.join(", ")}</p>`);
  return parts.join("\n");
}

const exampleText = (example: unknown) => (typeof example === "string" ? example : JSON.stringify(example, null, 2));

type JsonField = { type?: string; enum?: string[]; description?: string; default?: unknown; items?: JsonSchema } & JsonSchema;
type JsonSchema = { properties?: Record<string, JsonField>; required?: string[] };

function fieldTable(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const rows = fieldRows(json, "");
  return rows.length === 0 ? "" : table(["field", "type", "what"], rows);
}

function fieldRows({ properties = {}, required = [] }: JsonSchema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const type = field.enum?.join(" | ") ?? field.type ?? "";
    const need = required.includes(name)
      ? "needed"
      : field.default === undefined
        ? ""
        : `default ${JSON.stringify(field.default)}`;
    const what = [need, field.description ?? ""].filter(Boolean).join(". ");
    const row = [`<code>${escapeHtml(prefix + name)}</code>`, escapeHtml(type), words(what)];
    return [row, ...fieldRows(field.items ?? {}, `${prefix}${name}[].`)];
  });
}

const failureRows = (): string[][] =>
  Object.entries(failures).map(([code, { status, words: meaning, retry }]) => [
    `<code id="${code}">${code}</code>`,
    String(status),
    escapeHtml(meaning),
    retry ? "yes" : "no",
  ]);

const table = (heads: string[], rows: string[][]): string =>
  `<div class="wide"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
    .join("")}</tbody></table></div>`;
