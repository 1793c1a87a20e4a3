/** Controls that a client moved: the kernel is told, and files that its functions wrote meanwhile are brought; next: sagecell-interacts.ts. */
import { record, textOf } from "#gateway/compat/sagecell-bundle.ts";
import type { Interacts } from "#gateway/compat/sagecell-interacts.ts";
import { emptyAnswer, type Ran, type Run } from "#gateway/compat/sagecell-run.ts";
import type { KernelSession } from "#gateway/compat/sagecell-session.ts";
import { executeRequest } from "#gateway/compat/sagecell-wire.ts";

/** What moved controls need of their kernel. */
export type Moving = {
  session: KernelSession;
  interacts: Interacts;
  /** When all that was to be computed before it is over. */
  inOrder<T>(task: () => Promise<T>): Promise<T>;
  compute(run: Pick<Run, "asked" | "sessionId" | "storeHistory" | "heard">): Promise<Ran>;
};

export class MovedControls {
  readonly #kernel: Moving;

  constructor(kernel: Moving) {
    this.#kernel = kernel;
  }

  /** A moved control's kernel is a session when the computation that made the control is over. */
  async settled(): Promise<void> {
    if (!this.#kernel.session.opened) await this.#kernel.inOrder(async () => {});
  }

  /** `content`: of SageMathCell's `update_interact`. Gives its reply's, when all that its functions said is told. */
  async move(content: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { session, interacts } = this.#kernel;
    const [{ interact_id, update_last }, values] = [content, record(content["values"])];
    const changes = interacts.changes(textOf(interact_id), values);
    let told: Record<string, unknown> = { status: "ok" };
    for (const { widget, change } of changes) told = await session.ask("comm_msg", { comm_id: widget, data: change });
    if (changes.length === 0) told = await session.ask("update_interact_request", { interact_id, values, update_last });
    if (told["newFiles"] === true) told = { ...told, payload: await this.#written(), newFiles: undefined };
    if (session.opened) await session.pull().catch(() => true);
    return { result: null, payload: [], ...told, user_expressions: { _sagecell_files: emptyAnswer } };
  }

  /** Files belong to computations: one that does nothing else brings those that a moved control wrote. */
  #written(): Promise<unknown> {
    const { session, inOrder, compute } = this.#kernel;
    const bring = async () => {
      const [asked, sessionId] = [executeRequest.parse({ code: "" }), await session.open()];
      const ran = await compute({ asked, sessionId, storeHistory: false, heard: async () => {} });
      return ran.content["payload"];
    };
    return inOrder(() => bring().catch((): unknown => []));
  }
}
