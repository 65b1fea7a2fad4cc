# Runs outside the new root file system "$1", at the end of its making.
set -eu
root=$1
inside() { chroot "$root" "$@"; }
installed() { dpkg --root="$root" --status "$1" >/dev/null 2>&1; }

inside depmod "$(ls "$root/usr/lib/modules")"

# Two accounts: the students' own, and the one that carries the forwarded engine socket. No password fits either.
inside useradd --create-home --shell /bin/bash --uid 1000 student
inside useradd --create-home --shell /bin/sh --uid 1001 --groups docker sosc
inside usermod --password '*' student
inside usermod --password '*' sosc
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' student sosc > "$root/etc/sudoers.d/lab"
chmod 0440 "$root/etc/sudoers.d/lab"

# The engine's packages stay on the machine, as the only source whose index is there from the start.
mkdir -p "$root/opt/packages"
(cd "$root/opt/packages" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download -q $OFFLINE_PACKAGES)
inside sh -eu -c 'cd /opt/packages
for package in *.deb; do
    dpkg-deb --field "$package"
    echo "Filename: ./$package"
    echo "Size: $(stat --format=%s "$package")"
    echo "SHA256: $(sha256sum "$package" | cut -d" " -f1)"
    echo
done > Packages'
echo 'deb [trusted=yes] file:/opt/packages ./' > "$root/etc/apt/sources.list.d/course.list"
rm -rf "$root"/var/lib/apt/lists/*
inside apt-get update -q -o Dir::Etc::SourceList=/dev/null

# Nothing here is needed on a machine that lives in snapshots, and each costs time at every boot.
inside systemctl mask --quiet \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    ldconfig.service systemd-hwdb-update.service systemd-journal-catalog-update.service \
    systemd-networkd-wait-online.service systemd-logind.service systemd-pstore.service \
    systemd-update-done.service systemd-machine-id-commit.service sshd-keygen.service \
    systemd-udev-load-credentials.service systemd-network-generator.service \
    modprobe@configfs.service modprobe@fuse.service systemd-random-seed.service \
    systemd-journal-flush.service dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    getty@tty1.service "serial-getty@$CONSOLE.service"
mkdir -p "$root/etc/systemd/system-generators"
for generator in ssh gpt-auto debug; do
    [ ! -e "$root/usr/lib/systemd/system-generators/systemd-$generator-generator" ] ||
        ln -s /dev/null "$root/etc/systemd/system-generators/systemd-$generator-generator"
done
inside systemctl enable --quiet systemd-networkd.service ssh.service docker.service lab-registry.socket
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id"
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
