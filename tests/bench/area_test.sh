# SPDX-License-Identifier: Apache-2.0
# The bench of areas works, and finds the same for any number of threads. No time is looked at.
set -euo pipefail
[ -n "${BEAMLINE_BUILD:-}" ] || exit 77
pattern='; area 0\.[0-9]+ ± 0\.[0-9]+, first replica 0\.[0-9]+$'
one=$("$BEAMLINE_BUILD/bench/area" 5000 20 1 | grep -oE "$pattern")
two=$("$BEAMLINE_BUILD/bench/area" 5000 20 2 | grep -oE "$pattern")
if [ "$one" != "$two" ]; then
    echo "$one$two"
    exit 1
fi
