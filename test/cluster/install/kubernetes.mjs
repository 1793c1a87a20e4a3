// Kubernetes: all its processes in one program, helm, and the pause of pods. Next: node-programs.mjs.
import { quiet } from "../../../standalone/install/places.mjs";
import { ensureGoPrograms } from "./go-programs.mjs";

/** Of programs/kube/go.mod. */
const version = "1.34.4";
const [major, minor] = version.split(".");
const named = "-X k8s.io/component-base/version.git";

const kubernetes = {
  name: `kubernetes-${version}`,
  module: "kube",
  cost: "nine minutes of processor time",
  tags: [],
  ldflags: `${named}Version=v${version} ${named}Major=${major} ${named}Minor=${minor}`,
  patches: [
    {
      // CoreDNS sets, to its zero value, a field that this client-go no longer has.
      module: "github.com/coredns/coredns",
      file: "plugin/kubernetes/object/informer.go",
      from: "RetryOnError:     false,",
      to: "",
    },
  ],
  programs: [
    { name: "kubeall", from: "./kubeall", check: ["kubectl", "version", "--client"] },
    { name: "helm", from: "helm.sh/helm/v3/cmd/helm", check: ["version"] },
    { name: "pause", from: "./pause" },
  ],
};

/** Returns the folder of kubeall, helm and pause. */
export const ensureKubernetes = (progress = quiet) => ensureGoPrograms(kubernetes, progress);
