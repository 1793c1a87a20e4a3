/** What an admin looks at: every metric that alerts, dashboard and questions name is there, every alert has its runbook line; next: render.ts. */
import { collectDefaultMetrics, Registry } from "prom-client";
import { parse } from "yaml";
import { read } from "#test/tree.ts";

type Rule = {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
};
const { groups } = parse(read("charts/sandcell/files/alerts.yaml")) as { groups: { rules: Rule[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read("charts/sandcell/files/dashboard.json")) as {
  panels: { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number }; targets: { expr: string }[] }[];
};
const metricsPage = read("docs/metrics.md");
const questions = [...metricsPage.matchAll(/^\| (\d+)\. .+? \| (.+) \|$/gm)].map(([, number, answer = ""]) => ({
  number,
  answer,
}));

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const known = new Set([
  ...[...metricsPage.matchAll(/^\| `(sandcell_\w+)` \|/gm)].map(([, name]) => name),
  ...registry.getMetricsAsArray().map(({ name }) => name),
]);
const unknownIn = (text: string) =>
  (text.match(/\b(?:sandcell|process|nodejs)_[a-z0-9_]+/g) ?? []).filter(
    (name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, "")),
  );

test("alerts name only metrics that there are", () => {
  expect(alerts.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
});
test("so do the dashboard's panels, which do not lie on one another", () => {
  expect(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => unknownIn(expr)))).toEqual([]);
  const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(places).size).toBe(places.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
test("the page has ten questions, each with a query of metrics that there are", () => {
  expect(questions.map(({ number }) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const { answer } of questions) {
    expect(answer).toMatch(/`[^`]*(sandcell|process)_[^`]*`/);
    expect(unknownIn(answer)).toEqual([]);
  }
});
test("every alert says what to do, in the words of docs/operating.md, and no other is told of there", () => {
  const rows = [...read("docs/operating.md").matchAll(/^\| `(Sandcell\w+)` \| (.*?) \| (.*) \|$/gm)];
  const told = Object.fromEntries(rows.map(([, alert = "", , act]) => [alert, act]));
  expect(Object.fromEntries(alerts.map(({ alert, annotations }) => [alert, annotations.runbook]))).toEqual(told);
  for (const { annotations, labels } of alerts) {
    expect(annotations.summary).toMatch(/\.$/);
    expect(["warning", "critical"]).toContain(labels.severity);
  }
});
