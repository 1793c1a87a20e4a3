/** Uploads under a grant: its caps hold over all PUTs, in races and across restarts; next: headers.ts, then app.ts (HTTP). */
import { createHash } from "node:crypto";
import type { BlobName, Blobs } from "#filestore/blobs.ts";
import { Failure } from "#protocol/failures.ts";
import type { FileArea, GrantClaims } from "#protocol/files.ts";

/** What one computation has stored or is storing in one area. After a restart it is read from the store again. */
type Account = {
  stored: Map<string, number>;
  /** Stored and promised. */
  bytes: number;
  pending: Map<string, Promise<void>>;
};

export type Upload = {
  claims: GrantClaims;
  area: FileArea;
  path: string;
  /** Bytes, from Content-Length; without it the room is taken chunk by chunk. */
  length: number | undefined;
  sha256: string | undefined;
  body: AsyncIterable<Buffer>;
};

const accountsMax = 2000;

export class Uploads {
  readonly #blobs: Blobs;
  readonly #accounts = new Map<string, Promise<Account>>();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /**
   * Stores the body; "same" when the very same file is there already. Throws Failure: `forbidden` (another area), `tooLarge` (a cap of
   * the grant), `fileExists` (another file of that name), `invalid` (not the digest that was said), `storageFull`.
   */
  async take(upload: Upload): Promise<"created" | "same"> {
    const { claims, area, path } = upload;
    if (claims.right !== area) throw new Failure("forbidden");
    const account = await this.#account(claims.computation, area);
    // Of two PUTs of one path the second sees what came of the first.
    while (account.pending.has(path)) await account.pending.get(path);
    const blob = { computation: claims.computation, name: `${area}/${path}` };
    if (account.stored.has(path)) return this.#compare(blob, upload);
    if (account.stored.size + account.pending.size >= claims.filesMax)
      throw new Failure("tooLarge", { detail: `At most ${claims.filesMax} files.` });
    let done = () => {};
    account.pending.set(path, new Promise<void>((resolve) => (done = resolve)));
    const room = new Room(account, claims.bytesMax);
    try {
      room.take(upload.length ?? 0);
      if (!(await this.#blobs.put(blob, checked(upload, room)))) throw new Failure("fileExists");
      account.stored.set(path, room.used);
      room.keepUsed();
      return "created";
    } catch (error) {
      room.giveBack();
      throw error;
    } finally {
      account.pending.delete(path);
      done();
    }
  }

  /** The computation was deleted: its account is read again if ever needed. */
  forget(computation: string): void {
    this.#accounts.delete(`${computation}/in`);
    this.#accounts.delete(`${computation}/out`);
  }

  async #account(computation: string, area: FileArea): Promise<Account> {
    const key = `${computation}/${area}`;
    const known = this.#accounts.get(key);
    if (known) return known;
    const reading = this.#read(computation, area);
    this.#accounts.set(key, reading);
    reading.catch(() => this.#accounts.delete(key));
    if (this.#accounts.size > accountsMax) await this.#dropIdle(key);
    return reading;
  }

  async #read(computation: string, area: FileArea): Promise<Account> {
    const account: Account = { stored: new Map(), bytes: 0, pending: new Map() };
    for (const { name, size } of await this.#blobs.list(computation)) {
      if (!name.startsWith(`${area}/`)) continue;
      account.stored.set(name.slice(area.length + 1), size);
      account.bytes += size;
    }
    return account;
  }

  async #dropIdle(except: string): Promise<void> {
    for (const [key, reading] of this.#accounts) {
      if (this.#accounts.size <= accountsMax / 2) return;
      const account = await reading.catch(() => undefined);
      if (key !== except && account?.pending.size === 0) this.#accounts.delete(key);
    }
  }

  async #compare(blob: BlobName, upload: Upload): Promise<"same"> {
    const facts = await this.#blobs.find(blob);
    if (!facts || (upload.length !== undefined && upload.length !== facts.size)) throw new Failure("fileExists");
    const stored = createHash("sha256");
    if (facts.size > 0)
      for await (const chunk of await this.#blobs.read(blob, { start: 0, end: facts.size - 1 })) stored.update(chunk);
    const digest = stored.digest("hex");
    if (upload.sha256 !== undefined && upload.sha256 !== digest) throw new Failure("fileExists");
    const given = createHash("sha256");
    let size = 0;
    for await (const chunk of upload.body) {
      size += chunk.length;
      if (size > facts.size) throw new Failure("fileExists");
      given.update(chunk);
    }
    if (given.digest("hex") !== digest) throw new Failure("fileExists");
    return "same";
  }
}

/** The bytes that one upload may still use: promised before they come, so that parallel uploads cannot share the same room. */
class Room {
  used = 0;
  #promised = 0;
  readonly #account: Account;
  readonly #bytesMax: number;

  constructor(account: Account, bytesMax: number) {
    this.#account = account;
    this.#bytesMax = bytesMax;
  }

  take(bytes: number): void {
    if (this.#account.bytes + bytes > this.#bytesMax)
      throw new Failure("tooLarge", { detail: `At most ${this.#bytesMax} bytes of files.` });
    this.#account.bytes += bytes;
    this.#promised += bytes;
  }

  use(bytes: number): void {
    this.used += bytes;
    if (this.used > this.#promised) this.take(this.used - this.#promised);
  }

  keepUsed(): void {
    this.#account.bytes -= this.#promised - this.used;
  }

  giveBack(): void {
    this.#account.bytes -= this.#promised;
  }
}

/** The body as it passes: counted against the room, and refused at its end if its digest is not the one that was said. */
async function* checked(upload: Upload, room: Room): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  for await (const chunk of upload.body) {
    room.use(chunk.length);
    hash.update(chunk);
    yield chunk;
  }
  if (upload.length !== undefined && room.used !== upload.length)
    throw new Failure("invalid", { detail: "The body ended too early." });
  if (upload.sha256 !== undefined && hash.digest("hex") !== upload.sha256)
    throw new Failure("invalid", { detail: "The body does not have the digest that was said." });
}
