// Builds cell/dist: cell.js (the loader), hashed chunks, the frame of the second origin, the start page. Prints what each part weighs.
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** Style sheets as minified text; the pieces of MathJax's font as imports of their own. */
const plugin = {
  name: "cell",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
    builder.onResolve({ filter: /^virtual:font-pieces$/ }, () => ({ path: "font-pieces", namespace: "virtual" }));
    builder.onLoad({ filter: /.*/, namespace: "virtual" }, async () => {
      const root = dirname(require.resolve("@mathjax/mathjax-newcm-font/package.json"));
      const names = (await readdir(join(root, "mjs/svg/dynamic")))
        .filter((name) => name.endsWith(".js"))
        .map((name) => basename(name, ".js"));
      const lines = names.map(
        (name) => `${JSON.stringify(name)}: () => import("@mathjax/mathjax-newcm-font/js/svg/dynamic/${name}.js"),`,
      );
      return { contents: `export const fontPieces = {\n${lines.join("\n")}\n};`, loader: "js", resolveDir: here };
    });
  },
};

const common = { bundle: true, minify: true, target: "es2022", legalComments: "linked", logLevel: "warning", charset: "utf8" };

/** Builds into a new directory first, so that a server always finds either the old files or the new ones. */
export async function buildCell(dist = join(here, "dist")) {
  const fresh = `${dist}.new-${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(join(fresh, "frame"), { recursive: true });
  const split = {
    ...common,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    metafile: true,
    plugins: [plugin],
  };
  const main = await build({
    ...split,
    entryPoints: {
      cell: join(here, "define.ts"),
      page: join(here, "pages/page.ts"),
      embed: join(here, "pages/embed.ts"),
      "embedded-parts": join(here, "embedded-parts.ts"),
    },
    outdir: fresh,
  });
  await buildEmbedded(join(fresh, "sagecell"));
  // The second origin serves the folder `frame` and nothing else: what runs there shares no file with the page.
  const frame = await build({ ...split, entryPoints: { frame: join(here, "frame/frame.ts") }, outdir: join(fresh, "frame") });
  await build({
    ...common,
    entryPoints: [join(here, "frame/three.mjs")],
    outfile: join(fresh, "frame/threejs/three.min.js"),
    format: "iife",
  });
  for (const name of ["frame.html", "frame.css"]) await cp(join(here, "frame", name), join(fresh, "frame", name));
  for (const name of await readdir(join(here, "pages"))) {
    if (/\.(html|css|svg)$/.test(name)) await cp(join(here, "pages", name), join(fresh, name));
  }
  await cp(join(here, "../examples"), join(fresh, "examples"), { recursive: true });
  await pinVersion(fresh);
  const sizes = await measure({ ...main.metafile.outputs, ...frame.metafile.outputs }, fresh);
  await writeFile(join(fresh, "sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
  const old = `${dist}.old-${process.pid}`;
  await rename(dist, old).catch(() => {});
  // Whoever built at the same time and was quicker built the same.
  await rename(fresh, dist).catch(() => rm(fresh, { recursive: true, force: true }));
  await rm(old, { recursive: true, force: true });
  return sizes;
}

/**
 * The cell once more under an address that is for this very content: what cell.js says names its chunks by their hashes. `version.json`
 * has that address and the loader's digest as subresource integrity wants it.
 */
async function pinVersion(fresh) {
  const loader = await readFile(join(fresh, "cell.js"));
  const version = createHash("sha256").update(loader).digest("hex").slice(0, 16);
  const pinned = join(fresh, "v", version);
  await cp(join(fresh, "chunks"), join(pinned, "chunks"), { recursive: true });
  await writeFile(join(pinned, "cell.js"), loader);
  const integrity = `sha384-${createHash("sha384").update(loader).digest("base64")}`;
  await writeFile(join(fresh, "version.json"), `${JSON.stringify({ cell: `/v/${version}/cell.js`, integrity })}\n`);
}

/** What pages written for SageMathCell load by its names; their classic script, and the library that it used to bring. */
async function buildEmbedded(outdir) {
  await build({
    ...common,
    plugins: [plugin],
    entryPoints: [join(here, "embedded-sagecell.ts")],
    outfile: join(outdir, "embedded_sagecell.js"),
    format: "iife",
  });
  await cp(join(dirname(require.resolve("jquery/package.json")), "dist/jquery.min.js"), join(outdir, "jquery.min.js"));
  const { code } = await transform(await readFile(join(here, "sagecell/style.css"), "utf8"), { loader: "css", minify: true });
  for (const name of ["sagecell.css", "sagecell_embed.css", "root.css"]) await writeFile(join(outdir, name), code);
  await writeFile(join(outdir, "robots.txt"), "User-agent: *\nDisallow: /kernel\n");
}

/** Builds only if a source is newer than what is built. */
export async function ensureCell(dist = join(here, "dist")) {
  const built = await stat(join(dist, "sizes.json")).catch(() => undefined);
  const sources = (await readdir(here, { recursive: true })).filter(
    (name) => !name.startsWith("dist") && !name.endsWith(".test.ts"),
  );
  const examples = (await readdir(join(here, "../examples"))).map((name) => `../examples/${name}`);
  const times = await Promise.all(
    [...sources, ...examples, "../package-lock.json"].map(async (name) => (await stat(join(here, name))).mtimeMs),
  );
  if (built && Math.max(...times) < built.mtimeMs) return JSON.parse(await readFile(join(dist, "sizes.json"), "utf8"));
  return buildCell(dist);
}

/** Bytes and gzip bytes of what is fetched for each part: the file and all it imports at once, minus what is already there. */
async function measure(built, outdir) {
  const outputs = new Map(Object.entries(built).map(([path, output]) => [join(process.cwd(), path), output]));
  const statics = (path, seen = new Set()) => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const { path: to, kind } of outputs.get(path)?.imports ?? []) {
      if (kind === "import-statement") statics(join(process.cwd(), to), seen);
    }
    return seen;
  };
  const weigh = async (paths) => {
    const contents = await Promise.all([...paths].map((path) => readFile(path)));
    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
    return {
      files: contents.length,
      bytes: sum(contents.map((c) => c.length)),
      gzip: sum(contents.map((c) => gzipSync(c, { level: 9 }).length)),
    };
  };
  const entryOf = (source) => [...outputs].find(([, { entryPoint }]) => entryPoint?.endsWith(source))?.[0];
  const loader = statics(entryOf("cell/define.ts"));
  const parts = { loader: await weigh(loader) };
  const lazy = {
    output: "output/view.ts",
    editor: "editor/code-editor.ts",
    mathematics: "math/mathjax.ts",
    widgets: "widgets/widget-view.ts",
    sessions: "session/seat.ts",
    sharing: "share/share-panel.ts",
    zip: "output/zip.ts",
    page: "pages/page.ts",
    embed: "pages/embed.ts",
    wishes: "wishes/wishes.ts",
    enlarging: "output/enlarged.ts",
    pdf: "output/pdf.ts",
    frame: "frame/frame.ts",
    "other-widgets": "frame/frame-widgets.ts",
  };
  for (const [name, source] of Object.entries(lazy)) {
    const entry = entryOf(source);
    if (entry) parts[name] = await weigh([...statics(entry)].filter((path) => !loader.has(path)));
  }
  parts["3-D"] = await weigh([join(outdir, "frame/threejs/three.min.js")]);
  return parts;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = performance.now();
  const sizes = await buildCell(process.argv[2]);
  for (const [name, { files, bytes, gzip }] of Object.entries(sizes)) {
    console.log(
      `${name.padEnd(12)} ${String(files).padStart(2)} files ${(bytes / 1024).toFixed(1).padStart(8)} KB ${(gzip / 1024).toFixed(1).padStart(7)} KB gzip`,
    );
  }
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
