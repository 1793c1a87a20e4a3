/** How much room the ledger has, looked at once a second: who has it waste none, and when nothing new may come in; next: archiver.ts. */
import { transcriptsStream } from "#protocol/subjects.ts";
import type { Ledger } from "#service/ledger.ts";

type Fill = Awaited<ReturnType<Ledger["fill"]>>[number];

/** The share of a stream from which on what the archive has leaves it at once. */
const shortShare = 0.6;
/** The share of a stream that is kept for what has been accepted: for its outcomes, and for its output at the most. */
const keptShare = { computations: 0.05, transcripts: 0.25 };

export class LedgerRoom {
  readonly #ledger: Pick<Ledger, "fill">;
  readonly #outputBytes: number;
  #streams: Fill[] = [];

  /** `outputBytes`: what one computation may say. */
  constructor(ledger: Pick<Ledger, "fill">, outputBytes: number) {
    this.#ledger = ledger;
    this.#outputBytes = outputBytes;
  }

  /** While NATS is away what was seen last stands: it refuses by itself then. */
  async look(): Promise<void> {
    this.#streams = await this.#ledger.fill().catch(() => this.#streams);
  }

  /** As seen last, in bytes. */
  get streams(): readonly Fill[] {
    return this.#streams;
  }

  get short(): boolean {
    return this.#streams.some(({ bytes, bytesMax }) => bytes > bytesMax * shortShare);
  }

  /** Would the output of one more, beside `running` others, find no room? Counted with whole outputs, up to a quarter of the stream. */
  isFullFor(running: number): boolean {
    return this.#streams.some(({ stream, bytes, bytesMax }) => {
      const outputs = Math.min(bytesMax * keptShare.transcripts, (running + 1) * this.#outputBytes);
      const kept = stream === transcriptsStream ? outputs : bytesMax * keptShare.computations;
      return bytes + kept > bytesMax;
    });
  }
}
