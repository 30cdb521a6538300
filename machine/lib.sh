# Common ground of the scripts in this folder. Sourced, never run.
# shellcheck shell=bash

set -euo pipefail

machine_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(dirname "$machine_folder")

# Images are big and slow to make, so they are shared by all checkouts of this computer.
cache=${SYMBIOSIS_MACHINE_CACHE:-/var/cache/symbiosis-machines}

# Machines belong to the checkout that booted them: two checkouts may test at the same time with the same names.
checkout_id=$(printf '%s' "$checkout" | sha256sum | cut -c1-6)
machines=/run/symbiosis-machines/$checkout_id

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

say() {
    printf '%s\n' "$*" >&2
}

require_root() {
    [[ $EUID -eq 0 ]] || die "needs root: it makes namespaces and mounts (try: sudo $0 ...)"
}

# Installs Debian packages on this computer when a command they bring is missing: require COMMAND PACKAGE...
require() {
    local command=$1
    shift
    command -v "$command" >/dev/null && return 0
    command -v apt-get >/dev/null || die "$command is missing, and there is no apt-get to install it with"

    say "installing $* (for $command)"
    local log options=(-y -q --no-install-recommends -o DPkg::Lock::Timeout=300)
    log=$(mktemp)
    # The package lists of a fresh computer may be missing or old: try with those it has, then fetch new ones.
    if ! DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >"$log" 2>&1 </dev/null; then
        apt-get update -q >"$log" 2>&1 </dev/null || { cat "$log" >&2; die "apt-get update failed"; }
        DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >"$log" 2>&1 </dev/null ||
            { cat "$log" >&2; die "cannot install $*"; }
    fi
    rm -f "$log"
}

require_machine_tools() {
    require_root
    mkdir -p "$cache/locks"
    # One at a time: several machines may be asked for at once on a fresh computer.
    exec {tools_lock}>"$cache/locks/tools"
    flock "$tools_lock"
    require debootstrap debootstrap
    require systemd-nspawn systemd-container
    require ip iproute2
    require nsenter util-linux
    require apt-ftparchive apt-utils
    [[ -x /usr/bin/python3 ]] || require /usr/bin/python3 python3-minimal
    flock --unlock "$tools_lock"
}

# Debian's code name of a release number; the only place that knows it.
codename() {
    case $1 in
        12) echo bookworm ;;
        13) echo trixie ;;
        *) die "release '$1' is not known (12 or 13)" ;;
    esac
}

check_name() {
    [[ $1 =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "machine name '$1': only a-z, 0-9 and '-'"
}

# The first process of a running machine as seen from here, or nothing.
leader_of() {
    local leader
    leader=$(cat "$machines/$1/leader" 2>/dev/null) || return 1
    # The number alone could by now be another process; the network namespace proves that it is ours.
    [[ -e /run/netns/$(namespace_of "$1") && /proc/$leader/ns/net -ef /run/netns/$(namespace_of "$1") ]] || return 1
    echo "$leader"
}

namespace_of() {
    echo "symbiosis-$checkout_id-$1"
}

# Wires and their ports are made and removed by one process at a time.
lock_network() {
    exec {network_lock}>"$machines/.lock"
    flock "$network_lock"
}

unlock_network() {
    exec {network_lock}>&-
    network_lock=
}
