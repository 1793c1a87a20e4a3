/** Does a run need a session? Linked cells share one, and widgets live in one; anything else needs none. Next: seat.ts. */
import type { Server } from "../connection.ts";
import type { Seat } from "./seat.ts";
import type { Session } from "./session.ts";

/** What leaves widgets behind looks like this. Code taken for it wrongly is merely dearer: its session is closed at its end. */
const leavesWidgets = /\binteract|widgets\b|\bdynamic\b|\bcreate_comm\b/;

/** Cells of one `link` at one server, made at different times too; or one cell alone. */
interface Group {
  readonly cells: Set<SeatChoice>;
  loading: Promise<Seat> | undefined;
  seat: Seat | undefined;
}
const linked = new Map<string, Group>();
const newGroup = (): Group => ({ cells: new Set(), loading: undefined, seat: undefined });

export class SeatChoice {
  #group = newGroup();
  #key = "";

  get session(): Session | undefined {
    return this.#group.seat?.session;
  }

  /** The cell is on the page: the session of its link is kept for it, whether it has run or not. */
  enter(server: Server, link: string | null): void {
    const key = link === null ? "" : `${server.base} ${link}`;
    if (key === this.#key && this.#group.cells.has(this)) return;
    this.leave();
    this.#key = key;
    this.#group = linked.get(key) ?? newGroup();
    this.#group.cells.add(this);
    if (key !== "") linked.set(key, this.#group);
  }

  /** Undefined: by the server itself. */
  choose(server: Server, link: string | null, code: string): Promise<Seat> | undefined {
    if (link === null) this.leave();
    this.enter(server, link);
    if (link === null && !leavesWidgets.test(code)) return undefined;
    const group = this.#group;
    group.loading ??= import("./seat.ts").then(({ Seat }) => {
      group.seat = new Seat(server);
      return group.seat;
    });
    group.loading.catch(() => {
      group.loading = undefined;
    });
    return group.loading;
  }

  /** A session of this cell's own that has nothing to show would only hold a kernel. */
  finished(): void {
    if (this.#key === "" && this.session?.models.size === 0) this.leave();
  }

  /** The last one out closes the session. */
  leave(): void {
    const group = this.#group;
    group.cells.delete(this);
    this.#group = newGroup();
    if (group.cells.size > 0) return;
    linked.delete(this.#key);
    this.#key = "";
    group.seat?.close();
  }
}
