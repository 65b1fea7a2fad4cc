#!/bin/sh
# Prepares the container for an engine of its own, and looks after that engine as a machine's init would.
set -eu

# Of an engine that was killed: the next one would believe that it still runs.
rm -rf /run/docker.pid /run/docker /run/containerd

mount -o remount,bind,rw /sys
awk '$2 ~ "^/sys/fs/cgroup" { print $2 }' /proc/mounts | while read -r hierarchy; do
    mount -o remount,bind,rw "$hierarchy"
done
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    # With one hierarchy, a group that hands controllers on may hold no process itself.
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
    sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi
mount --make-rshared /
sysctl -q -w net.ipv4.ip_forward=1

lab-registry.sh &

stopped= engine=
trap 'stopped=yes; kill "$engine" 2>/dev/null || true' TERM INT
while [ -z "$stopped" ]; do
    "$@" &
    engine=$!
    # A signal ends the wait, and not yet the engine.
    while kill -0 "$engine" 2>/dev/null; do wait "$engine" || ended=$?; done
    [ -n "$stopped" ] || echo "The engine has ended (${ended:-0}), and is started anew." >&2
    sleep 0.5
done
