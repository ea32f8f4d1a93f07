# SPDX-License-Identifier: Apache-2.0
# The bench of recurrent layers works: two lengths for each kind of kernels. No time is looked at.
set -euo pipefail
[ -n "${BEAMLINE_BUILD:-}" ] || exit 77
table=$("$BEAMLINE_BUILD/bench/recurrent" 0.001 GRU)
pattern='^[A-Za-z0-9-]+ +GRU +(200\.7|801\.0)( +[0-9]+\.[0-9]+){4}$'
found=$(grep -cE "$pattern" <<<"$table") || true
if [ "$found" -lt 2 ] || [ "$(wc -l <<<"$table")" != $((found + 1)) ]; then
    echo "$table"
    exit 1
fi
