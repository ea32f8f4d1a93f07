# SPDX-License-Identifier: Apache-2.0
"""Writes events.root, more.root and two.root into a folder: a few events whose values are known.

usage: make_events.py FOLDER
"""

import pathlib
import sys

import awkward
import numpy
import uproot


def events(first, n):
    number = numpy.arange(first, first + n)
    pt = [[0.1 * (i + k) for k in range(i % 3)] for i in number]
    energy = 1 / (1.0 + number)
    energy[n // 2] = numpy.nan
    return {
        "event": number.astype("u8") + 2**63,
        "nHit": (-number).astype("i2"),
        "good": number % 2 == 0,
        "energy": energy,
        "jet_pt": awkward.values_astype(awkward.Array(pt), "f4"),
        "position": numpy.stack([number, -number, number / 4], axis=1).astype("f4"),
        "name": awkward.Array([f'n,"{i}"' if i % 4 else "µ" for i in number]),
    }


def write(path, first, n, trees=("Events",)):
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        for name in trees:
            data = events(first, n)
            types = {key: getattr(column, "dtype", None) or column.type.content
                     for key, column in data.items()}
            types["position"] = numpy.dtype(("f4", (3,)))
            file.mktree(name, types).extend(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    write(folder / "events.root", 0, 6)
    write(folder / "more.root", 6, 5)
    write(folder / "two.root", 0, 3, ("dir/A", "B"))
    (folder / "broken.root").write_bytes((folder / "events.root").read_bytes()[:200])


if __name__ == "__main__":
    main()
