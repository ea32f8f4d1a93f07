#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: tests/browser/check.sh BEAMLINE
# Opens our pages in Chromium: a report of two small networks, and the documentation. Pictures of
# them go to BEAMLINE_SCREENSHOTS, where it is set. Exit status 77 says "skipped".
set -euo pipefail
beamline=$(realpath "$1")
tests=$(cd "$(dirname "$0")" && pwd)
top=$tests/../..
cache=${BEAMLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/beamline}
export BEAMLINE_BROWSER=$cache/browser
if [ ! -e "$BEAMLINE_BROWSER/.package-lock.json" ] || ! command -v chromium >/dev/null; then
    echo "skipped: no browser: scripts/setup --browser"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What a command says is only told if it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log"
        exit 1
    }
}
report() {
    local process inputs=()
    for process in qcd ttbar wjets; do
        quietly "$beamline" generate --process $process --events 600 -o "$work/$process.root"
        inputs+=(-i "$process=$work/$process.root")
    done
    quietly "$beamline" prepare -c "$top/examples/topology.yaml" "${inputs[@]}" -o "$work/prepared"
    for network in hlf sequence; do
        quietly "$beamline" train -c "$work/prepared" -m "$top/examples/$network.yaml" --epochs 2 \
            -o "$work/$network"
    done
    quietly "$beamline" evaluate "$work/hlf" "$work/sequence" -o "$work/report.html"
}

quietly "$top/scripts/docs" "$beamline" "$work/site"
files=("$tests/checks.test.mjs")
[ ! -e "$work/site/index.html" ] || files+=("$tests/site.test.mjs")
if "$beamline" help evaluate >"$work/log" 2>&1; then
    report
    files+=("$tests/report.test.mjs")
fi
BEAMLINE_REPORT=$work/report.html BEAMLINE_SITE=$work/site node --test --test-reporter=spec \
    "${files[@]}"
