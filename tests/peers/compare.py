# SPDX-License-Identifier: Apache-2.0
"""Compares `beamline stats --json` with what a peer read of the same tree.

usage: compare.py OURS THEIRS   (files of JSON lines)
Every column of theirs must be among ours; every number of theirs must agree: counts, minimum and
maximum exactly, sums as far as the order of adding allows. Exit 1 if anything differs.
"""

import json
import math
import sys


def rows(path):
    with open(path, encoding="utf-8") as file:
        return {row["column"]: row for row in map(json.loads, file) if "column" in row}


def differences(ours, theirs):
    for key in ("entries", "values", "min", "max", "sum"):
        # of NaN alone there is no smallest value; peers say NaN
        if theirs.get(key) is None or math.isnan(theirs[key]):
            continue
        slack = 0
        if key == "sum":
            slack = 1e-12 * theirs["values"] * max(abs(theirs["min"]), abs(theirs["max"]))
        if ours.get(key) is None or abs(float(ours[key]) - theirs[key]) > slack:
            yield f"{key} is {ours.get(key)}, theirs {theirs[key]}"


def main():
    ours, theirs = rows(sys.argv[1]), rows(sys.argv[2])
    wrong = 0
    for column, row in theirs.items():
        found = list(differences(ours[column], row)) if column in ours else ["is not among ours"]
        for text in found:
            print(f"{column}: {text}")
        wrong += bool(found)
    print(f"{len(theirs) - wrong} of {len(theirs)} columns agree")
    sys.exit(1 if wrong or not theirs else 0)


if __name__ == "__main__":
    main()
