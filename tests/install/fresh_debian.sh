#!/usr/bin/env bash
# The README's commands as a stranger meets them: a fresh Debian 12 with git and make and nothing
# else, in a folder of its own (debootstrap, chroot), into which the last commit is cloned. What
# this machine knows about reaching packages (proxies, certificates, settings of apt and pip) is
# told to it. By hand only: it needs root, debootstrap, the network, 6 GB and time.
#
# usage: tests/install/fresh_debian.sh FOLDER [COMMAND...]     default: 'make demo' 'make test'
#   FOLDER is made where it is not there, and stays. To look around in it:
#   tests/install/fresh_debian.sh FOLDER bash
set -euo pipefail
[ $# -ge 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "fresh_debian: only root may enter a chroot" >&2; exit 1; }
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- 'make demo' 'make test'

mounted=()
leave() {
    local i
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount "${mounted[i]}" || true; done
}
trap leave EXIT
enter() { # TYPE PLACE
    mountpoint -q "$root/$2" && return
    mount -t "$1" "$1" "$root/$2"
    mounted+=("$root/$2")
}

if [ ! -x "$root/usr/bin/git" ]; then
    debootstrap --variant=minbase --include=git,make,ca-certificates bookworm "$root" \
        ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
fi
enter proc proc
enter tmpfs dev/shm
enter devpts dev/pts

# Only how packages are reached: nothing of what is installed here.
cp /etc/resolv.conf "$root/etc/resolv.conf"
apt-config dump | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/00machine"
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
    chroot "$root" update-ca-certificates >/dev/null 2>&1
fi
environment=(HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}")
while IFS= read -r line; do
    environment+=("$line")
done < <(env | grep -iE '^(https?_proxy|no_proxy|pip_(index_url|extra_index_url|cert|default_timeout))=')
inside() { chroot "$root" env -i "${environment[@]}" "$@"; }

git -C "$top" bundle create --quiet "$root/root/beamline.bundle" HEAD
rm -rf "$root/root/beamline"
inside git clone --quiet -c advice.detachedHead=false /root/beamline.bundle /root/beamline

times=()
for command; do
    start=$SECONDS
    printf '\n# %s\n' "$command"
    inside bash -c "cd /root/beamline && $command"
    times+=("$(printf '%5d s  %s' $((SECONDS - start)) "$command")")
done
printf '%s\n' '' "$(inside sed -n 's/^PRETTY_NAME=//p' /etc/os-release), $(nproc) processors:" \
    "${times[@]}"
