/** The command lines of Kubernetes' own processes, as a test cluster runs them; pure; next: daemons.ts. */
import { join } from "node:path";

/** Where the control plane listens and keeps things. */
export type Plane = {
  /** Holds the certificates, the kubeconfigs and etcd's data. */
  folder: string;
  /** The address by which everybody speaks to the API server, and the one it binds. */
  address: string;
  bindAddress: string;
  ports: { api: number; etcd: number; etcdPeer: number; controllerManager: number; scheduler: number };
};

export const servicesCidr = "10.96.0.0/16";
/** The API server's own Service: the first address of the range. */
const kubernetesService = "10.96.0.1";

export const etcd = ({ folder, ports }: Plane): string[] => {
  const [clients, peers] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.etcdPeer}`];
  return [
    "etcd",
    ...["--name", "test", "--data-dir", join(folder, "etcd"), "--log-level", "warn"],
    ...["--listen-client-urls", clients, "--advertise-client-urls", clients],
    ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", `test=${peers}`],
    "--unsafe-no-fsync",
  ];
};

export const apiServer = ({ folder, address, bindAddress, ports }: Plane): string[] => [
  "kube-apiserver",
  ...["--etcd-servers", `http://127.0.0.1:${ports.etcd}`, "--service-cluster-ip-range", servicesCidr],
  ...["--secure-port", `${ports.api}`, "--bind-address", bindAddress, "--advertise-address", address],
  ...[
    "--authorization-mode",
    "Node,RBAC",
    "--enable-admission-plugins",
    "NodeRestriction,PodSecurity,ResourceQuota,LimitRanger",
  ],
  ...["--client-ca-file", join(folder, "ca.crt"), "--allow-privileged=true", "--profiling=false"],
  ...["--tls-cert-file", join(folder, "apiserver.crt"), "--tls-private-key-file", join(folder, "apiserver.key")],
  ...[
    "--service-account-key-file",
    join(folder, "service-account.key"),
    "--service-account-issuer",
    "https://kubernetes.default.svc",
  ],
  ...["--service-account-signing-key-file", join(folder, "service-account.key")],
  ...["--kubelet-client-certificate", join(folder, "admin.crt"), "--kubelet-client-key", join(folder, "admin.key")],
  // A node's name resolves nowhere here.
  ...["--kubelet-preferred-address-types", "InternalIP"],
];

const adminOnly = (folder: string, port: number) => {
  const kubeconfig = join(folder, "admin.kubeconfig");
  return [
    ...["--kubeconfig", kubeconfig, "--authentication-kubeconfig", kubeconfig, "--authorization-kubeconfig", kubeconfig],
    ...["--leader-elect=false", "--bind-address", "127.0.0.1", "--secure-port", `${port}`],
  ];
};

export const controllerManager = ({ folder, ports }: Plane): string[] => [
  "kube-controller-manager",
  ...adminOnly(folder, ports.controllerManager),
  ...["--service-account-private-key-file", join(folder, "service-account.key"), "--root-ca-file", join(folder, "ca.crt")],
  "--allocate-node-cidrs=false",
];

export const scheduler = ({ folder, ports }: Plane): string[] => ["kube-scheduler", ...adminOnly(folder, ports.scheduler)];

/** The hosts for which the API server's certificate must serve. */
export const apiServerHosts = (address: string): string[] => [
  ...["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"].map((name) => `DNS:${name}`),
  ...new Set(["127.0.0.1", kubernetesService, address].map((ip) => `IP:${ip}`)),
];
