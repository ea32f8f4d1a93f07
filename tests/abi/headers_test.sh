# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, twice included, as C11, C17 and C++17, without a warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I$BEAMLINE_SOURCE/include -I$BEAMLINE_BUILD/include"
for header in "$BEAMLINE_SOURCE"/include/beamline/*.h "$BEAMLINE_BUILD"/include/beamline/*.h; do
    name=$(basename "$header")
    printf '#include <beamline/%s>\n#include <beamline/%s>\nint beamline_header_test;\n' \
        "$name" "$name" >"$work/alone.c"
    cp "$work/alone.c" "$work/alone.cc"
    # shellcheck disable=SC2086 # a list of flags
    {
        "$CC" -std=c11 $flags "$work/alone.c"
        "$CC" -std=c17 $flags "$work/alone.c"
        [ -z "$CXX" ] || "$CXX" -std=c++17 $flags "$work/alone.cc"
    }
    echo "$name"
done
