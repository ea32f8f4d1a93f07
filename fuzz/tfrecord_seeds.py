#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of fuzz/corpus/tfrecord into the folder named on the command line."""

import gzip
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))

import tfrecord_by_hand as by_hand  # noqa: E402

ROWS = [({"x": ("float", [1.5]), "jets": ("float", [1, 2, 3]), "n": ("int64", [-1]),
          "ids": ("int64", [1 << 40, 0]), "s": ("bytes", [b"text"]),
          "b": ("bytes", [b"\xff", b""])},
         {}),
        ({"x": ("float", [2]), "jets": ("float", []), "n": ("int64", [300]), "s": ("bytes", [b""])},
         {"hits": [("float", [1, 2]), ("float", []), (None, [])], "one": [("int64", [5])] * 2}),
        ({"n": ("float", [1]), "none": (None, [])}, {"hits": []})]


def framed_short(records):
    return b"r" + b"".join(len(record).to_bytes(2, "little") + record for record in records)


def main():
    folder = pathlib.Path(sys.argv[1])
    records = [by_hand.record(*row) for row in ROWS]
    whole = b"".join(map(by_hand.framed, records))
    f, e, three = by_hand.field, by_hand.entry, by_hand.feature("float", [1, 2, 3])
    odd = [f(1, e("x", by_hand.feature("float", [1, 2], by_hand.unpacked))),
           f(1, e("x", by_hand.feature("int64", [1]) + three)) + f(1, e("x", three)),
           f(1, f(1, f(1, b"x") + f(2, three) + f(2, three)) + f(7, b"unknown"))]
    seeds = {"records": framed_short(records), "one": framed_short(records[:1]),
             "odd": framed_short(odd), "file": b"f" + whole, "cut": b"f" + whole[:-5],
             "gzip": b"f" + gzip.compress(whole, mtime=0), "empty": b"f",
             # as they are, for tests/robust
             "whole.tfrecord": whole, "packed.tfrecord": gzip.compress(whole, mtime=0),
             "long": b"f" + bytes(7) + b"\x10" + by_hand.masked(bytes(7) + b"\x10")}
    for name, data in seeds.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
