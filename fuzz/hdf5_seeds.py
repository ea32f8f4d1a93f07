#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first inputs of corpus/hdf5. usage: hdf5_seeds.py fuzz/corpus/hdf5"""

import pathlib
import sys

import h5py
import numpy

GZIP = {"compression": "gzip", "shuffle": True}


def compound(file):
    kind = numpy.dtype([("pt", "f4"), ("id", "i2"), ("valid", "?"), ("v", "u1", (2,))])
    file.create_dataset("jets", data=numpy.arange(20).astype(kind), chunks=(8,), **GZIP)
    file.create_dataset("tracks", data=numpy.arange(60).reshape(20, 3).astype(kind),
                        chunks=(6, 2), compression="lzf", fletcher32=True)


def group(file):
    file["a/x"] = numpy.arange(5, dtype=">f8")
    file["a/s"] = numpy.array([b"one", b"two", b"", b"four", b"five"])
    file.create_dataset("a/h", data=numpy.arange(5, dtype="f2"), chunks=(2,), maxshape=(None,))


def heap(file):
    file.create_dataset("s", data=["a" * i for i in range(6)], dtype=h5py.string_dtype())
    lists = file.create_dataset("l", (6,), h5py.vlen_dtype("f4"), chunks=(4,), **GZIP)
    for i in range(6):
        lists[i] = numpy.arange(i)


def frame(file):
    made = file.create_group("df")
    made.attrs["pandas_type"] = numpy.bytes_(b"frame_table")
    kind = numpy.dtype([("index", "i8"), ("values_block_0", "f8", (2,))])
    table = made.create_dataset("table", data=numpy.zeros(4, kind))
    table.attrs["values_block_0_kind"] = numpy.bytes_(b"(lp0\nVa\np1\naVb\np2\na.")


def main():
    folder = pathlib.Path(sys.argv[1])
    for make in (compound, group, heap, frame):
        for libver in ("earliest", "v110"):
            with h5py.File(folder / f"{make.__name__}_{libver}.h5", "w",
                           libver=(libver, "v110")) as file:
                make(file)


if __name__ == "__main__":
    main()
