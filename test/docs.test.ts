/** The papers agree with what they speak of; next: architecture.test.ts. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { failures } from "#protocol/failures.ts";
import { kernelPermissions, streamSubjects, subjects } from "#protocol/subjects.ts";
import { madePages } from "#test/made-pages.ts";
import { processes } from "#test/settings-table.ts";
import { allFiles, isTest, read, root } from "#test/tree.ts";

const papers = allFiles.filter((path) => path.endsWith(".md"));
const sources = allFiles.filter((path) => path.endsWith(".ts") && !isTest(path));
const starters = allFiles.filter((path) => /\.(mjs|py)$/.test(path));
/** The first cell of every row of the tables, without its backticks. */
const rows = (page: string) => [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? "");

describe("the papers", () => {
  test.each(Object.entries(madePages))("%s is what the code says (npm run docs writes it)", (path, page) => {
    expect(read(path)).toBe(page());
  });
  test("every setting is described", () => {
    const silent = processes.flatMap(([name, schema]) =>
      Object.entries(schema.shape).flatMap(([key, field]) => (field.description ? [] : [`${name}: ${key}`])),
    );
    expect(silent).toEqual([]);
  });
  test("docs/nats.md has every subject, both streams and what a kernel may do", () => {
    const documented = {
      computation: subjects.computation("<cid>"),
      session: subjects.session("<sid>"),
      out: subjects.out("<kid>", "<cid or sid>"),
      exec: subjects.exec("<kid>"),
      request: subjects.request("<kid>"),
      control: subjects.control("<kid>"),
      ack: subjects.ack("<kid>", "<cid or sid>"),
      reply: subjects.reply("<kid>", "<gid>", "<n>"),
      kernelStatus: subjects.kernelStatus("<kid>"),
      gatewayStatus: subjects.gatewayStatus("<gid>"),
      recorded: subjects.recorded("<subject>"),
      condemn: subjects.condemn("<name>"),
      destroyed: subjects.destroyed("<name>"),
    } satisfies Record<keyof typeof subjects, string>;
    expect(Object.keys(documented).sort()).toEqual(Object.keys(subjects).sort());
    const page = read("docs/nats.md");
    expect(rows(page).sort()).toEqual(Object.values(documented).sort());
    const { publish, subscribe } = kernelPermissions("<kid>");
    const { computations, transcripts, ackSource, ackDestination } = streamSubjects;
    for (const subject of [...publish, ...subscribe, ...computations, ...transcripts, ackSource, ackDestination])
      expect(page).toContain(`\`${subject}\``);
  });
  test("docs/metrics.md has every metric that is registered, and no other", () => {
    const registered = sources.flatMap((path) => [...read(path).matchAll(/"(sandcell_[a-z_]+)"/g)].map(([, name]) => name));
    expect(rows(read("docs/metrics.md")).sort()).toEqual([...new Set(registered)].sort());
  });
  test("a variable that a paper names is a setting, or one of the installer's and the tests'", () => {
    const known = new Set(rows(read("docs/settings.md")));
    const ours = new Set(starters.flatMap((path) => read(path).match(/SANDCELL_[A-Z_]+/g) ?? []));
    const strange = papers.flatMap((paper) =>
      (read(paper).match(/SANDCELL_[A-Z_]+/g) ?? [])
        .filter((name) => !known.has(name) && !ours.has(name))
        .map((name) => `${paper}: ${name}`),
    );
    expect(strange).toEqual([]);
  });
  test("every link to a file of ours leads somewhere", () => {
    const dead = papers.flatMap((paper) =>
      [...read(paper).matchAll(/\]\((?![a-z]+:)([^)#]+)(?:#[^)]*)?\)/g)]
        .filter(([, path]) => !existsSync(join(root, dirname(paper), path ?? "")))
        .map(([, path]) => `${paper} -> ${path}`),
    );
    expect(dead).toEqual([]);
  });
  test("every file and command that a paper names is there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const gone = papers.flatMap((paper) => {
      const named = [...read(paper).matchAll(/`([a-z-]+(?:\/[\w.-]+)+\/?)`/g)].map(([, path]) => path ?? "");
      const missing = named.filter((path) => isOurs(path) && !existsSync(join(root, path)));
      const commands = [...read(paper).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? "");
      return [...missing, ...commands.filter((name) => !scripts[name])].map((name) => `${paper}: ${name}`);
    });
    expect(gone).toEqual([]);
  });
  test("every failure has words, and those with 429 or 503 let the client come back", () => {
    for (const { status, retry, words } of Object.values(failures)) {
      expect(words).toMatch(/\.$/);
      if (status === 429 || status === 503) expect(retry).toBe(true);
    }
  });
});

/** A path that begins with one of our folders; others are addresses, images or the visitor's own. */
const isOurs = (path: string): boolean => existsSync(join(root, path.split("/")[0] ?? "")) && !path.startsWith("cell/dist");
