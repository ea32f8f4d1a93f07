#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/networks.md has the table of layers that the library has. To bring it up to date:
# tests/networks/docs_test.sh --write
set -euo pipefail
page=$BEAMLINE_SOURCE/docs/networks.md
table=$(mktemp)
trap 'rm -f "$table"' EXIT
{
    sed '/^<!-- layers -->$/q' "$page"
    "$BEAMLINE_BUILD/tests/networks/layers_table"
    sed -n '/^<!-- end of layers -->$/,$p' "$page"
} >"$table"
if [ "${1:-}" = --write ]; then
    cp "$table" "$page"
else
    diff -u "$page" "$table"
fi
