/** What hostile code gets to hear wherever it runs, and that the next computation is unharmed; next: abuse.test.ts (one machine). */
import { type Attack, resourceAttacks } from "#test/end-to-end/attacks.ts";
import { hostileFiles, leavings, type Reachable, reachingAttacks } from "#test/end-to-end/attacks-on-others.ts";
import { type Asked, type Finished, text, type Visitor } from "#test/end-to-end/visitor.ts";

export type Attacked = {
  visitor: () => Visitor;
  /** A pod falls whole, its agent too: then nobody is left who could say why. */
  inPod: boolean;
  /** How many take computations: so many ask at once, so that each is asked. */
  kernelCount: number;
  /** The names of those that live. */
  kernels: () => Promise<string[]>;
  reachable: () => Reachable;
};

const replyOf = ({ messages }: Finished) => messages.findLast(({ msg_type }) => msg_type === "execute_reply")?.content;
const named = (attacks: Attack[]) => attacks.map((attack): [string, Attack] => [attack.name, attack]);
const reachingNames = reachingAttacks({ addresses: [], pid: 0 }).map(({ name }) => name);

/** Describes the attacks; whoever calls it has the system ready before the first. */
export const abuseSuite = ({ visitor, inPod, kernelCount, kernels, reachable }: Attacked): void => {
  const python = (asked: Asked) => visitor().run({ language: "python", timeoutSeconds: 10, ...asked });
  const everyKernel = (asked: Asked) => Promise.all(Array.from({ length: kernelCount }, () => python(asked)));
  const unharmed = async () => {
    for (const next of await everyKernel({ code: "import os\nprint(6 * 7, os.listdir('.'))" })) {
      expect(next.outcome).toMatchObject({ kind: "ok", files: [] });
      expect(text(next)).toBe("42 []\n");
    }
  };
  afterEach(unharmed);

  const verdict = async (attack: Attack) => {
    const { code, language = "python", timeoutSeconds = 10 } = attack;
    const expected = (inPod ? attack.inPod : undefined) ?? attack.inside;
    const finished = await visitor().run({ code, language, timeoutSeconds });
    const seen = `${JSON.stringify(finished.outcome)} ${JSON.stringify(finished.messages.slice(-4)).slice(-1500)}`;
    if (finished.outcome.kind !== expected.kind) throw new Error(`ended otherwise: ${seen}`);
    if (expected.words) expect(finished.outcome.message).toMatch(expected.words);
    if (expected.says) expect(text(finished)).toMatch(expected.says);
    if (expected.messages) expect(JSON.stringify(finished.messages)).toMatch(expected.messages);
    return finished;
  };

  describe("it has a limit, told in words, and the next computation is unharmed:", () => {
    test.each(named(resourceAttacks))("%s", async (_name, attack) => {
      const before = attack.fellsKernel ? await kernels() : [];
      const finished = await verdict(attack);
      if (attack.fellsKernel) {
        await unharmed();
        // One that was there is gone: that another came, in place of an earlier one, would prove nothing.
        expect(await kernels()).not.toEqual(expect.arrayContaining(before));
      }
      const status = replyOf(finished)?.["status"];
      if (status !== undefined) expect(status).toBe(attack.inside.kind === "ok" ? "ok" : "error");
    });
  });

  describe("it does not get there, and the next computation is unharmed:", () => {
    test.each(reachingNames)("%s", async (name) => {
      await verdict(reachingAttacks(reachable()).find((attack) => attack.name === name) as Attack);
    });
  });

  describe("nothing is left:", () => {
    test("files, names, a socket and a daemon are gone with the computation that left them", async () => {
      expect(text(await python({ code: leavings.leave }))).toBe("left\n");
      for (const next of await everyKernel({ code: leavings.look })) expect(text(next)).toMatch(leavings.nothing);
    });
  });

  describe("files", () => {
    test("that lead elsewhere or have no proper name are not given back", async () => {
      const finished = await python({ code: hostileFiles });
      expect(finished.outcome.kind).toBe("ok");
      expect(finished.outcome.files.map(({ path }) => path)).toEqual(["good.txt"]);
      const body = await (await visitor().ask(finished.outcome.files[0]?.link ?? "")).text();
      expect(body).toBe("good");
    });
    test("of which there are several hard links are not given back, and what the computation cannot read gets none", async () => {
      const code =
        "import os\nopen('a.txt', 'w').write('x')\nos.link('a.txt', 'b.txt')\ntry: os.link('/etc/shadow', 'c.txt')\nexcept OSError: print('no')";
      const finished = await python({ code });
      expect(text(finished)).toBe("no\n");
      expect(finished.outcome.files).toEqual([]);
    });
    test("beyond the count that may be given back are left out, in words", async () => {
      const finished = await python({ code: "for n in range(150): open('f%d' % n, 'w').write('x')" });
      expect(finished.outcome.files.length).toBe(100);
      expect(text(finished, "stderr")).toContain("New files left out: 50.");
    });
    test("with scripts in them run nothing in the page's origin", async () => {
      const evil = "<script>document.title='evil'</script>";
      const code = `for name in ('a.html', 'a.svg', 'a.js', 'a.xhtml', 'a'): open(name, 'w').write("${evil}")`;
      const { outcome } = await python({ code });
      expect(outcome.files).toHaveLength(5);
      for (const { link } of outcome.files) {
        const { headers } = await visitor().ask(link);
        expect(headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("content-disposition")).toMatch(/^attachment/);
        expect(headers.get("content-type")).toMatch(/^(application\/octet-stream|image\/svg\+xml)$/);
      }
    });
  });

  describe("a client", () => {
    test("that submits 200 at once is refused in words beyond its share, and what was accepted is answered", async () => {
      const ask = () => visitor().ask("/v1/computations", { json: { code: "print(6 * 7)", language: "python" } });
      const answers = await Promise.all(Array.from({ length: 200 }, ask));
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused.length).toBeGreaterThan(100);
      for (const response of refused) {
        expect([429, 503]).toContain(response.status);
        expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
        await response.body?.cancel();
      }
      const accepted = answers.filter(({ status }) => status === 201);
      expect(accepted.length).toBeGreaterThan(1);
      const ids = await Promise.all(accepted.map(async (response) => ((await response.json()) as { id: string }).id));
      for (const finished of await Promise.all(ids.map((id) => visitor().finish(id)))) expect(text(finished)).toBe("42\n");
    });
    test("gets just below 10 MiB of output whole", async () => {
      const finished = await python({ code: "for n in range(9 * 1024): print('x' * 1023)" });
      expect(finished.outcome.kind).toBe("ok");
      expect(text(finished).length).toBe(9 * 1024 * 1024);
    });
    test("may cancel twice: one outcome", async () => {
      const id = await visitor().submit({ code: "print('begun', flush=True)\nwhile True: pass", language: "python" });
      await visitor().page(id, 0, 20);
      const remove = () => visitor().ask(`/v1/computations/${id}`, { method: "DELETE" });
      const statuses = (await Promise.all([remove(), remove()])).map(({ status }) => status);
      // The other may come when it is over already.
      expect(statuses).toContain(202);
      expect([202, 409]).toEqual(expect.arrayContaining(statuses));
      expect((await visitor().finish(id)).outcome.kind).toBe("cancelled");
      // Until it hears of the end, another gateway takes it, for nothing.
      let late = 202;
      while (late === 202) late = (await remove()).status;
      expect(late).toBe(409);
      expect((await visitor().finish(id)).outcome.kind).toBe("cancelled");
    });
    test("that answers what was not asked is refused", async () => {
      const id = await visitor().submit({ code: "import time\nprint('begun', flush=True)\ntime.sleep(1)", language: "python" });
      await visitor().page(id, 0, 20);
      const response = await visitor().ask(`/v1/computations/${id}/input`, { json: { value: "x" } });
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "notWaitingForInput" });
      expect((await visitor().finish(id)).outcome.kind).toBe("ok");
    });
  });
};
