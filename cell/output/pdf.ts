/** A plot's SVG as a PDF of one page, made in the browser: no code runs again for it; a chunk of its own; next: latex-view.ts. */
import { type Drawing, drawingOf, figure, type Placed } from "./pdf-drawing.ts";

const pixelsMax = 40_000_000;

/** Rejects where the picture is of another kind. */
export async function pdfOf(svg: string): Promise<Blob> {
  const drawing = drawingOf(svg);
  const images = await Promise.all(drawing.images.map(pixelsOf));
  const firstImage = 5;
  const named = images.map(({ name }, n) => `/${name} ${firstImage + 2 * n} 0 R`).join(" ");
  const objects: Piece[][] = [
    ["<< /Type /Catalog /Pages 2 0 R >>"],
    ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
    [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${figure(drawing.width)} ${figure(drawing.height)}] /Contents 4 0 R ` +
        `/Resources << /ExtGState << ${alphasOf(drawing)} >> /XObject << ${named} >> >> >>`,
    ],
    await stream("", new TextEncoder().encode(drawing.content)),
  ];
  for (const { width, height, colours, alphas } of images) {
    const about = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /BitsPerComponent 8`;
    objects.push(await stream(`${about} /ColorSpace /DeviceRGB /SMask ${objects.length + 2} 0 R`, colours));
    objects.push(await stream(`${about} /ColorSpace /DeviceGray`, alphas));
  }
  return new Blob(fileOf(objects), { type: "application/pdf" });
}

type Piece = string | Uint8Array<ArrayBuffer>;

const alphasOf = ({ alphas }: Drawing) =>
  [...alphas].map(([name, { fill, stroke }]) => `/${name} << /ca ${figure(fill)} /CA ${figure(stroke)} >>`).join(" ");

async function stream(about: string, content: Uint8Array<ArrayBuffer>): Promise<Piece[]> {
  const packed = new Response(new Blob([content]).stream().pipeThrough(new CompressionStream("deflate")));
  const bytes = new Uint8Array(await packed.arrayBuffer());
  return [`<< ${about} /Length ${bytes.length} /Filter /FlateDecode >>\nstream\n`, bytes, "\nendstream"];
}

/** All objects, and the table of where each begins. */
function fileOf(objects: readonly Piece[][]): Piece[] {
  const out: Piece[] = ["%PDF-1.4\n"];
  const starts: number[] = [];
  const length = () => out.reduce((sum, piece) => sum + piece.length, 0);
  for (const [n, pieces] of objects.entries()) {
    starts.push(length());
    out.push(`${n + 1} 0 obj\n`, ...pieces, "\nendobj\n");
  }
  const table = length();
  const entries = starts.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  out.push(
    `xref\n0 ${size}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`,
  );
  return out;
}

/** Of pixels inside the picture; an address of somewhere else is not fetched. */
async function pixelsOf({ name, href }: Placed) {
  if (!href.startsWith("data:image/png;base64,")) throw new Error("this picture has another picture in it");
  const bytes = Uint8Array.from(atob(href.slice(href.indexOf(",") + 1).replace(/\s/g, "")), (char) => char.charCodeAt(0));
  // Its header, before anything of that size is made.
  const [width, height] = [16, 20].map((at) => new DataView(bytes.buffer).getUint32(at)) as [number, number];
  if (width * height > pixelsMax) throw new Error("this picture is too large");
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(width, height).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const [colours, alphas] = [new Uint8Array(3 * width * height), new Uint8Array(width * height)];
  for (let at = 0; at < alphas.length; at++) {
    colours.set(data.subarray(4 * at, 4 * at + 3), 3 * at);
    alphas[at] = data[4 * at + 3] ?? 0;
  }
  return { name, width, height, colours, alphas };
}
