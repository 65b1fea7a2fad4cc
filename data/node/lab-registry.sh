#!/bin/sh
# The course's registry is on VM1; every machine knows it, and the one with accounts, as its own localhost.
set -eu
if [ "$LAB_REGISTRY" = here ]; then
    mkdir -p /var/lib/docker-registry
    exec docker-registry serve /etc/lab-registry.yml
fi
socat TCP-LISTEN:5001,bind=127.0.0.1,fork,reuseaddr "TCP:$LAB_REGISTRY:5001" &
exec socat TCP-LISTEN:5000,bind=127.0.0.1,fork,reuseaddr "TCP:$LAB_REGISTRY:5000"
