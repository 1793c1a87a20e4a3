/** Where a cell's code runs: linked cells share a session, any other run is its own, and what it leaves behind may stay. Next: seat.ts. */
import type { Server } from "../connection.ts";
import type { Place } from "../runner.ts";
import type { Seat } from "./seat.ts";
import type { Session } from "./session.ts";

/** A chunk of its own: nothing of it is needed before something runs. */
const loadSeats = () => import("./seat.ts");

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
  /** What this cell's own last run left behind, or may leave behind yet. */
  #own: Session | undefined;

  get session(): Session | undefined {
    return this.#own ?? this.#group.seat?.session;
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

  choose(server: Server, link: string | null): Place | Promise<Place> {
    if (link === null) this.leave();
    this.enter(server, link);
    return link === null ? this.#alone(server) : this.#shared(server);
  }

  #shared(server: Server): Promise<Seat> {
    const group = this.#group;
    group.loading ??= loadSeats().then(({ Seat }) => {
      group.seat = new Seat(server);
      return group.seat;
    });
    group.loading.catch(() => {
      group.loading = undefined;
    });
    return group.loading;
  }

  #alone(server: Server): Place {
    const group = this.#group;
    return {
      submit: async (submission, signal, said) => {
        const loading = loadSeats();
        loading.catch(() => {});
        const submitted = await server.submit({ ...submission, mayStay: true }, signal);
        const session = (await loading).staying(server, submitted.id, said);
        if (this.#group !== group) session.close();
        else this.#own = session;
        return { ...submitted, session };
      },
    };
  }

  /** A session of this cell's own that has nothing to show would only hold a kernel. */
  finished(): void {
    if (this.#own?.models.size === 0) this.leave();
  }

  /** The last one out closes the session. */
  leave(): void {
    this.#own?.close();
    this.#own = undefined;
    const group = this.#group;
    group.cells.delete(this);
    this.#group = newGroup();
    if (group.cells.size > 0) return;
    linked.delete(this.#key);
    this.#key = "";
    group.seat?.close();
  }
}
