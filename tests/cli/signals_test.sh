# SPDX-License-Identifier: Apache-2.0
# Ctrl-C, SIGTERM and a reader that goes away: exit codes, and nothing left half written. A bar on a
# terminal, and none elsewhere.
set -euo pipefail
[ -n "${BEAMLINE:-}" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BEAMLINE_SOURCE/scripts/python" "$BEAMLINE_SOURCE/tests/cli/make_events.py" "$work" || exit $?
cd "$work"
mkdir out
# A chain so long that no command is through with it before the signal.
mapfile -t chain < <(yes events.root | head -n 50000)
same() { [ "$1" = "$2" ] || { printf 'got:    %s\nwanted: %s\n' "$1" "$2"; exit 1; }; }

interrupted() { # signal, command line
    local code=0
    timeout --foreground --signal "$1" --preserve-status 0.5 \
        "$BEAMLINE" "${@:2}" "${chain[@]}" >out/text 2>log || code=$?
    same "$code: $(grep -c interrupted log) message" "130: 1 message"
}
for signal in INT TERM; do
    interrupted $signal stats
    interrupted $signal stats --json --threads 1
    interrupted $signal cat --format jsonl
    interrupted $signal cat --format csv --threads 1
    rm out/text
    interrupted $signal convert --output out/copy.root
    same "$(ls out)" text
done
for extension in parquet arrow arrows tfrecord h5 csv.gz jsonl; do
    options=(--columns 'jet_pt,energy,name' --output "out/copy.$extension")
    if ! "$BEAMLINE" convert "${options[@]}" events.root 2>log; then
        same "$extension: $(grep -c libhdf5 log)" "h5: 1" # a build without it
        continue
    fi
    rm "out/copy.$extension"
    interrupted INT convert "${options[@]}"
    same "$(ls -A out)" text
done
echo precious >out/copy.root
interrupted INT convert --output out/copy.root --overwrite
same "$(cat out/copy.root)" precious

# 200 kB are more than a pipe holds
for line in "stats --json" "cat --format jsonl" "inspect" "inspect --json"; do
    # shellcheck disable=SC2086 # words of a command line
    "$BEAMLINE" $line "${chain[@]:0:2000}" 2>log | head -c 10 >/dev/null
    same "${PIPESTATUS[0]} $(cat log)" "0 "
done

on_terminal() { # command line; what a terminal of 90 columns gets
    timeout 60 script --quiet --return --command "stty cols 90; $(printf '%q ' "$@") >/dev/null" \
        /dev/null </dev/null | tr '\r' '\n'
}
command -v script >/dev/null || { echo "not checked: script is not installed"; exit 0; }
for line in stats "cat --format jsonl" "convert --output out/bar.root"; do
    # shellcheck disable=SC2086
    on_terminal "$BEAMLINE" $line "${chain[@]:0:3000}" >bar
    grep -Eq '^\[#*\.*\] +[0-9]+ % [0-9,]+ rows, [0-9,]+ rows/s, [0-9.]+ MB/s' bar
    # shellcheck disable=SC2086
    rm -f out/bar.root
    # shellcheck disable=SC2086
    "$BEAMLINE" $line "${chain[@]:0:3000}" 2>bar >/dev/null
    same "$(grep -c '\[' bar)" 0
    rm -f out/bar.root
done
