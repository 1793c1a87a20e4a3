/** Every NATS subject there is, built in one place; next: failures.ts. docs/nats.md lists them with who may write. */

export const computationsStream = "computations";
export const transcriptsStream = "transcripts";

export const subjects = {
  computation: (cid: string) => `computation.${cid}`,
  session: (sid: string) => `session.${sid}`,
  out: (kid: string, id: string) => `kernel.${kid}.out.${id}`,
  exec: (kid: string) => `kernel.${kid}.in.exec`,
  request: (kid: string) => `kernel.${kid}.in.request`,
  control: (kid: string) => `kernel.${kid}.in.control`,
  ack: (kid: string, id: string) => `kernel.${kid}.in.ack.${id}`,
  reply: (kid: string, gid: string, n: number | string) => `kernel.${kid}.reply.${gid}.${n}`,
  kernelStatus: (kid: string) => `kernel.${kid}.status`,
  gatewayStatus: (gid: string) => `gateway.${gid}.status`,
  recorded: (subject: string) => `recorded.${subject}`,
  condemn: (pool: string) => `pool.${pool}.condemn`,
  destroyed: (pool: string) => `pool.${pool}.destroyed`,
} as const;

/** What the two streams store, and how an agent learns what is stored. */
export const streamSubjects = {
  computations: ["computation.*", "session.*"],
  transcripts: ["kernel.*.out.*"],
  ackSource: "kernel.*.out.*",
  ackDestination: "kernel.{{wildcard(1)}}.in.ack.{{wildcard(2)}}",
  /** Stored records of the computations stream are repeated here, with their sequence, for the gateways to follow. */
  recordedPrefix: "recorded.",
} as const;

/** Everything a kernel's credential may do, and nothing else. */
export const kernelPermissions = (kid: string) => ({
  publish: [`kernel.${kid}.out.>`, `kernel.${kid}.reply.>`, `kernel.${kid}.status`],
  subscribe: [`kernel.${kid}.in.>`],
});

/** What a kernel's connection may weigh: 64 KiB above the biggest message, for headers and framing. */
export const kernelConnectionLimits = { payload: 320 * 1024, subs: 16 } as const;

/** The last token: the id a `computation.`, `session.` or `kernel.*.out.` subject is about. */
export const lastToken = (subject: string): string => subject.slice(subject.lastIndexOf(".") + 1);
/** The kernel a `kernel.<kid>.…` subject belongs to. */
export const kernelOf = (subject: string): string => subject.split(".")[1] ?? "";
