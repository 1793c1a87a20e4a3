/** The house: who may import whom and what, and how sources are made; next: docs.test.ts. */
import { posix } from "node:path";
import { type Import, importsOf, packageOf, pythonImportsOf } from "#test/imports.ts";
import { allFiles, isTest, read } from "#test/tree.ts";

/** Which of our folders a folder may import, beside itself. Tests beside the code may import test/ too. */
const arrows: Record<string, readonly string[]> = {
  protocol: [],
  service: ["protocol"],
  database: ["protocol"],
  operator: ["protocol", "service"],
  gateway: ["protocol", "service", "database"],
  agent: ["protocol", "service"],
  // Its SQLite and GridFS stores open databases the way the database folder does.
  filestore: ["protocol", "service", "database"],
  cell: ["protocol"],
  "kernel-image": [],
  // It starts gateway, agent and filestore as processes, with settings, like anybody else would.
  standalone: ["protocol", "service", "operator"],
  // Load from outside: of the system it knows the interface alone. Its starter has the installer bring what it needs.
  loadtest: ["protocol", "standalone"],
};
/** Folders that are processes: they meet in the protocol. */
const processes = ["gateway", "agent", "filestore", "operator", "cell", "standalone"];
/** Which files alone may import a module. */
const owners: Record<string, readonly string[]> = {
  zod: ["protocol/", "service/", "database/", "operator/", "gateway/", "agent/", "filestore/", "standalone/main.ts"],
  "@nats-io/transport-node": ["service/nats.ts", "agent/serve.ts", "gateway/kernel-link.ts"],
  "@nats-io/jetstream": ["service/ledger.ts"],
  "@nats-io/jwt": ["standalone/nats-setup.ts", "operator/auth-callout.ts"],
  "@nats-io/nkeys": [
    "standalone/nats-setup.ts",
    "operator/auth-callout.ts",
    "operator/nats-issuer.ts",
    "operator/nats-signatures.ts",
  ],
  pino: ["service/log.ts"],
  "prom-client": [
    "service/metrics.ts",
    "gateway/metrics.ts",
    "gateway/http/request-log.ts",
    "gateway/http/turn-away.ts",
    "filestore/app.ts",
    "operator/metrics.ts",
  ],
  express: ["gateway/app.ts", "gateway/http/", "gateway/compat/", "filestore/app.ts"],
  helmet: ["gateway/http/"],
  ws: ["gateway/http/web-sockets.ts", "loadtest/"],
  "rate-limiter-flexible": ["gateway/http/clients.ts", "gateway/http/links-routes.ts", "gateway/compat/"],
  "@asteasolutions/zod-to-openapi": ["gateway/http/openapi.ts"],
  mongoose: ["database/mongo.ts", "filestore/gridfs.ts"],
  "node:sqlite": ["database/sqlite.ts"],
  "@codemirror": ["cell/editor/"],
  "@lezer": ["cell/editor/"],
  "@mathjax": ["cell/math/"],
  ansi_up: ["cell/output/ansi.ts"],
  jquery: ["cell/embedded-sagecell.ts", "cell/sagecell/"],
  "client-zip": ["cell/output/zip.ts"],
  uqr: ["cell/share/qr-picture.ts"],
  three: ["cell/frame/three.mjs"],
  "@jupyter-widgets": ["cell/frame/"],
  "@lumino": ["cell/frame/"],
  esbuild: ["cell/build.mjs"],
  // Kubernetes' own shapes travel no further than the edge.
  "@kubernetes": ["operator/kubernetes/", "operator/pool/kubernetes-kernels.ts"],
  undici: ["operator/kubernetes/connection.ts", "loadtest/generator/http.ts"],
  // k6's own modules, which k6 or the adapter has.
  k6: ["loadtest/"],
  "@opentelemetry": ["gateway/traces.ts"],
};
/** Whose types others may name without touching the module. */
const typesFor: Record<string, readonly string[]> = {
  "@nats-io/transport-node": [
    "service/",
    "gateway/",
    "agent/",
    "operator/",
    "standalone/pool-service.ts",
    "standalone/ledger-watch.ts",
  ],
  "prom-client": ["gateway/", "filestore/", "service/", "operator/"],
  express: ["gateway/", "filestore/"],
  ws: ["gateway/"],
  pino: ["service/"],
  "@kubernetes": ["operator/pool/pod-template.ts", "operator/pool/pod-reading.ts"],
};
/** What the kernel may import beside the standard library: Sage's root has it. `sandcell_kernel` is its own name inside. */
const kernelModules = ["sage", "IPython", "ipywidgets", "comm", "matplotlib", "numpy", "PIL", "traitlets", "sandcell_kernel"];

const scripts = allFiles
  .filter((path) => /\.(ts|mjs)$|^loadtest\/.*\.js$/.test(path))
  .map((path) => ({ path, text: read(path) }));
const python = allFiles.filter((path) => path.endsWith(".py")).map((path) => ({ path, text: read(path) }));
const sources = [...scripts, ...python];
const product = scripts.filter(({ path }) => !isTest(path) && !path.startsWith("docs/") && path.includes("/"));
const folderOf = (path: string) => path.split("/")[0] ?? "";
const begins = (path: string, places: readonly string[] = []) => places.some((place) => path.startsWith(place));
/** The file of ours that an import names, from the root; undefined for modules of others. */
const targetOf = (path: string, { from }: Import) =>
  from.startsWith("#") ? from.slice(1) : from.startsWith(".") ? posix.join(posix.dirname(path), from) : undefined;
const wrongImports = (files: typeof scripts, isWrong: (path: string, found: Import) => boolean) =>
  files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((found) => isWrong(path, found))
      .map(({ from }) => `${path} -> ${from}`),
  );

describe("arrows", () => {
  test("folders import only along the arrows", () => {
    const beside = scripts.filter(({ path }) => arrows[folderOf(path)]);
    expect(Object.keys(arrows).filter((folder) => !allFiles.some((path) => path.startsWith(`${folder}/`)))).toEqual([]);
    expect(
      wrongImports(beside, (path, found) => {
        const folder = folderOf(targetOf(path, found) ?? path);
        return folder !== folderOf(path) && !arrows[folderOf(path)]?.includes(folder) && !(isTest(path) && folder === "test");
      }),
    ).toEqual([]);
  });
  test("processes never import each other; only the one-machine system shares the pool's deciding", () => {
    expect(
      wrongImports(product, (path, found) => {
        const [from, to] = [folderOf(path), folderOf(targetOf(path, found) ?? path)];
        const sharesPool = from === "standalone" && to === "operator";
        return from !== to && processes.includes(from) && processes.includes(to) && !sharesPool;
      }),
    ).toEqual([]);
  });
  test("nothing of the gateway relies on a translator but the app that mounts it", () => {
    const others = product.filter(({ path }) => !begins(path, ["gateway/compat/", "gateway/app.ts"]));
    expect(wrongImports(others, (path, found) => begins(targetOf(path, found) ?? "", ["gateway/compat/"]))).toEqual([]);
  });
  test("the cell takes types from the protocol and nothing else of ours", () => {
    const cell = product.filter(({ path }) => path.startsWith("cell/"));
    expect(wrongImports(cell, (_, { from, type }) => from.startsWith("#protocol/") && !type)).toEqual([]);
  });
  test("a third-party module is touched only where it is at home", () => {
    expect(
      wrongImports(product, (path, { from, type }) => {
        const name = packageOf(from);
        if (!name) return false;
        const key = name in owners ? name : folderOf(name);
        return !begins(path, owners[key]) && !(type && begins(path, typesFor[key]));
      }),
    ).toEqual([]);
  });
  test("what starts before anything is installed imports nothing that must be installed", () => {
    const starters = scripts.filter(({ path }) => /^(standalone|test)\/.*\.mjs$/.test(path) && !path.endsWith("config.mjs"));
    expect(starters.length).toBeGreaterThan(5);
    expect(wrongImports(starters, (_, { from }) => !from.startsWith("node:") && !/^\..*\.mjs$/.test(from))).toEqual([]);
  });
  test("no file imports itself through others", () => {
    const graph = new Map(
      product.map(({ path, text }) => [
        path,
        importsOf(text).flatMap((found) => (found.type || found.lazy ? [] : [targetOf(path, found)])),
      ]),
    );
    const circles: string[] = [];
    const over = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
      if (over.has(path) || way.includes(path)) return;
      for (const next of graph.get(path) ?? []) if (next) visit(next, [...way, path]);
      over.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
  test("the kernel is Python's standard library, Sage and IPython; what builds it is the standard library", () => {
    const wrong = python
      .filter(({ path }) => path.startsWith("kernel-image/") && !isTest(path))
      .flatMap(({ path, text }) => {
        const own = path.startsWith("kernel-image/kernel/") ? kernelModules : [];
        const neighbours = allFiles.filter((other) => posix.dirname(other) === posix.dirname(path));
        return pythonImportsOf(text)
          .filter((name) => !own.includes(name) && !neighbours.some((other) => other.endsWith(`/${name}.py`)))
          .map((name) => `${path} -> ${name}`);
      });
    expect(wrong).toEqual([]);
  });
});

describe("habits", () => {
  test("the environment is read in one place, and by what runs without our tree", () => {
    const readers = product.filter(({ text }) => /(?<![\w.])process\.env\b/.test(text)).map(({ path }) => path);
    expect(
      readers.filter(
        (path) =>
          path !== "service/settings.ts" &&
          // Scripts for k6 have their settings in the environment.
          path !== "loadtest/adapter/main.ts" &&
          !/^(standalone\/(start|install\/[\w-]+)|charts\/sandcell\/files\/[\w-]+|loadtest\/run)\.mjs$/.test(path),
      ),
    ).toEqual([]);
  });
  test("subjects are built in protocol/subjects.ts alone", () => {
    const built = product.filter(({ text }) => /["'`](kernel|gateway|pool|computation|session|recorded)\.[*$]/.test(text));
    expect(built.map(({ path }) => path)).toEqual(["protocol/subjects.ts"]);
  });
  test("no source is longer than 300 lines, and no main.ts than 80", () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ path, lines }) => lines > (path.endsWith("/main.ts") && !isTest(path) ? 80 : 300));
    expect(long).toEqual([]);
  });
  test("no file has a name that says nothing", () => {
    const nothing = /(^|\/)(utils?|helpers?|common|types|misc|managers?|index)(\.d)?\.(ts|mts|py|mjs|cjs)$/;
    expect(allFiles.filter((path) => nothing.test(path))).toEqual([]);
  });
  test("every source opens by saying what it is", () => {
    const silent = sources.filter(({ path, text }) => {
      const opening = path.endsWith(".py")
        ? /^(#!.*\n)?"""\S/
        : path.endsWith(".ts")
          ? /^\/\*\*\s/
          : /^(#!.*\n)?\/\/ |^\/\*\*\s/;
      return text.trim() !== "" && !opening.test(text);
    });
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
  test("the file that an opening names as the next one exists", () => {
    const gone = sources.flatMap(({ path, text }) => {
      const [, next] = /^(?:#!.*\n)?(?:\/\*\*|"""|\/\/)[^;]*?[;.] [Nn]ext: ([\w./-]+\.(?:ts|mjs|py))/.exec(text) ?? [];
      if (!next) return [];
      const folder = posix.dirname(path);
      const places = [posix.join(folder, next), next, posix.join(folder, "..", next)];
      return places.some((place) => allFiles.includes(place)) ? [] : [`${path}: ${next}`];
    });
    expect(gone).toEqual([]);
  });
  test("no source knows a machine's folders or the address of a registry", () => {
    const machine = /(?<![\w.~$}/-])\/(work|root|home|Users|tmp\/w)\//;
    const registry = /registry\.npmjs|pypi\.org|pythonhosted|proxy\.golang|deb\.debian|security\.debian|repo1?\.maven/;
    const knowing = allFiles
      .filter(
        (path) =>
          /\.(ts|mts|mjs|cjs|py|c|json|lock|xml|md|conf|html)$|\.ci\/run$/.test(path) && !path.endsWith("architecture.test.ts"),
      )
      .filter((path) => machine.test(read(path)) || registry.test(read(path)));
    expect(knowing).toEqual([]);
  });
});
