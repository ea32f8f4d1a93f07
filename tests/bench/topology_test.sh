# SPDX-License-Identifier: Apache-2.0
# The bench of the recipe works: on a few random events that try every rule, beamline and numba give
# what the reference gives, and every table has its rows. scripts/test-peers tries PySpark, too. No
# time is looked at.
set -euo pipefail
[ -n "${BEAMLINE_BUILD:-}" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BEAMLINE_SOURCE/scripts/python" "$BEAMLINE_SOURCE/tests/support/topology_events.py" \
    "$work/events.root" 50 || exit $?
cache=${BEAMLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/beamline}
subjects=beamline peers=0
if "$cache/peers/bin/python" -c 'import numba, uproot' 2>/dev/null; then
    subjects=beamline,numba peers=1
fi
"$BEAMLINE_SOURCE/scripts/python" "$BEAMLINE_SOURCE/bench/topology.py" "$BEAMLINE_BUILD" \
    --input "$work/events.root" --subjects "$subjects" --runs 1 --folder "$work" \
    --output "$work/topology.md" >/dev/null 2>"$work/log" ||
    { status=$?; cat "$work/log"; exit $status; }

wants() { # lines of the results, their pattern
    local found
    found=$(grep -cE "$2" "$work/topology.md") || true
    [ "$found" = "$1" ] || { cat "$work/topology.md"; echo "$found lines of $2, not $1"; exit 1; }
}
for mode in fixed compat; do
    wants 4 "^\| beamline \| $mode, float(32|64), [12] threads? \| 50 \| [0-9]+ \| [0-9.]+ \|"
    wants 2 "^\| beamline \| $mode, float(32|64), 1 thread( \| [0-9.]+){4} \|$"
    wants $peers "^\| numba, $mode, float64, (cells|pairs), 1 thread \|"
done
