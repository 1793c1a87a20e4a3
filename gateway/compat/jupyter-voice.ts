/** How a kernel speaks: to all who listen on iopub, to who asked on the other channels; next: jupyter-kernel.ts. */
import { Audience } from "#gateway/compat/jupyter-audience.ts";
import type { Asked } from "#gateway/compat/jupyter-line.ts";
import { type Header, type Made, makeMessage } from "#gateway/compat/jupyter-messages.ts";
import { Packed } from "#gateway/compat/jupyter-outlet.ts";
import type { Shown } from "#gateway/compat/jupyter-payloads.ts";
import type { Channel, Message } from "#gateway/compat/jupyter-wire.ts";

const lostWords = "[Output is missing here: there was more than is kept while nobody is connected.]\n";

export class Voice {
  readonly audience = new Audience((dropped) => this.#lostNotice(dropped));
  /** In every header. Clients see by it that the kernel is another one. */
  session: string;

  constructor(session: string) {
    this.session = session;
  }

  say(msg_type: string, parent: Header | undefined, content: Record<string, unknown>): void {
    this.show({ msg_type, content }, parent);
  }

  show(shown: Pick<Shown, "msg_type" | "content"> & Partial<Shown>, parent: Header | undefined): void {
    this.audience.broadcast(this.#make({ ...shown, channel: "iopub", parent }));
  }

  /** Only to who asked. */
  reply({ message, outlet }: Asked, channel: Channel, made: Pick<Made, "msg_type" | "content">): void {
    outlet.put(new Packed(this.#make({ ...made, channel, parent: message.header })));
  }

  #make(made: Omit<Made, "session">): Message {
    return makeMessage({ ...made, session: this.session });
  }

  #lostNotice({ parent_header }: Message): Message {
    const content = { name: "stderr", text: lostWords };
    return { ...this.#make({ channel: "iopub", msg_type: "stream", parent: undefined, content }), parent_header };
  }
}
