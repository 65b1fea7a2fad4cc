# Runs outside the new root file system "$1", at the end of its making.
set -eu
root=$1
sources=/etc/apt/sources.list.d

# With all that they depend on and that is not installed yet, as the only source that apt knows.
mkdir -p "$root/opt/packages/partial"
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get install -qq --yes --no-install-recommends --download-only \
    -o Dir::Cache::archives="$root/opt/packages" $OFFLINE_PACKAGES
rm -rf "$root/opt/packages/partial" "$root/opt/packages/lock"
chroot "$root" sh -eu -c 'cd /opt/packages
for package in *.deb; do
    dpkg-deb --field "$package"
    echo "Filename: ./$package"
    echo "Size: $(stat --format=%s "$package")"
    echo "SHA256: $(sha256sum "$package" | cut -d" " -f1)"
    echo
done > Packages'
rm -rf "$root"/etc/apt/sources.list "$root$sources"/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
cat > "$root$sources/course.sources" <<END
# The packages of the course, kept in this image: apt works without a network.
# For all of Debian's packages write Debian's own addresses here.
Types: deb
URIs: file:/opt/packages
Suites: ./
Trusted: yes
END
# No service starts when it is installed: a container has no init. As in Docker's own images of Debian.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"
# The network of the computer that made the image is nobody's business.
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
# There are no questions to answer and no second program to ask them with.
echo 'debconf debconf/frontend select Noninteractive' | chroot "$root" debconf-set-selections
rm -rf "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/var/log/*.log "$root"/var/log/apt/*
