package netpol

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type world struct {
	pods       []*v1.Pod
	namespaces []*v1.Namespace
	policies   []*networking.NetworkPolicy
}

// direction is one side of a policy: whose address is the peer's, and whose ports a named port means.
type direction struct {
	peer    string // "saddr" or "daddr", as nft calls it
	targets []*v1.Pod
}

func matches(selector *meta.LabelSelector, set map[string]string) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}

// live are the pods with an address of their own, in the order of their addresses, so that the same world gives the same table.
func (w *world) live() []*v1.Pod {
	var live []*v1.Pod
	for _, pod := range w.pods {
		over := pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
		if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !over {
			live = append(live, pod)
		}
	}
	slices.SortFunc(live, func(a, b *v1.Pod) int { return cmp.Compare(a.Status.PodIP, b.Status.PodIP) })
	return live
}

// table gives a pod that policies select a chain for each direction they isolate. A packet passes both the sender's and the receiver's; a rule
// that allows it returns from the chain, and the chain's end drops it.
func (w *world) table() string {
	live := w.live()
	slices.SortFunc(w.policies, func(a, b *networking.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	var chains, ingress, egress strings.Builder
	for _, pod := range live {
		in, out := w.allowed(pod, live)
		name := strings.ReplaceAll(pod.Status.PodIP, ".", "_")
		for _, side := range []struct {
			rules  []string
			prefix string
			field  string
			jumps  *strings.Builder
		}{{in, "in_", "daddr", &ingress}, {out, "out_", "saddr", &egress}} {
			if side.rules != nil {
				fmt.Fprintf(&chains, " chain %s%s { # %s/%s\n  %s\n  drop\n }\n", side.prefix, name, pod.Namespace, pod.Name, strings.Join(side.rules, "\n  "))
				fmt.Fprintf(side.jumps, "  ip %s %s jump %s%s\n", side.field, pod.Status.PodIP, side.prefix, name)
			}
		}
	}
	// Input is from a pod to the node's own addresses (the API server, DNS). From the node to a pod nothing is held back: probes come that way.
	hook := " chain %s {\n  type filter hook %s priority filter - 5; policy accept;\n  ct state established,related accept\n%s }\n"
	return "table inet netpol {\n" + chains.String() +
		fmt.Sprintf(hook, "forward", "forward", egress.String()+ingress.String()) +
		fmt.Sprintf(hook, "input", "input", egress.String()) + "}\n"
}

// allowed returns what may come in to a pod and go out of it; nil where no policy isolates that direction.
func (w *world) allowed(pod *v1.Pod, live []*v1.Pod) (in, out []string) {
	for _, policy := range w.policies {
		if policy.Namespace != pod.Namespace || !matches(&policy.Spec.PodSelector, pod.Labels) {
			continue
		}
		for _, kind := range policy.Spec.PolicyTypes {
			if kind == networking.PolicyTypeIngress {
				in = append(in, "")
				for _, rule := range policy.Spec.Ingress {
					in = append(in, w.rules(policy.Namespace, rule.From, rule.Ports, direction{"saddr", []*v1.Pod{pod}}, live)...)
				}
			} else {
				out = append(out, "")
				for _, rule := range policy.Spec.Egress {
					out = append(out, w.rules(policy.Namespace, rule.To, rule.Ports, direction{"daddr", live}, live)...)
				}
			}
		}
	}
	return in, out
}

// rules are the lines of one rule of a policy: each of its peers with each of its ports. No peers means all, no ports means all.
func (w *world) rules(namespace string, peers []networking.NetworkPolicyPeer, ports []networking.NetworkPolicyPort, way direction, live []*v1.Pod) []string {
	addresses := w.addresses(namespace, peers, way, live)
	if len(peers) == 0 {
		addresses = []string{""}
	}
	var lines []string
	for _, address := range addresses {
		if len(ports) == 0 {
			lines = append(lines, address+" return")
		}
		for _, port := range ports {
			for _, match := range portMatches(port, way) {
				lines = append(lines, address+" "+match+" return")
			}
		}
	}
	return lines
}

func (w *world) addresses(namespace string, peers []networking.NetworkPolicyPeer, way direction, live []*v1.Pod) []string {
	var found, pods []string
	for _, peer := range peers {
		if block := peer.IPBlock; block != nil {
			match := fmt.Sprintf("ip %s %s", way.peer, block.CIDR)
			if len(block.Except) > 0 {
				match += fmt.Sprintf(" ip %s != { %s }", way.peer, strings.Join(block.Except, ", "))
			}
			found = append(found, match)
			continue
		}
		for _, pod := range live {
			if w.inNamespace(pod, namespace, peer.NamespaceSelector) && (peer.PodSelector == nil || matches(peer.PodSelector, pod.Labels)) {
				pods = append(pods, pod.Status.PodIP)
			}
		}
	}
	if len(pods) > 0 {
		slices.Sort(pods)
		found = append(found, fmt.Sprintf("ip %s { %s }", way.peer, strings.Join(slices.Compact(pods), ", ")))
	}
	return found
}

func (w *world) inNamespace(pod *v1.Pod, own string, selector *meta.LabelSelector) bool {
	if selector == nil {
		return pod.Namespace == own
	}
	return slices.ContainsFunc(w.namespaces, func(namespace *v1.Namespace) bool {
		return namespace.Name == pod.Namespace && matches(selector, namespace.Labels)
	})
}

func portMatches(port networking.NetworkPolicyPort, way direction) []string {
	protocol := "tcp"
	if port.Protocol != nil {
		protocol = strings.ToLower(string(*port.Protocol))
	}
	switch {
	case port.Port == nil:
		return []string{"meta l4proto " + protocol}
	case port.Port.Type == intstr.String:
		return namedPort(port.Port.StrVal, protocol, way.targets)
	case port.EndPort != nil:
		return []string{fmt.Sprintf("%s dport %d-%d", protocol, port.Port.IntVal, *port.EndPort)}
	default:
		return []string{fmt.Sprintf("%s dport %d", protocol, port.Port.IntVal)}
	}
}

// namedPort looks the name up in each pod that the packet may be going to: it can be another number there.
func namedPort(name, protocol string, targets []*v1.Pod) []string {
	var found []string
	for _, pod := range targets {
		for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
			for _, port := range container.Ports {
				if port.Name == name && strings.EqualFold(string(port.Protocol), protocol) {
					found = append(found, fmt.Sprintf("ip daddr %s %s dport %d", pod.Status.PodIP, protocol, port.ContainerPort))
				}
			}
		}
	}
	return found
}
