/** A kernel that was taken in vain; next: free-kernels.test.ts. */
import type { Entry } from "#gateway/book.ts";
import { Changes } from "#gateway/changes.ts";
import { Dispatch, type DispatchParts, type Waiting } from "#gateway/dispatch.ts";
import { FreeKernels } from "#gateway/free-kernels.ts";
import { FairQueue } from "#gateway/queue.ts";
import type { ComputationRecord } from "#protocol/computation.ts";
import { subjects } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { computation, newId } from "#test/agent.ts";

const kernel = newId("k");
const status = {
  kernel,
  pool: "default",
  state: "idle",
  freeSlots: 1,
  served: 0,
  computations: [],
  memoryBytes: 0,
  sequence: 1,
};

/** A gateway that knows one idle kernel, and whose steps are answered by `append`. */
const gatewayWith = (append: (entry: Entry, record: ComputationRecord) => Promise<Entry | undefined>) => {
  const kernels = new FreeKernels();
  kernels.hear(subjects.kernelStatus(kernel), JSON.stringify(status));
  const known = new Map<string, Entry>();
  const parts = {
    gateway: newId("g"),
    kernels,
    changes: new Changes(),
    queue: new FairQueue<Waiting>({ waitingMax: 10, perClientMax: 10 }),
    book: { get: (id: string) => known.get(id), ahead: () => undefined },
    endings: { append, forget: () => undefined },
    now: Date.now,
    log: makeLog("test", "silent"),
  };
  return { kernels, known, dispatch: new Dispatch(parts as unknown as DispatchParts) };
};

const queued = (): Entry => {
  const asked = computation("1+1");
  const at = Date.now();
  const request = {
    step: "request",
    at,
    writer: newId("g"),
    pool: "default",
    client: "x",
    bodyDigest: "",
    waitUntil: at + 1000,
  };
  return {
    id: asked.id,
    requestSequence: 1,
    request: { ...request, step: "request", computation: asked },
    assigned: undefined,
    outcome: undefined,
    sequence: 1,
  };
};

describe("a kernel that was taken for a computation is free again", () => {
  const conducted = (dispatch: Dispatch, entry: Entry) => new Promise<void>((resolve) => dispatch.conduct(entry, resolve));

  test("when another gateway was first, though it chose the same kernel", async () => {
    const entry = queued();
    const { kernels, known, dispatch } = gatewayWith(async (_entry, record) => {
      if (record.step === "assigned")
        known.set(entry.id, { ...entry, assigned: { ...record, writer: newId("g") }, sequence: 2 });
      return undefined;
    });
    await conducted(dispatch, entry);
    expect(kernels.free("default")).toBe(1);
  });
  test("when the ledger did not answer", async () => {
    const { kernels, dispatch } = gatewayWith(() => Promise.reject(new Error("no answer")));
    await conducted(dispatch, queued());
    expect(kernels.free("default")).toBe(1);
  });
});
