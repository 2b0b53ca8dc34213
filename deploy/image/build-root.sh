#!/bin/sh
# Makes the root of the image: the C library, Node, the product, and nothing else: no shell, no package manager.
# Usage: build-root.sh <root> <folder of scripts/write-deployment.ts>
# Runs on Debian bookworm with apt's lists; needs no right of root.
set -eu
root=$1
deployed=$2
packages='base-files libc6 libgcc-s1 libstdc++6'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$root/var/lib/dpkg/status.d"
(cd "$work" && apt-get -q download $packages >/dev/null)
for package in "$work"/*.deb; do
  dpkg-deb -x "$package" "$root"
  # As in Debian's own records, so that scanners find what is in the image.
  dpkg-deb -f "$package" >"$root/var/lib/dpkg/status.d/$(dpkg-deb -f "$package" Package)"
done
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/usr/share/lintian"

echo 'root:x:0:0:root:/:/sbin/nologin
grantkeep:x:10001:10001:Grantkeep:/var/lib/grantkeep:/sbin/nologin' >"$root/etc/passwd"
echo 'root:x:0:
grantkeep:x:10001:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
# What runs the container lays its own over these.
: >"$root/etc/hosts"
: >"$root/etc/resolv.conf"

mkdir -p "$root/usr/local/bin" "$root/opt/grantkeep" "$root/var/lib/grantkeep" "$root/tmp" "$root/proc" "$root/dev"
chmod 1777 "$root/tmp"
chmod 0700 "$root/var/lib/grantkeep"
cp -R "$deployed/." "$root/opt/grantkeep/"
mv "$root/opt/grantkeep/node" "$root/usr/local/bin/node"
ln -s /opt/grantkeep/grantkeep "$root/usr/local/bin/grantkeep"
chmod 0755 "$root/usr/local/bin/node" "$root/opt/grantkeep/grantkeep"
# Readable by every user, writable by none but root, who owns it in the image.
chmod -R a+rX,go-w "$root/opt/grantkeep"
