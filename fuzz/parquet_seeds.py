#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of corpus/parquet: small files of every shape, encoding and codec.

usage: parquet_seeds.py FOLDER
"""

import datetime
import decimal
import pathlib
import sys

import pyarrow
import pyarrow.parquet


def table():
    n = 9
    lists = [[1.5] * (i % 4) if i % 3 else None for i in range(n)]
    return pyarrow.table({
        "i": pyarrow.array([i * i if i % 4 else None for i in range(n)], pyarrow.int32()),
        "b": pyarrow.array([i % 3 == 0 for i in range(n)]),
        "t": pyarrow.array([f"text {i // 3}" for i in range(n)]),
        "l": pyarrow.array(lists, pyarrow.list_(pyarrow.float32())),
        "n": pyarrow.array([[[i], []] * (i % 3) for i in range(n)],
                           pyarrow.list_(pyarrow.list_(pyarrow.int64()))),
        "s": pyarrow.array([{"x": i, "y": [{"z": f"{i}"}] * (i % 3)} if i % 4 else None
                            for i in range(n)]),
        "m": pyarrow.array([[("k", i)] * (i % 2) for i in range(n)],
                           pyarrow.map_(pyarrow.string(), pyarrow.int16())),
        "d": pyarrow.array([decimal.Decimal(i) / 8 for i in range(n)], pyarrow.decimal128(20, 3)),
        "w": pyarrow.array([datetime.datetime(2026, 1, 1 + i) for i in range(n)]),
        "h": pyarrow.array([0.5 * i for i in range(n)], pyarrow.float16()),
    })


def vectors():
    kind = pyarrow.struct([("type", pyarrow.int8()), ("size", pyarrow.int32()),
                           ("indices", pyarrow.list_(pyarrow.int32())),
                           ("values", pyarrow.list_(pyarrow.float64()))])
    dense = {"type": 1, "size": None, "indices": None, "values": [1.0, 2.0]}
    sparse = {"type": 0, "size": 3, "indices": [2], "values": [5.0]}
    return pyarrow.table({"v": pyarrow.array([dense, sparse, None], kind)})


def main(folder):
    write = pyarrow.parquet.write_table
    folder.mkdir(parents=True, exist_ok=True)
    for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
        write(table().select(["i", "t", "l"]), folder / f"{codec}.parquet", compression=codec)
    write(table(), folder / "v1.parquet", compression="none", use_dictionary=False,
          write_statistics=False)
    write(table(), folder / "v2.parquet", compression="zstd", data_page_version="2.0",
          write_page_checksum=True)
    write(table(), folder / "pages.parquet", compression="none", data_page_size=8,
          row_group_size=4, write_batch_size=1)
    flat = table().select(["i", "b", "t", "w"])
    write(flat, folder / "delta.parquet", compression="none", use_dictionary=False,
          column_encoding={"i": "DELTA_BINARY_PACKED", "b": "RLE", "t": "DELTA_BYTE_ARRAY",
                           "w": "BYTE_STREAM_SPLIT"})
    write(flat.select(["t"]), folder / "delta_length.parquet", compression="none",
          use_dictionary=False, column_encoding={"t": "DELTA_LENGTH_BYTE_ARRAY"})
    write(vectors(), folder / "vectors.parquet", compression="none")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
