# SPDX-License-Identifier: Apache-2.0
# The installed library, as a stranger meets it: examples/ are built against it through the CMake
# package and through pkg-config, and the installed tree may be moved.
set -euo pipefail
[ -n "${BEAMLINE_LIBRARY:-}" ] || { echo "skipped: nobody installs a sanitizer build"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$BEAMLINE_BUILD" --prefix "$work/made" >"$work/log"
mv "$work/made" "$work/moved"
prefix=$work/moved
examples=$BEAMLINE_SOURCE/examples
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libbeamline.so)")
export PKG_CONFIG_PATH=$LD_LIBRARY_PATH/pkgconfig

cmake -S "$examples" -B "$work/cmake" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" >"$work/log"
cmake --build "$work/cmake" >"$work/log" || { cat "$work/log"; exit 1; }
mkdir "$work/pc"
# shellcheck disable=SC2046 # lists of flags
"$CC" -std=c11 -Wall -Wextra -Werror "$examples/columns.c" -o "$work/pc/columns" \
    $(pkg-config --cflags --libs beamline)

# expect STATUS TEXT COMMAND…: it answers so, and says so
expect() {
    local wanted=$1 text=$2 status=0
    shift 2
    "$@" >"$work/out" 2>&1 || status=$?
    if [ "$status" != "$wanted" ] || ! grep -qF "$text" "$work/out"; then
        echo "$*: exit status $status (wanted: $wanted), no '$text' in:"
        cat "$work/out"
        exit 1
    fi
}
version=$(pkg-config --modversion beamline)
programs=("$work/cmake/columns" "$work/cmake/columns_static" "$work/pc/columns")
for program in "${programs[@]}"; do
    expect 2 "libbeamline $version" "$program"
    expect 3 "no-such-file.root" "$program" no-such-file.root
done
if sample=$work/sample.root && python=$("$BEAMLINE_SOURCE/scripts/python" --where) &&
    "$python" "$BEAMLINE_SOURCE/tests/samples/make_sample.py" "$sample" 1000 >"$work/log"; then
    for program in "${programs[@]}"; do
        expect 0 "Jet_pt" "$program" "$sample" Events
    done
fi
# The program in docs/infer.md, with a model.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$BEAMLINE_SOURCE/docs/infer.md" >"$work/predict.c"
# shellcheck disable=SC2046 # lists of flags
"$CC" -std=c11 -Wall -Wextra -Werror "$work/predict.c" -o "$work/predict" \
    $(pkg-config --cflags --libs beamline)
"$BEAMLINE_BUILD/tests/bundle/bundle_built" hlf "$work/model.blm"
echo "0.5 2 -1 0 1 2 3 4 nan 6 7 8 9 10" >"$work/events"
predict() { "$work/predict" "$1" <"$work/events"; }
expect 0 "QCD 0." predict "$work/model.blm"
awk -F '[ ,]+' '{ sum = $2 + $4 + $6; exit !(NF == 6 && sum > 0.99999 && sum < 1.00001) }' "$work/out"
expect 3 "no-such.blm" predict no-such.blm
echo "1 2 3" >"$work/events"
expect 0 "not 14 numbers: 1 2 3" predict "$work/model.blm"
# Modules are found from where the tree is now; a static program anywhere is told where they are.
modules=$(dirname "$(find "$prefix" -name beamline_hdf5.so)")
if [ -e "$modules/beamline_hdf5.so" ] && [ -e "$sample" ] && [ -e "$prefix/bin/beamline" ]; then
    "$prefix/bin/beamline" convert --quiet "$sample" -o "$work/sample.h5"
    expect 0 "Jet_pt" "$work/cmake/columns" "$work/sample.h5" Events
    export BEAMLINE_MODULES=$modules
    expect 0 "Jet_pt" "$work/cmake/columns_static" "$work/sample.h5" Events
    export BEAMLINE_MODULES=$work
    expect 6 "beamline_hdf5.so" "$prefix/bin/beamline" inspect "$work/sample.h5"
    unset BEAMLINE_MODULES
fi
if [ -e "$prefix/bin/beamline" ]; then
    expect 0 "$version" "$prefix/bin/beamline" --version
    for file in share/man/man1/beamline.1 share/bash-completion/completions/beamline \
        share/zsh/site-functions/_beamline share/fish/vendor_completions.d/beamline.fish; do
        [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
    done
fi
echo "${#programs[@]} programs against beamline $version"
