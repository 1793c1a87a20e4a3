/** A way to a server that a test can shut and open again, as a network or a server that is away for a while; next: the tests. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export type Forwarder = { port: number; shut: () => Promise<void>; open: () => Promise<void> };

/** Forwards to `port` on this machine; shut, it refuses and breaks what was open. */
export const startForwarder = async (port: number): Promise<Forwarder> => {
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    return socket;
  };
  let server: Server;
  const listen = (own: number) =>
    new Promise<number>((resolve, reject) => {
      server = createServer((from) => {
        const to = hold(connect(port, "127.0.0.1"));
        hold(from).pipe(to).pipe(from);
        to.once("close", () => from.destroy());
        from.once("close", () => to.destroy());
      });
      server.once("error", reject).listen(own, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  const own = await listen(0);
  return {
    port: own,
    shut: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: async () => void (await listen(own)),
  };
};
