# SPDX-License-Identifier: Apache-2.0
# The bench of reading works: on small trees the readers find the same values, and every table has
# its rows. No time is looked at. scripts/test-peers tries all trees, and ROOT.
set -euo pipefail
[ -n "${BEAMLINE_BUILD:-}" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BEAMLINE_SOURCE/scripts/python" "$BEAMLINE_SOURCE/bench/read.py" "$BEAMLINE_BUILD" \
    --trees delphes --codecs none,zlib --megabytes 1 --runs 1 \
    --folder "$work" --output "$work/results.md" \
    --subjects codec,memcpy-hot,memcpy-large,beamline,uproot >/dev/null 2>"$work/log" ||
    { status=$?; cat "$work/log"; exit $status; }

wants() { # lines of the results, their pattern
    local found
    found=$(grep -cE "$2" "$work/results.md") || true
    [ "$found" = "$1" ] || { cat "$work/results.md"; echo "$found lines of $2, not $1"; exit 1; }
}
for codec in none zlib:6; do
    wants 1 "^\| delphes \| $codec \| [0-9]+ \| [0-9]+ \|" # the inputs
    wants 1 "^- delphes, $codec, 1 thread: [a-z]+"
    wants 1 "^- delphes, $codec, 2 threads: [a-z]+"
done
wants 1 '2,000 columns: [0-9.]+ ms'
