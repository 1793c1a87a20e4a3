/** A plot's PDF, made in the page from its SVG; next: embedding.test.ts. */
import { readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import { inChromium, page, pageOf, server, visit } from "./cell-page.ts";
import { ok } from "./scripted-server.ts";
import { display } from "./transcripts.ts";

inChromium({ opens: false });

/** Two pixels: red, and blue that lets half of what is below through. */
const png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAYAAAD0In+KAAAADklEQVR4nGP4z8AAQg0AD3oDfnfpf5cAAAAASUVORK5CYII=";
const plot = (inside: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="72pt" height="36pt" viewBox="0 0 72 36">
  <defs><style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style></defs>
  <g id="figure_1">${inside}</g>
  <defs><clipPath id="p"><rect x="1" y="2" width="70" height="30"/></clipPath>
  <pattern id="h"><rect x="0" y="0" width="9" height="9" fill="#00ff00"/><path d="M 0 0 L 9 9"/></pattern></defs></svg>`;

const button = (name: string) => page.getByRole("button", { name });
const enlarged = async (svg: string) => {
  server.scripts.set("x", [display({ "text/plain": "A plot", "image/svg+xml": svg }), ok]);
  const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'; style-src 'self'; img-src blob: data:">`;
  server.files.set("/try.html", pageOf("<sage-cell><pre>x</pre></sage-cell>").replace("<title>", `${policy}<title>`));
  await visit(`${server.url}/try.html`);
  await page.locator("sage-cell .run").click();
  await button("Enlarge: A plot").click();
  await button("Save as SVG").waitFor();
};
const saved = async () => {
  const coming = page.waitForEvent("download");
  await button("Save as PDF").click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe("picture.pdf");
  return readFile(await download.path());
};

/** The objects of a PDF, found by its table alone. */
function objectsOf(pdf: Buffer): { head: string; content: Buffer | undefined }[] {
  const text = pdf.toString("latin1");
  const table = text.slice(Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]));
  return [...table.matchAll(/^(\d{10}) 00000 n $/gm)].map(([, at], n) => {
    const from = text.slice(Number(at));
    expect(from.startsWith(`${n + 1} 0 obj\n`)).toBe(true);
    const [head = ""] = from.split(/stream\n|endobj/);
    const length = Number(/\/Length (\d+)/.exec(head)?.[1]);
    const start = Number(at) + head.length + "stream\n".length;
    return { head, content: length > 0 ? inflateSync(pdf.subarray(start, start + length)) : undefined };
  });
}

it("has one page of its size, with its lines, fills, marks, clips and pixels, under a strict policy too", async () => {
  await enlarged(
    plot(`<path d="M 0 0 L 72 0 Q 72 36 0 36 z" style="fill: #ff0000; opacity: 0.5"/>
      <path d="M 1 1 C 2 2 3 3 4 4" style="fill: none; stroke: #0000ff; stroke-width: 1.5; stroke-dasharray: 3,2"/>
      <path d="M 5 5 L 6 6" style="fill: url(#h)"/>
      <g clip-path="url(#p)"><defs><path id="m" d="M 0 0 L 1 1" style="stroke: #000000"/></defs>
        <use xlink:href="#m" x="9" y="8" style="stroke: #0000ff" transform="translate(1 2) rotate(90)"/></g>
      <image x="10" y="20" width="4" height="2" xlink:href="data:image/png;base64,${png}"/>`),
  );
  const [, , about, drawing, colours, alphas, ...more] = objectsOf(await saved());
  expect(more).toEqual([]);
  expect(about?.head).toContain("/MediaBox [0 0 72 36]");
  expect(about?.head).toContain("/A500x500 << /ca 0.5 /CA 0.5 >>");
  const lines = drawing?.content?.toString().split("\n") ?? [];
  expect(lines[1]).toBe("1 0 0 -1 0 36 cm");
  const has = (...some: string[]) => expect(lines.join("\n")).toContain(some.join("\n"));
  has("/A500x500 gs", "1 0 0 rg", "0 0 m", "72 0 l", "72 24 48 36 0 36 c", " h", "f");
  has("0 0 1 RG", "1.5 w 0 J 1 j", "[3 2] 0 d", "1 1 m", "2 2 3 3 4 4 c", "S");
  has("0 1 0 rg", "5 5 m", "6 6 l", "f");
  has("1 2 70 30 re", "W n");
  has("1 0 0 1 1 2 cm", "0 1 -1 0 0 0 cm", "1 0 0 1 9 8 cm");
  has("4 0 0 -2 10 22 cm /I0 Do");
  expect([...(colours?.content ?? [])]).toEqual([255, 0, 0, 0, 0, 255]);
  expect([...(alphas?.content ?? [])]).toEqual([255, 128]);
});

it.each([
  ["uses that use each other without end", '<g id="a"><use xlink:href="#a"/></g><use xlink:href="#a"/>'],
  ["a picture from elsewhere", '<image width="1" height="1" xlink:href="http://127.0.0.1:9/x.png"/>'],
  ["numbers that are none", '<path d="M 1 1e99"/>'],
])("of %s is none, and says so", async (_, inside) => {
  await enlarged(plot(inside));
  await button("Save as PDF").click();
  await button("This picture could not be read.").waitFor();
});

it("is not offered of an SVG that is no plot of matplotlib", async () => {
  await enlarged('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>words</text></svg>');
  await button("Save as PNG").waitFor();
  expect(await button("Save as PDF").count()).toBe(0);
});
