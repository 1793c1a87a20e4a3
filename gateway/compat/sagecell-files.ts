/** Files of a kernel's computations under the kernel's address; next: ../http/files-routes.ts. */
import type { Request, RequestHandler } from "express";
import { pictureBytes, pictureNamed } from "#gateway/compat/sagecell-bundle.ts";
import type { ChannelParts } from "#gateway/compat/sagecell-channel.ts";
import { clientOf } from "#gateway/http/clients.ts";
import { fileSafety } from "#gateway/http/files-routes.ts";
import { Failure } from "#protocol/failures.ts";
import { filePathFault } from "#protocol/file-path.ts";

/** The newest of that name; or a picture that a message holds. */
export function kernelFiles(parts: ChannelParts, send: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    const kernel = parts.kernels.read(String(request.params["id"]));
    const path = ([] as string[]).concat(request.params["path"] ?? []).join("/");
    if (!kernel || filePathFault(path) !== undefined) throw noFile();
    const computations = await parts.kernels.computations(kernel.id, clientOf(response), parts.computations);
    const picture = pictureNamed(path);
    const holder = picture && computations[picture.computation - 1];
    if (picture && holder !== undefined) {
      const { messages } = await parts.computations.read(holder, picture.number - 1);
      const bytes = messages[0]?.number === picture.number ? pictureBytes(messages[0], picture.mime) : undefined;
      if (bytes) {
        response.set({ ...fileSafety, "Content-Type": picture.mime, "Cache-Control": "no-cache" });
        response.end(bytes);
        return;
      }
    }
    for (const computation of computations.toReversed()) {
      const found = await parts.files.fetch(computation, path, { range: "bytes=0-0" });
      await found.body?.cancel();
      if (!found.ok && found.status !== 416) continue;
      const params: Request["params"] = { id: computation, path: path.split("/") };
      request.params = params;
      return send(request, response, next);
    }
    throw noFile();
  };
}

const noFile = () => new Failure("notFound", { detail: "There is no such file." });
