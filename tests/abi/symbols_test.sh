# SPDX-License-Identifier: Apache-2.0
# libbeamline.so offers exactly the functions that the public headers declare BL_API.
set -euo pipefail
[ -n "${BEAMLINE_LIBRARY:-}" ] || { echo "skipped: a sanitizer adds names of its own"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat "$BEAMLINE_SOURCE"/include/beamline/*.h "$BEAMLINE_BUILD"/include/beamline/*.h |
    grep -A2 '^BL_API' | grep -o '\bbl_[a-z0-9_]*(' | tr -d '(' | sort -u >"$work/declared"
nm --dynamic --defined-only "$BEAMLINE_LIBRARY" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    sort -u >"$work/exported"
if ! diff "$work/declared" "$work/exported" >"$work/difference"; then
    sed -n 's/^< \(.*\)/declared BL_API, but not in the library: \1/p
            s/^> \(.*\)/in the library, but not declared BL_API: \1/p' "$work/difference"
    exit 1
fi
echo "$(wc -l <"$work/exported") functions"
