# SPDX-License-Identifier: Apache-2.0
# Runs the commands of events.txt on files made by make_events.py; what they print must be what
# stands under them there, to the letter. UPDATE=1 writes events.txt anew, for review.
set -euo pipefail
[ -n "${BEAMLINE:-}" ] || exit 77
here=$BEAMLINE_SOURCE/tests/cli
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0
"$BEAMLINE_SOURCE/scripts/python" "$here/make_events.py" "$work" || code=$?
[ "$code" = 0 ] || exit "$code"
PATH=$(dirname "$BEAMLINE"):$PATH
export COLUMNS=80 TERM=dumb
unset NO_COLOR

cd "$work"
# A line that starts with "$ " is a command, one with "#" a comment with an empty line in front; all
# others are output and are made anew.
gap=
while IFS= read -r line; do
    case $line in
    '#'*)
        printf '%s%s\n' "$gap" "$line"
        gap=$'\n'
        ;;
    '$ '*)
        printf '%s\n' "$line"
        code=0
        bash -o pipefail -c "${line#\$ }" </dev/null 2>&1 || code=$?
        [ "$code" = 0 ] || printf '[exit %s]\n' "$code"
        ;;
    esac
done <"$here/events.txt" >"$work/events.out"
if [ "${UPDATE:-}" ]; then
    cp "$work/events.out" "$here/events.txt"
fi
diff -u "$here/events.txt" "$work/events.out"
