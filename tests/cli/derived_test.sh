# SPDX-License-Identifier: Apache-2.0
# What is derived from the table of commands: manual pages are well-formed, completion scripts load
# in their shells and complete, errors say the command and the nearest name.
set -euo pipefail
[ -n "${BEAMLINE:-}" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$(dirname "$BEAMLINE"):$PATH
there() { command -v "$1" >/dev/null || { echo "not checked: $1 is not installed"; false; }; }
same() { [ "$1" = "$2" ] || { printf 'got:    %s\nwanted: %s\n' "$1" "$2"; exit 1; }; }

beamline help --man "$work"
[ -s "$work/beamline.1" ] && [ -s "$work/beamline-stats.1" ]
there mandoc && mandoc -T lint -W warning "$work"/*.1

for shell in bash zsh fish; do
    beamline completion $shell >"$work/completion.$shell"
    there $shell && $shell -n "$work/completion.$shell"
done
complete_bash() { # words of a command line, the last one to be completed
    bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _beamline
             echo "${COMPREPLY[*]}"' bash "$work/completion.bash" "$@"
}
same "$(complete_bash beamline st)" "stats"
same "$(complete_bash beamline help c)" "cat convert completion"
same "$(complete_bash beamline cat --form)" "--format"
same "$(complete_bash beamline cat --format c)" "csv"
same "$(complete_bash beamline completion '')" "bash zsh fish"

fails() { # exit code, message, command line
    local code=0 text
    text=$("${@:3}" 2>&1 >/dev/null) || code=$?
    same "$code: $text" "$1: $2"
}
fails 2 "beamline: no command 'insepct'; did you mean 'inspect'?" beamline insepct
fails 2 "beamline: cat: no option --colums; did you mean '--columns'?" beamline cat --colums x
fails 2 "beamline: stats: --memory: '1Q' is no size such as 200M or 2G" beamline stats --memory 1Q x

same "$(beamline --version | head -1)" "beamline $(sed -n 's/.*BL_VERSION "\(.*\)"/\1/p' \
    "$BEAMLINE_BUILD/include/beamline/version.h")"
beamline help --markdown | grep -q '^## beamline stats$'
# a full device is an error, a reader that goes away is none
fails 4 "beamline: help: standard output: No space left on device" \
    bash -c 'beamline help --markdown >/dev/full'
(set +o pipefail; for _ in 1 2 3 4 5 6 7 8; do beamline help --markdown || exit 9; done | head -1) >/dev/null
