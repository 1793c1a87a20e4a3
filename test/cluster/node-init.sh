#!/bin/sh
# Process 1 of the node's namespaces: makes them a machine of its own with the address $1 and a way to the services $2, says so in the file $3, and
# keeps the kubelet's files in the folder $4; then it buries orphans (a shell that waits buries any child). When it ends, the kernel ends everything in
# the namespaces, mounts included.
set -eu
hostname node1
# What is written outside the node's own folder goes with the namespace: sockets, network state, the logs' links.
for folder in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$folder"; done
# gVisor's shim looks for a pod's volumes here and nowhere else: a volume that it does not find is not shared by the pod's containers.
mkdir /var/lib/kubelet
mount --bind "$4" /var/lib/kubelet
# The kubelet's mounts, made in a namespace below this one, must be seen here.
mount --make-rshared /
ip link set lo up
# No dummy interface: not every kernel has them. And without an uplink a service's address needs a route, or it fails before it is translated.
ip address add "$1/32" dev lo
ip route add "$2" dev lo src "$1"
echo 1 >/proc/sys/net/ipv4/ip_forward
# Otherwise nftables does not see what two pods of one bridge say to each other.
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables; fi
echo ready >"$3"
while :; do sleep 3600; done
