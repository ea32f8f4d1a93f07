# SPDX-License-Identifier: Apache-2.0
# Branches of rare classes: TBranchClones, whose counter is no ordinary branch of it, and TBranchSTL,
# which says of each pointer which branch holds its object.
set -euo pipefail
file=$BEAMLINE_SOURCE/fuzz/corpus/root_file/rare.root

expect() { # WANTED COLUMNS
    found=$("$BEAMLINE" cat --quiet --format jsonl --columns "$2" "$file" | tail -n 1)
    [ "$found" = "$1" ] || {
        echo "columns $2: $found instead of $1"
        exit 1
    }
}

expect '{"old/tracks/tracks_":3,"old/tracks/tracks.px":[3.0,3.5,4.0]}' 'tracks_,tracks.px'
expect '{"old/tracks/tracks.c[2]":[[0,0],[1,-1],[2,-2]]}' 'tracks.c*'
expect '{"some":{"fElems":3,"fArr":[1,2,1]}}' some
