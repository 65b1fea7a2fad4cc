# Runs outside the new root file system "$1": takes one program out of its package, and gives it all its names.
set -eu
root=$1
mkdir "$root/fetched"
(cd "$root/fetched" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download -qq busybox-static && dpkg-deb -x *.deb .)
version=$(dpkg-deb --field "$root"/fetched/*.deb Version)
case $version in *:"$TAG".*) ;; *) echo "The tag says $TAG, and Debian has $version." >&2; exit 1 ;; esac
mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/home" "$root/proc" "$root/root" "$root/sys" "$root/tmp"
cp "$root/fetched/usr/bin/busybox" "$root/bin/busybox"
for name in $("$root/bin/busybox" --list); do
    [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
done
chmod 1777 "$root/tmp"
chmod 0700 "$root/root"
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"
# Whatever else mmdebstrap laid out is no part of it.
rm -rf "$root/fetched" "$root/var" "$root/usr" "$root/etc/apt" "$root/etc/dpkg"
