/** The arguments of a request as SageMathCell's clients send them: in the query, or in a form of either encoding; next: sagecell.ts. */
import type { Request } from "express";
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import { Failure } from "#protocol/failures.ts";

/** Forms that are being read; beyond it, 503. */
const underWayMax = 64;
let underWay = 0;

/** A body of another type has no arguments, whatever it says. Throws Failure tooLarge, invalid, unavailable. */
export async function formOf(request: Request): Promise<URLSearchParams> {
  const found = new URLSearchParams(request.url.split("?")[1] ?? "");
  const type = request.headers["content-type"] ?? "";
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(type)) return found;
  if (Number(request.headers["content-length"] ?? 0) > bounds.formBytesMax) throw tooLarge();
  if (underWay >= underWayMax) throw new Failure("unavailable", { detail: "Too much is being uploaded at this moment." });
  underWay++;
  try {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > bounds.formBytesMax) throw tooLarge();
      parts.push(part);
    }
    const form = await new Response(Buffer.concat(parts), { headers: { "content-type": type } }).formData();
    for (const [name, value] of form) if (typeof value === "string") found.append(name, value);
    return found;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure("invalid", { detail: "The body is no form." });
  } finally {
    underWay--;
  }
}

const tooLarge = () => new Failure("tooLarge", { detail: `The form may have ${bounds.formBytesMax} bytes.` });
