/** A kernel that is chosen in the moment in which it leaves: a real agent and nats-server; next: endings.test.ts. */
import { Book } from "#gateway/book.ts";
import { Changes } from "#gateway/changes.ts";
import { Dispatch, type Waiting } from "#gateway/dispatch.ts";
import { Endings } from "#gateway/endings.ts";
import { FreeKernels } from "#gateway/free-kernels.ts";
import { KernelLink } from "#gateway/kernel-link.ts";
import { FairQueue } from "#gateway/queue.ts";
import { SessionKernels } from "#gateway/session-kernels.ts";
import { Transcripts } from "#gateway/transcript.ts";
import { condemnRequest } from "#protocol/exec.ts";
import { subjects } from "#protocol/subjects.ts";
import { Ledger } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { computation, newId, until } from "#test/agent.ts";
import { agentRig } from "#test/agent-rig.ts";

const rig = agentRig();
const pool = "test";
const log = makeLog("test", "silent");
const grant = () => ({ url: "http://127.0.0.1:9/", token: "none" });

describe("a kernel that is leaving", () => {
  test("answers whoever offers it something, or is not there any more: it leaves nobody waiting", async () => {
    const gateway = newId("g");
    const link = new KernelLink(rig.nats, gateway);
    const following = link.follow();
    const agent = await rig.start();
    const over = agent.exited.then(() => "over" as const);
    const answers: Promise<{ answer: string }>[] = [];
    agent.process.kill("SIGTERM");
    const aMoment = () => new Promise<void>((resolve) => void setImmediate(resolve));
    while ((await Promise.race([over, aMoment()])) !== "over") {
      const offer = { computation: computation("x"), gateway, notAfter: Date.now() + 10_000, grant: grant() };
      answers.push(link.exec(agent.kernel, offer));
    }
    const said = (await Promise.all(answers)).map(({ answer }) => answer);
    following.stop();
    expect(said).not.toContain("silence");
    expect(said).toContain("nobody");
  });

  /** A computation that a gateway, silent since, gave to a kernel that is not there, as another takes it on. */
  const adopt = async (destroyed: boolean) => {
    const ledger = await Ledger.open(rig.nats, { replicas: 1, computationsBytesMax: 64 << 20, transcriptsBytesMax: 64 << 20 });
    const [gateway, changes, kernels] = [newId("g"), new Changes(), new FreeKernels()];
    const [book, transcripts] = [new Book(ledger, changes), new Transcripts(rig.nats, ledger, changes)];
    const link = new KernelLink(rig.nats, gateway);
    const follows = [book.follow(rig.nats), transcripts.follow(), kernels.follow(rig.nats), link.follow()];
    const sessionKernels = new SessionKernels(ledger, gateway, Date.now);
    const parts = { gateway, book, changes, kernels, link, sessionKernels, log, now: Date.now };
    const endings = new Endings(parts);
    const queue = new FairQueue<Waiting>({ waitingMax: 10, perClientMax: 10 });
    const dispatch = new Dispatch({ ...parts, transcripts, endings, queue, grant });
    const condemned = rig.nats.subscribe(subjects.condemn(pool), {
      callback: (_error, message) => {
        const { kernel } = condemnRequest.parse(message.json());
        message.respond(JSON.stringify({ kernel, destroyed }));
      },
    });
    const agent = await rig.start();
    await until("the idle one", () => kernels.free(pool) === 1);
    const [asked, left, at] = [computation([{ say: "elsewhere" }]), newId("k"), Date.now()];
    const by = { at, writer: newId("g") };
    const accepted = { pool, client: "x", bodyDigest: "", waitUntil: at + 20_000, computation: asked };
    await book.append(asked.id, { step: "request", ...by, ...accepted }, 0);
    const times = { notAfter: at + 20_000, endBy: at + 20_000 };
    await book.append(asked.id, { step: "assigned", ...by, kernel: left, ...times }, book.get(asked.id)?.sequence ?? 0);
    const adopted = book.get(asked.id);
    if (!adopted) throw new Error("not in the book");
    await new Promise<void>((resolve) => dispatch.conduct(adopted, resolve));
    for (const follow of follows) follow.stop();
    condemned.unsubscribe();
    const { assigned, outcome } = book.get(asked.id) ?? {};
    return { kind: outcome?.outcome.kind, isElsewhere: assigned?.kernel === agent.kernel };
  };

  test("hands nothing down but is destroyed: what it never told of runs at another, though the gateway died that chose it", async () => {
    expect(await adopt(true)).toEqual({ kind: "ok", isElsewhere: true });
  });
  test("and is perhaps not destroyed: what was given to it is lost", async () => {
    expect(await adopt(false)).toEqual({ kind: "lost", isElsewhere: false });
  });
});
