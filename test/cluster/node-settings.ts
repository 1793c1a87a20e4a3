/** The settings of the node's own processes, as files' contents; pure; next: node-process.ts. */
import { join } from "node:path";

export const nodeName = "node1";
/** The node's only address; no other machine sees it. */
export const nodeAddress = "10.250.0.1";
const podsCidr = "10.244.0.0/24";
const dnsAddress = "10.96.0.10";
const containerdSocket = "/run/containerd/containerd.sock";
export const pauseImage = "docker.io/sandcell/pause:test";

export type NodePlaces = {
  /** The node's own, with its certificates. */
  folder: string;
  /** containerd's: images and containers. */
  storage: string;
  /** runc and the network plugins at their places below it. */
  debianFiles: string;
  runsc: string;
  cgroup: string;
};

/** A bridge without an uplink; the node is the pods' gateway. */
export const network = () => ({
  cniVersion: "1.0.0",
  name: "pods",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      hairpinMode: true,
      ipam: { type: "host-local", dataDir: "/run/addresses", ranges: [[{ subnet: podsCidr }]], routes: [{ dst: "0.0.0.0/0" }] },
    },
  ],
});

export const runscToml = ({ folder, runsc }: NodePlaces): string => `
binary_name = "${runsc}"
log_path = "${join(folder, "runsc")}/%ID%/"
[runsc_config]
platform = "systrap"
`;

export const containerdToml = ({ folder, storage, debianFiles }: NodePlaces): string => {
  const runtime = "plugins.'io.containerd.cri.v1.runtime'";
  return `
version = 3
root = "${storage}"
state = "/run/containerd"
[grpc]
address = "${containerdSocket}"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "${pauseImage}"
[${runtime}]
# A root without CAP_SYS_RESOURCE may not lower anybody's oom_score_adj.
restrict_oom_score_adj = true
[${runtime}.cni]
bin_dirs = ["${join(debianFiles, "usr/lib/cni")}"]
conf_dir = "${join(folder, "network")}"
[${runtime}.containerd]
default_runtime_name = "runc"
[${runtime}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${runtime}.containerd.runtimes.runc.options]
BinaryName = "${join(debianFiles, "usr/sbin/runc")}"
[${runtime}.containerd.runtimes.runsc]
runtime_type = "io.containerd.runsc.v1"
[${runtime}.containerd.runtimes.runsc.options]
TypeUrl = "io.containerd.runsc.v1.options"
ConfigPath = "${join(folder, "runsc.toml")}"
[plugins.'io.containerd.nri.v1.nri']
disable = true
`;
};

export const kubelet = ({ folder, cgroup }: NodePlaces) => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  address: nodeAddress,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(folder, "ca.crt") } },
  authorization: { mode: "Webhook" },
  tlsCertFile: join(folder, "kubelet.crt"),
  tlsPrivateKeyFile: join(folder, "kubelet.key"),
  cgroupDriver: "cgroupfs",
  cgroupRoot: `/${cgroup}`,
  clusterDNS: [dnsAddress],
  clusterDomain: "cluster.local",
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  podLogsDir: join(folder, "pod-logs"),
  volumePluginDir: "/var/lib/kubelet/volume-plugins",
  resolvConf: join(folder, "resolv.conf"),
  failSwapOn: false,
  podPidsLimit: 1024,
  makeIPTablesUtilChains: false,
  // The machine is not the node's alone: what others leave free is none of its business until it is nearly nothing.
  evictionHard: { "memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi" },
  imageGCHighThresholdPercent: 100,
  kubeAPIQPS: 200,
  kubeAPIBurst: 400,
  eventRecordQPS: 0,
  syncFrequency: "10s",
});

/** The kubelet sets these for the whole machine: it is shown that they are set. */
export const shownSysctls = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
};

export const proxy = ({ folder }: NodePlaces) => ({
  apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
  kind: "KubeProxyConfiguration",
  mode: "nftables",
  clusterCIDR: podsCidr,
  hostnameOverride: nodeName,
  bindAddress: nodeAddress,
  clientConnection: { kubeconfig: join(folder, "admin.kubeconfig") },
  // The number of connections to follow is the whole machine's.
  conntrack: { maxPerCore: 0 },
});

export const corefile = ({ folder }: NodePlaces): string => `
.:53 {
  bind ${nodeAddress}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${join(folder, "admin.kubeconfig")}
  }
  cache 5
}
`;

const dnsPorts = [
  { name: "dns", port: 53, protocol: "UDP" },
  { name: "dns-tcp", port: 53, protocol: "TCP" },
];
const ofDns = { labels: { "kubernetes.io/service-name": "kube-dns" } };

/** What a cluster has from the start: the runtime class of gVisor, and CoreDNS, a process of the node's, behind its usual Service. */
export const firstObjects: readonly { path: string; body: object }[] = [
  { path: "/apis/node.k8s.io/v1/runtimeclasses", body: { metadata: { name: "gvisor" }, handler: "runsc" } },
  {
    path: "/api/v1/namespaces/kube-system/services",
    body: { metadata: { name: "kube-dns" }, spec: { clusterIP: dnsAddress, ports: dnsPorts } },
  },
  {
    path: "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices",
    body: {
      metadata: { name: "kube-dns-node", ...ofDns },
      addressType: "IPv4",
      endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
      ports: dnsPorts,
    },
  },
];
