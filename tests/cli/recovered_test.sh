# SPDX-License-Identifier: Apache-2.0
# A file whose writer was killed: what it holds is shown, and that it was recovered is said.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
file=$BEAMLINE_SOURCE/fuzz/corpus/root_file/crashed.root

expect() { # WANTED FILE
    grep -qF -- "$1" "$2" && return
    echo "not found: $1"
    cat "$2"
    exit 1
}

"$BEAMLINE" inspect "$file" >"$work/text" 2>"$work/log"
expect "32-bit header, recovered, " "$work/text"
expect "one/t: 9 entries, 3 clusters, 2 columns" "$work/text"
expect "no key list: the writer did not close the file; recovered: 2 objects" "$work/log"
expect "6 entries by its record; recovered: 2 baskets behind it have 3 more" "$work/log"

"$BEAMLINE" inspect --json "$file" >"$work/json" 2>"$work/log"
expect '"recovered":true' "$work/json"
"$BEAMLINE" inspect --json "${file%crashed.root}leaves-zlib.root" >"$work/json"
expect '"recovered":false' "$work/json"

"$BEAMLINE" cat --quiet --format csv --columns n "$file" >"$work/rows" 2>"$work/log"
[ "$(tr '\n' ' ' <"$work/rows")" = "n 0 1 2 3 0 1 2 3 0 " ]
[ ! -s "$work/log" ]

# without its tree's record there is nothing to show
head -c 600 "$file" >"$work/hopeless.root"
if "$BEAMLINE" inspect "$work/hopeless.root" >"$work/text" 2>"$work/log"; then
    echo "a file without objects was listed"
    exit 1
fi
expect "no record of a" "$work/log"
