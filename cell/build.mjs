// Builds cell/dist from the browser's TypeScript: `node cell/build.mjs`. Plain JavaScript, because the installer runs it too.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const fresh = `${dist}.${process.pid}`;
const pieces = join(here, "../node_modules/@mathjax/mathjax-newcm-font/mjs/svg/dynamic");

/** MathJax asks for the rarer parts of its font by name: each becomes a chunk that is loaded when a formula needs it. */
const fontPieces = {
  name: "font-pieces",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:font-pieces$/ }, ({ path }) => ({ path, namespace: "font-pieces" }));
    onLoad({ filter: /.*/, namespace: "font-pieces" }, () => {
      const names = readdirSync(pieces).filter((name) => name.endsWith(".js"));
      const entries = names.map(
        (name) => `${JSON.stringify(name.slice(0, -3))}: () => import(${JSON.stringify(join(pieces, name))})`,
      );
      return { contents: `export const fontPieces = {${entries.join(",\n")}};`, loader: "js", resolveDir: pieces };
    });
  },
};

const shared = {
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  target: ["es2022", "firefox115", "safari16.4"],
  loader: { ".css": "text" },
  plugins: [fontPieces],
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "linked",
  logLevel: "warning",
};

rmSync(fresh, { recursive: true, force: true });
mkdirSync(join(fresh, "frame/threejs"), { recursive: true });
await build({ ...shared, entryPoints: { cell: join(here, "define.ts"), page: join(here, "pages/page.ts") }, outdir: fresh });
await build({ ...shared, entryPoints: { frame: join(here, "frame/frame.ts") }, outdir: join(fresh, "frame") });
await build({
  bundle: true,
  format: "iife",
  minify: true,
  target: "es2020",
  legalComments: "linked",
  logLevel: "warning",
  entryPoints: [join(here, "frame/three.mjs")],
  outfile: join(fresh, "frame/threejs/three.min.js"),
});
for (const name of ["index.html", "page.css"]) cpSync(join(here, "pages", name), join(fresh, name));
for (const name of ["frame.html", "frame.css"]) cpSync(join(here, "frame", name), join(fresh, "frame", name));
writeFileSync(join(fresh, "sizes.json"), JSON.stringify(sizes(fresh), null, 1));
rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
for (const [name, { gzip }] of Object.entries(JSON.parse(readFileSync(join(dist, "sizes.json"), "utf8"))))
  if (!name.includes("chunks/") || /(?:code-editor|mathjax|view)-/.test(name))
    console.log(`${name.padEnd(44)} ${(gzip / 1000).toFixed(1)} kB gzip`);

/** Bytes as they are and as they travel. */
function sizes(folder, below = "") {
  const found = {};
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) Object.assign(found, sizes(folder, name));
    else if (/\.(?:js|css|html)$/.test(name) && existsSync(join(folder, name))) {
      const bytes = readFileSync(join(folder, name));
      found[name] = { bytes: bytes.length, gzip: gzipSync(bytes).length };
    }
  }
  return found;
}
