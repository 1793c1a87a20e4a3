/** One reader that comes and goes; next: jupyter-channels.test.ts. */
import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import { bounds } from "#gateway/compat/jupyter-bounds.ts";
import { makeMessage } from "#gateway/compat/jupyter-messages.ts";
import { Outlet, Packed } from "#gateway/compat/jupyter-outlet.ts";
import type { Channel } from "#gateway/compat/jupyter-wire.ts";

/** A socket whose far side reads when the test says so. */
class Far extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  ended = "";
  readonly read: string[] = [];
  #held: { data: string; taken: () => void }[] = [];
  reads = true;
  send(data: string, taken: () => void): void {
    this.bufferedAmount += data.length;
    this.#held.push({ data, taken });
    if (this.reads) this.take();
  }
  take(): void {
    for (const { data, taken } of this.#held.splice(0)) {
      this.bufferedAmount -= data.length;
      this.read.push((JSON.parse(data) as { content: { n: string } }).content.n);
      queueMicrotask(taken);
    }
  }
  close(): void {
    this.ended ||= "closed";
  }
  terminate(): void {
    this.ended ||= "terminated";
  }
  get socket(): WebSocket {
    return this as unknown as WebSocket;
  }
}

const said = (n: string | number, of: { channel?: Channel; msg_type?: string } = {}) =>
  new Packed(
    makeMessage({ channel: "iopub", msg_type: "stream", parent: undefined, session: "s", content: { n: String(n) }, ...of }),
  );
const make = () =>
  new Outlet("client", () =>
    makeMessage({ channel: "iopub", msg_type: "stream", parent: undefined, session: "s", content: { n: "lost" } }),
  );

describe("a reader", () => {
  test("that comes back hears what it missed, in order and once", () => {
    const outlet = make();
    const [first, second] = [new Far(), new Far()];
    outlet.attach(first.socket, "default");
    outlet.put(said(1));
    outlet.detach(first.socket);
    for (const n of [2, 3]) outlet.put(said(n));
    outlet.attach(second.socket, "default");
    outlet.put(said(4));
    expect([first.read, second.read]).toEqual([["1"], ["2", "3", "4"]]);
  });
  test("that comes back before its old socket is known to be dead has the new one alone", () => {
    const outlet = make();
    const [first, second] = [new Far(), new Far()];
    outlet.attach(first.socket, "default");
    outlet.attach(second.socket, "default");
    expect(first.ended).toBe("closed");
    expect(outlet.detach(first.socket)).toBe(false);
    outlet.put(said(1));
    expect([first.read, second.read]).toEqual([[], ["1"]]);
  });
  test("that is away for long keeps every reply and state, the newest output, and a word where some is missing", () => {
    const outlet = make();
    const gone = new Far();
    outlet.attach(gone.socket, "default");
    outlet.detach(gone.socket);
    outlet.put(said("state", { msg_type: "status" }));
    outlet.put(said("reply", { channel: "shell", msg_type: "execute_reply" }));
    const many = bounds.awayMessagesMax + 10;
    for (let n = 1; n <= many; n++) outlet.put(said(n));
    const back = new Far();
    outlet.attach(back.socket, "default");
    expect(back.read.slice(0, 3)).toEqual(["state", "reply", "lost"]);
    const kept = back.read.slice(3).map(Number);
    expect(kept.at(-1)).toBe(many);
    expect(kept).toEqual(kept.map((_, at) => (kept[0] ?? 0) + at));
    expect(kept.length).toBeLessThanOrEqual(bounds.awayMessagesMax);
  });
  test("that reads slowly is waited for, and the socket is given a bounded amount at a time", async () => {
    const outlet = make();
    const slow = new Far();
    slow.reads = false;
    outlet.attach(slow.socket, "default");
    const piece = "x".repeat(bounds.socketBytesMax / 2);
    for (let n = 0; n < 16; n++) outlet.put(said(piece));
    expect(slow.bufferedAmount).toBeLessThan(2 * bounds.socketBytesMax);
    let roomy = false;
    const waiting = outlet.room().then(() => {
      roomy = true;
    });
    await Promise.resolve();
    expect(roomy).toBe(false);
    slow.reads = true;
    slow.take();
    await waiting;
    expect(slow.ended).toBe("");
  });
  test("for which too much waits is cut off", () => {
    const outlet = make();
    const stuck = new Far();
    stuck.reads = false;
    outlet.attach(stuck.socket, "default");
    for (let n = 0; n <= bounds.queueMessagesMax + 10; n++) outlet.put(said("x".repeat(2_000)));
    expect(stuck.ended).toBe("terminated");
  });
});
