#!/bin/sh
# Imports OCI archives into a containerd's folder: image-store.sh PROGRAMS FOLDER ARCHIVE...
# Runs as process 1 of namespaces of its own, so that no mount and no process of it stays, also when it is interrupted.
set -eu
programs=$1 folder=$2
shift 2
mount -t tmpfs tmpfs /run
cat >/run/containerd.toml <<END
version = 3
root = "$folder"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"]
END
"$programs/containerd" --config /run/containerd.toml --log-level error &
containerd=$!
ctr() { "$programs/ctr" --namespace k8s.io "$@"; }
tries=0
until ctr version >/run/said 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 300 ]; then cat /run/said; exit 1; fi
  sleep 0.1
done
for archive; do
  echo "importing $archive"
  ctr images import "$archive" >/run/said || { cat /run/said; exit 1; }
done
kill $containerd
wait $containerd || true
