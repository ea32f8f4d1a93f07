#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: tests/reproducible/check.sh BUILD
# Networks are trained and run on this processor, on an x86-64 of 2008 without fused multiply-adds,
# on one with AVX2, and on an arm64: all bits must be the same. The last line says where. Of others'
# software it needs qemu-user-static and gcc-aarch64-linux-gnu; without one of them it does less.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mine=$(uname -m)
where=()

# bits NAME COMMAND…: lines of NETWORK KERNELS THREADS HASH
bits() {
    local name=$1
    shift
    "$@" >"$work/$name.bits" 2>"$work/log" || {
        cat "$work/log"
        echo "$name: could not run"
        exit 1
    }
    where+=("$name ($(cut -d ' ' -f 2 "$work/$name.bits" | sort -u | paste -sd ' '))")
}

# The networks and what they need of the library, for an arm64. The linker drops what would call
# libraries that are not there for one; modules are for the processor at hand.
cross() {
    local compiler=(aarch64-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -O2 -ffunction-sections
        -ffp-contract=off -fno-math-errno -Isrc -Iinclude "-I$build/include")
    git ls-files 'src/base/*.c' 'src/nn/*.c' tests/reproducible/networks.c |
        grep -v -e '_test\.c$' -e module.c >"$work/sources"
    # shellcheck disable=SC2016 # the inner shell expands
    xargs -P "$(nproc)" -n 4 "$BASH" -c 'for source in "${@:3}"; do
            $1 -c "$source" -o "$2/$(tr / - <<<"$source").o" || exit 255
        done' compile "${compiler[*]}" "$work" <"$work/sources"
    "${compiler[@]}" -static -Wl,--gc-sections "$work"/*.o -o "$work/networks" -lm -pthread
}

bits "$mine" "$build/tests/reproducible/networks_bits"
if [ "$mine" = x86_64 ] && command -v qemu-x86_64-static >/dev/null; then
    for processor in Nehalem Haswell; do
        bits "$processor" qemu-x86_64-static -cpu "$processor" \
            "$build/tests/reproducible/networks_bits"
    done
else
    echo "other processors of x86-64: no qemu-x86_64-static here, left out"
fi
if [ "$mine" != aarch64 ] && command -v qemu-aarch64-static >/dev/null &&
    command -v aarch64-linux-gnu-gcc >/dev/null; then
    cross
    bits aarch64 qemu-aarch64-static "$work/networks"
else
    echo "arm64: no qemu-aarch64-static or aarch64-linux-gnu-gcc here, left out"
fi

# One hash a network, wherever, by whatever kernels, on however many threads.
awk '$1 in hash && hash[$1] != $4 { print FILENAME ": " $0 ": not " hash[$1]; differs = 1 }
     { hash[$1] = $4 } END { exit differs }' "$work"/*.bits
echo "$(cut -d ' ' -f 1 "$work/$mine.bits" | sort -u | wc -l) networks have the same bits on ${where[*]}"
