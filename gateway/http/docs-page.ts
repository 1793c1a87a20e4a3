/** The interface's documentation as a page, made from the routes; next: static.ts. Its style is /v1/docs.css, its own origin's. */

import { allFailures } from "#gateway/http/openapi.ts";
import type { Route } from "#gateway/http/routes.ts";
import { type FailureCode, failures } from "#protocol/failures.ts";

const safe = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const prose = (text: string): string => safe(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
const code = (value: unknown): string =>
  `<pre tabindex="0">${safe(typeof value === "string" ? value : JSON.stringify(value, null, 2))}</pre>`;
const anchor = (route: Route): string =>
  `${route.method}-${route.path.replaceAll(/[^a-z0-9]+/gi, "-").replaceAll(/^-|-$/g, "")}`;

export function docsPage(routes: readonly Route[], version: string): string {
  const tags = ["computations", "sessions", "files", "service"] as const;
  const contents = routes
    .map((r) => `<li><a href="#${anchor(r)}"><b>${r.method.toUpperCase()}</b> ${safe(r.path)}</a></li>`)
    .join("");
  const sections = tags
    .map(
      (tag) =>
        `<h2 id="${tag}">${tag}</h2>${routes
          .filter((r) => r.tag === tag)
          .map(routeSection)
          .join("")}`,
    )
    .join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>The interface of Sandcell</title><link rel="stylesheet" href="/v1/docs.css"></head><body><main>
<h1>The interface of Sandcell</h1>
<p>Version ${safe(version)}. The same as <a href="/v1/openapi.json">OpenAPI 3.1</a>. In the examples <code>$SERVER</code> is this
server's address and <code>$ID</code> what the first answer gave.</p>
${code(`ID=$(curl -sS $SERVER/v1/computations -H 'Content-Type: application/json' -d '{"code": "factor(2^64-1)"}' | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
curl -sS "$SERVER/v1/computations/$ID/messages?since=0&wait=30"`)}
<nav aria-label="Routes"><ul>${contents}</ul></nav>${sections}
<h2 id="failures">What can go wrong</h2>
<p>Every failure is <code>application/problem+json</code> with one of these codes. Where the same request may succeed later,
<code>Retry-After</code> says when to try.</p>
<table><thead><tr><th scope="col">code</th><th scope="col">status</th><th scope="col">meaning</th></tr></thead><tbody>
${(Object.keys(failures) as FailureCode[]).map(failureRow).join("\n")}</tbody></table></main></body></html>
`;
}

const failureRow = (name: FailureCode): string =>
  `<tr id="${name}"><td><code>${name}</code></td><td>${failures[name].status}</td><td>${safe(failures[name].words)}</td></tr>`;

function routeSection(route: Route): string {
  const parameters = (route.parameters ?? [])
    .map((p) => `<li><code>${safe(p.name)}</code> (${p.in}): ${prose(p.description)}</li>`)
    .join("");
  const answers = Object.entries(route.answers)
    .map(([status, answer]) => {
      const example = answer.example === undefined ? "" : code(answer.example);
      return `<li><b>${status}</b> ${prose(answer.description)}${example}</li>`;
    })
    .join("");
  const bodies = Object.values(route.body?.examples ?? {})
    .map((example) => code(example))
    .join("");
  const wrong = allFailures(route)
    .map((name) => `<a href="#${name}"><code>${name}</code></a>`)
    .join(" ");
  return `<section id="${anchor(route)}"><h3><span class="method">${route.method.toUpperCase()}</span> ${safe(route.path)}</h3>
<p><b>${safe(route.summary)}.</b> ${prose(route.description ?? "")}</p>${parameters ? `<ul>${parameters}</ul>` : ""}
${bodies ? `<p>Body, for instance:</p>${bodies}` : ""}${route.curl ? code(route.curl) : ""}
<ul class="answers">${answers}</ul>${wrong ? `<p>Failures: ${wrong}</p>` : ""}</section>`;
}

export const docsStyle = `:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h2 { margin-top: 3rem; text-transform: capitalize; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2rem; font-family: ui-monospace, monospace; font-size: 1rem; overflow-wrap: anywhere; }
.method { display: inline-block; padding: 0 .5em; border: 1px solid var(--line); border-radius: 4px; }
pre { overflow-x: auto; padding: .75rem; background: var(--soft); border-radius: 6px; font-size: .85rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
nav ul, .answers { list-style: none; padding-left: 0; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .5rem; border-top: 1px solid var(--line); }
`;
