/** The connection to the API server, kept open for all calls, each with a limit; next: informer.ts. */
import {
  ApiextensionsV1Api,
  AuthenticationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  EventsV1Api,
  KubeConfig,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
} from "@kubernetes/client-node";
import { Agent } from "undici";

export type Connection = {
  /** For watches, which have connections of their own. */
  config: KubeConfig;
  core: CoreV1Api;
  custom: CustomObjectsApi;
  coordination: CoordinationV1Api;
  authentication: AuthenticationV1Api;
  events: EventsV1Api;
  definitions: ApiextensionsV1Api;
  close: () => Promise<void>;
};

/** Below the time that a lost lease leaves (lease.ts): what a former leader asked for does not arrive after its successor began. */
const answerMsMax = 4_000;
const connectMsMax = 3_000;
/** A cluster may change its authority, and then changes the mounted file: watches read it at each connect, the agent must be told. */
const trustMs = 5_000;

type Trust = { ca?: Buffer; cert?: Buffer; key?: Buffer };

/** `kubeconfig` is a file's path; without it the pod's own service account is used. */
export const connectKubernetes = async (kubeconfig: string | undefined, now: () => number = Date.now): Promise<Connection> => {
  const config = new KubeConfig();
  if (kubeconfig) config.loadFromFile(kubeconfig);
  else config.loadFromCluster();
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig names no cluster");
  const trusted = async () => {
    const trust: Trust = {};
    await config.applyToHTTPSOptions(trust);
    return trust;
  };
  let trust = await trusted();
  let trustedAt = now();
  let agent = agentOf(trust);
  const latest = async () => {
    if (now() - trustedAt < trustMs) return agent;
    trustedAt = now();
    const found = await trusted();
    if (isSame(found, trust)) return agent;
    const before = agent;
    [trust, agent] = [found, agentOf(found)];
    // It ends when the calls that it carries have ended.
    void before.close();
    return agent;
  };
  const keepOpen = {
    pre: async (context: RequestContext) => {
      context.setDispatcher(await latest());
      return context;
    },
    post: async (response: ResponseContext) => response,
  };
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(cluster.server, {}),
    authMethods: { default: config },
    promiseMiddleware: [keepOpen],
  });
  return {
    config,
    core: new CoreV1Api(configuration),
    custom: new CustomObjectsApi(configuration),
    coordination: new CoordinationV1Api(configuration),
    authentication: new AuthenticationV1Api(configuration),
    events: new EventsV1Api(configuration),
    definitions: new ApiextensionsV1Api(configuration),
    close: () => agent.close(),
  };
};

/** The client would make a new connection for every call; one agent keeps a few, with many calls on each. */
const agentOf = ({ ca, cert, key }: Trust) =>
  new Agent({
    connect: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}), timeout: connectMsMax },
    allowH2: true,
    headersTimeout: answerMsMax,
    bodyTimeout: answerMsMax,
  });

const isSame = (one: Trust, other: Trust): boolean =>
  (["ca", "cert", "key"] as const).every((name) => String(one[name] ?? "") === String(other[name] ?? ""));
