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

# The carrier sets the clock at every resume; sudo would take longer than the rest of it.
inside install -D --owner=root --group=sosc --mode=4750 /usr/bin/date /usr/local/lib/lab/date

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
    systemd-networkd-persistent-storage.service systemd-sysusers.service systemd-firstboot.service \
    systemd-tmpfiles-setup-dev-early.service systemd-hibernate-clear.service systemd-binfmt.service \
    systemd-tpm2-setup-early.service systemd-tpm2-setup.service systemd-pcrmachine.service \
    systemd-pcrphase-sysinit.service systemd-pcrphase.service systemd-pcrextend.socket systemd-pcrlock.socket \
    systemd-creds.socket systemd-initctl.socket systemd-sysext.socket \
    systemd-ask-password-console.path systemd-ask-password-wall.path \
    modprobe@configfs.service modprobe@fuse.service systemd-random-seed.service \
    systemd-journal-flush.service kmod-static-nodes.service \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    proc-sys-fs-binfmt_misc.automount remote-fs.target getty.target
mkdir -p "$root/etc/systemd/system-generators"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
    ln -s /dev/null "$root/etc/systemd/system-generators/${generator##*/}"
done
inside systemctl enable --quiet systemd-networkd.service ssh.service docker.service lab-registry.socket lab-hub.socket lab-vm2.socket
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id"
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
