/** The connection to the API server, kept open for all calls, each with a limit; next: informer.ts. */
import {
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
  close: () => Promise<void>;
};

/** Below the time that a lost lease leaves (lease.ts): what a former leader asked for does not arrive after its successor began. */
const answerMsMax = 4_000;
const connectMsMax = 3_000;

/** `kubeconfig` is a file's path; without it the pod's own service account is used. */
export const connectKubernetes = async (kubeconfig: string | undefined): Promise<Connection> => {
  const config = new KubeConfig();
  if (kubeconfig) config.loadFromFile(kubeconfig);
  else config.loadFromCluster();
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig names no cluster");
  const tls: { ca?: Buffer; cert?: Buffer; key?: Buffer } = {};
  await config.applyToHTTPSOptions(tls);
  // The client would make a new connection for every call; one agent keeps a few, with many calls on each.
  const agent = new Agent({
    connect: {
      ...(tls.ca ? { ca: tls.ca } : {}),
      ...(tls.cert ? { cert: tls.cert } : {}),
      ...(tls.key ? { key: tls.key } : {}),
      timeout: connectMsMax,
    },
    allowH2: true,
    headersTimeout: answerMsMax,
    bodyTimeout: answerMsMax,
  });
  const keepOpen = {
    pre: async (context: RequestContext) => {
      context.setDispatcher(agent);
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
    close: () => agent.close(),
  };
};
