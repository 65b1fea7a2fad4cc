# Runs outside the new root file system "$1": takes one program and the C library out of their packages.
set -eu
root=$1
mkdir "$root/fetched"
(cd "$root/fetched" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download -qq docker-registry libc6 &&
    for package in *.deb; do dpkg-deb -x "$package" .; done)
version=$(dpkg-deb --field "$root"/fetched/docker-registry_*.deb Version)
case $version in "$TAG".*) ;; *) echo "The tag says $TAG, and Debian has $version." >&2; exit 1 ;; esac
mkdir -p "$root/usr/bin" "$root/etc" "$root/tmp" "$root/var/lib/docker-registry"
cp "$root/fetched/usr/bin/docker-registry" "$root/usr/bin/"
(cd "$root/fetched" && find usr -name 'ld-linux*' -o -name 'libc.so.6' -o -name 'libpthread.so.0' -o -name 'libresolv.so.2') |
    while read -r library; do
        mkdir -p "$root/${library%/*}"
        cp -P "$root/fetched/$library" "$root/$library"
    done
for folder in lib lib64; do
    [ ! -d "$root/usr/$folder" ] || ln -sfn "usr/$folder" "$root/$folder"
done
cat > "$root/etc/registry.yml" <<END
version: 0.1
log: {level: warn}
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/docker-registry}
  delete: {enabled: true}
http: {addr: ":5000"}
END
rm -rf "$root/fetched" "$root/etc/apt" "$root/etc/dpkg" "$root/var/cache" "$root/var/log" "$root/var/lib/apt" "$root/var/lib/dpkg"
