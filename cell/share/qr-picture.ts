/** A QR code, made in the page: nobody else learns the link. A chunk of its own; next: share-panel.ts. */
import { encode } from "uqr";

const pixels = 4;

export function qrPicture(text: string, description: string): HTMLCanvasElement {
  const { data, size } = encode(text, { ecc: "L", border: 2 });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * pixels;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", description);
  const pen = canvas.getContext("2d");
  if (!pen) return canvas;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  for (const [y, row] of data.entries())
    for (const [x, dark] of row.entries()) if (dark) pen.fillRect(x * pixels, y * pixels, pixels, pixels);
  return canvas;
}
