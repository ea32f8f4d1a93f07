# SPDX-License-Identifier: Apache-2.0
# The bench of kernels works: every kind that this processor has gets its rows. No time is looked at.
set -euo pipefail
[ -n "${BEAMLINE_BUILD:-}" ] || exit 77
table=$("$BEAMLINE_BUILD/bench/kernels" 0.001)
kinds=$(grep -c ': peak [0-9.]* GFLOP/s$' <<<"$table")
[ "$(grep -c '^plain: peak' <<<"$table")" = 1 ] || { echo "$table"; exit 1; }
wants() { # lines of each kind, their pattern
    local found
    found=$(grep -cE "$2" <<<"$table") || true
    [ "$found" = $(($1 * kinds)) ] || { echo "$table"; echo "$found lines of $2"; exit 1; }
}
wants 20 '^.{26}( +[0-9]+){3} +[0-9]+\.[0-9]( +[0-9]+ %)? +[0-9]+\.[0-9]( +[0-9]+ %)? *$'
wants 6 '^ *[0-9]+ × +[0-9]+: +[0-9.]+ \([0-9.]+ µs\), +[0-9.]+ \([0-9.]+ µs\)$'
wants 1 '^14-50-20-10-3, a step of 128 rows in shards, µs:( [a-z]+ [0-9]+\.[0-9]+,){6} one row forward [0-9.]+$'
wants 1 '^ns a number:( [a-z0-9 ]+ [0-9]+\.[0-9]+,?){9}$'
