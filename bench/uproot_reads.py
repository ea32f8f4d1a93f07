# SPDX-License-Identifier: Apache-2.0
"""Reads every column of a file's tree with uproot; asked as bench.h says: `read`, `check`,
`version`.

`read` makes awkward arrays of 100 MB of entries after each other, in a freshly opened file without
uproot's caches. On two threads, uproot's own executors decompress and interpret. `check` adds the
number of values of each column and their sum.
"""

import functools
import json
import sys
import time

import awkward
import numpy
import uproot

STEP = "100 MB"


@functools.cache
def executors(threads):
    if threads == 1:
        return {}
    return {"decompression_executor": uproot.ThreadPoolExecutor(threads),
            "interpretation_executor": uproot.ThreadPoolExecutor(threads)}


def numbers(array):
    """The numbers inside all lists."""
    flat = numpy.asarray(awkward.flatten(array, axis=None))
    return len(flat), float(flat.sum(dtype=numpy.float64))


def read(path, threads, check):
    values, sums = {}, {}
    with uproot.open(path, object_cache=None, array_cache=None) as file:
        tree = file[file.keys(filter_classname="TTree")[0]]
        for batch in tree.iterate(library="ak", how=dict, step_size=STEP, **executors(threads)):
            for name, array in batch.items() if check else ():
                n, total = numbers(array)
                values[name] = values.get(name, 0) + n
                sums[name] = sums.get(name, 0) + total
    return {"columns": {name: [n, sums[name]] for name, n in values.items()}}


def main():
    for line in sys.stdin:
        way, threads, path = line.rstrip("\n").split(" ", 2)
        if way == "version":
            answer = {"version": uproot.__version__}
        else:
            start = time.perf_counter()
            answer = read(path, int(threads), way == "check")
            answer["seconds"] = time.perf_counter() - start
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
