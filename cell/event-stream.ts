/** Reads `text/event-stream`, cut anywhere; next: connection.ts (what the events mean). */

export interface StreamEvent {
  readonly type: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** An event above this is not ours: the reader gives up instead of collecting for ever. */
const eventCharsMax = 4 * 1024 * 1024;

/** Feed it text as it arrives; it calls back once per complete event. Throws if an event grows beyond the limit. */
export function eventStreamReader(onEvent: (event: StreamEvent) => void): (text: string) => void {
  let rest = "";
  let type = "";
  let id: string | undefined;
  let data: string[] = [];
  return (text) => {
    rest += text;
    // A "\r" at the very end may be half of "\r\n": it waits for what follows.
    const complete = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const lines = complete.split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + rest.slice(complete.length);
    if (rest.length > eventCharsMax) throw new Error("an event is longer than allowed");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) onEvent({ type: type || "message", id, data: data.join("\n") });
        type = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") type = value;
      else if (field === "data") data.push(value);
      else if (field === "id") id = value;
    }
  };
}
