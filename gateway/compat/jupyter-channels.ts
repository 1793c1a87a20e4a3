/** The WebSocket of a kernel: all its channels in one; next: jupyter.ts. */
import type { RequestHandler } from "express";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { ownerOf } from "#gateway/compat/jupyter-clients.ts";
import type { JupyterKernels } from "#gateway/compat/jupyter-kernels.ts";
import { checkMessage } from "#gateway/compat/jupyter-messages.ts";
import { decode, v1Protocol, WireError } from "#gateway/compat/jupyter-wire.ts";
import { acceptWebSocket } from "#gateway/http/web-sockets.ts";

const partsMax = bounds.buffersMax + 6;

export function channels(kernels: JupyterKernels): RequestHandler {
  return async (request, response) => {
    const who = ownerOf(request, response);
    const { client } = who;
    const kernel = await kernels.get(String(request.params["id"]), who);
    const { session_id } = request.query;
    const named = typeof session_id === "string" && session_id !== "" && session_id.length <= bounds.idCharsMax;
    const clientSession = named ? session_id : undefined;
    kernel.mayConnect(clientSession);
    const socket = await acceptWebSocket(request, response, { protocols: [v1Protocol] });
    const format = socket.protocol === v1Protocol ? "v1" : "default";
    const outlet = kernel.connect(socket, { clientSession, format });
    socket.on("close", () => kernel.leave(outlet, socket));
    const window = { until: 0, messages: 0 };
    socket.on("message", (data: Buffer, isBinary) => {
      if (Date.now() > window.until) Object.assign(window, { until: Date.now() + bounds.windowMs, messages: 0 });
      if (++window.messages > bounds.messagesPerWindow) return socket.close(1008, "Too many messages.");
      try {
        const message = checkMessage(decode(data, { format, isBinary, partsMax }));
        void kernel.receive({ message, outlet, client, size: data.length });
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        socket.close(1007, `No message of Jupyter's: ${error.message}`.slice(0, 100));
      }
    });
  };
}
