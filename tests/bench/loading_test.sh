# SPDX-License-Identifier: Apache-2.0
# The bench of the loader works: three ways for each of two data sets. No time is looked at.
set -euo pipefail
[ -n "${BEAMLINE_BUILD:-}" ] || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
table=$("$BEAMLINE_BUILD/bench/loading" "$folder" 1)
pattern='^(hlf|particles) +(as they are|scaled|kept)( +[0-9.]+ (M events/s( of processor)?|GB/s)){3}$'
found=$(grep -cE "$pattern" <<<"$table") || true
if [ "$found" != 6 ] || [ "$(wc -l <<<"$table")" != 6 ] || [ -n "$(ls "$folder")" ]; then
    echo "$table"
    exit 1
fi
