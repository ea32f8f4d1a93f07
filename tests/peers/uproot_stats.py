# SPDX-License-Identifier: Apache-2.0
"""What uproot reads: one JSON line for each column of a tree, as compare.py wants it.

usage: uproot_stats.py FILE TREE
"""

import json
import sys

import awkward
import numpy
import uproot


def describe(array):
    if "string" in str(array.type) or "char" in str(array.type):
        return {"values": len(array)}
    flat = numpy.asarray(awkward.flatten(array, axis=None))
    if len(flat) == 0:
        return {"values": 0}
    exact = flat.astype("f8")
    return {"values": len(flat), "sum": float(exact.sum()), "min": float(exact.min()),
            "max": float(exact.max())}


def main():
    path, name = sys.argv[1:]
    with uproot.open(path) as file:
        tree = file[name]
        for branch in tree.branches:
            row = {"column": branch.name, "entries": tree.num_entries}
            print(json.dumps(row | describe(branch.array())))


if __name__ == "__main__":
    main()
