/** Who is served next, and who is refused; next: dispatch.test.ts. */
import { FairQueue } from "#gateway/queue.ts";

const queue = (waitingMax = 10, perClientMax = 5) => new FairQueue<string>({ waitingMax, perClientMax });
const fill = (q: FairQueue<string>, ids: [string, string][]) => {
  for (const [client, id] of ids) q.add(id, { client, item: id });
};
const drain = (q: FairQueue<string>) => {
  const out: string[] = [];
  for (let item = q.next(); item !== undefined; item = q.next()) out.push(item);
  return out;
};

describe("the queue", () => {
  test("serves clients in turn, whatever one of them piles up", () => {
    const q = queue();
    fill(q, [
      ["a", "a1"],
      ["a", "a2"],
      ["a", "a3"],
      ["b", "b1"],
      ["c", "c1"],
      ["b", "b2"],
    ]);
    expect(drain(q)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });
  test("tells each its place, and the places are the order in which they are served", () => {
    const q = queue();
    fill(q, [
      ["a", "a1"],
      ["a", "a2"],
      ["b", "b1"],
      ["c", "c1"],
      ["c", "c2"],
      ["c", "c3"],
    ]);
    const places = new Map(["a1", "a2", "b1", "c1", "c2", "c3"].map((id) => [id, q.position(id)]));
    drain(q).forEach((id, index) => {
      expect([id, places.get(id)]).toEqual([id, index + 1]);
    });
  });
  test("refuses what must wait when it is full, and a client beyond its share", () => {
    const q = queue(1, 2);
    expect(q.hold("a", 0)).toBeUndefined();
    q.add("a1", { client: "a", item: "a1" });
    q.arrived();
    expect(q.hold("b", 0)).toBe("full");
    expect(q.hold("b", 1)).toBeUndefined();
    expect(q.hold("a", 2)).toBeUndefined();
    expect(q.hold("a", 3)).toBe("tooMany");
    q.release("a");
    expect(q.hold("a", 3)).toBeUndefined();
  });
  test("counts who is on the way: of many who come at once no more are taken than there are places and idle kernels", () => {
    const q = queue(2, 100);
    const answers = Array.from({ length: 10 }, () => q.hold("a", 3));
    expect(answers.filter((refusal) => refusal === undefined)).toHaveLength(5);
    for (let n = 0; n < 5; n++) q.arrived();
    expect(q.hold("a", 0)).toBeUndefined();
  });
  test("one that was turned away comes first again", () => {
    const q = queue();
    fill(q, [
      ["a", "a1"],
      ["b", "b1"],
      ["a", "a2"],
    ]);
    expect(q.next()).toBe("a1");
    q.add("a1", { client: "a", item: "a1", first: true });
    expect(drain(q)).toEqual(["b1", "a1", "a2"]);
  });
  test("forgets who leaves", () => {
    const q = queue();
    fill(q, [
      ["a", "a1"],
      ["b", "b1"],
    ]);
    expect(q.remove("a1")).toBe("a1");
    expect(q.remove("a1")).toBeUndefined();
    expect(q.size).toBe(1);
    expect(drain(q)).toEqual(["b1"]);
  });
});
