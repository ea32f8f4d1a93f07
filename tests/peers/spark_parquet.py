# SPDX-License-Identifier: Apache-2.0
"""Parquet files that we write, read by Spark, and one that Spark writes, read by us: every value is
there.

usage: spark_parquet.py PYTHON FOLDER    (PYTHON has pyspark; needs Java)
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys

import numpy
import pyarrow as pa

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402

N_ROWS = 5000
ENCODINGS = ["auto", "plain", "dictionary", "delta", "split"]
CODECS = ["zstd", "lz4", "snappy", "gzip", "none"]


def random_table():
    rng = numpy.random.default_rng(7)

    def some(values):
        return [None if rng.random() < 0.1 else value for value in values]

    n = N_ROWS
    moments = [datetime.datetime(2020, 1, 1) + datetime.timedelta(microseconds=int(t))
               for t in rng.integers(0, 10**15, n)]
    members = pa.struct([("a", pa.int16()), ("b", pa.list_(pa.string()))])
    return pa.table({
        "int8": pa.array(some(rng.integers(-128, 128, n).tolist()), pa.int8()),
        "uint16": pa.array(rng.integers(0, 2**16, n), pa.uint16()),
        "int32": pa.array(some(numpy.arange(n).tolist()), pa.int32()),
        "uint32": pa.array(rng.integers(0, 2**32, n), pa.uint32()),
        "int64": pa.array(rng.integers(-2**62, 2**62, n)),
        "float32": pa.array(some(rng.normal(1000, 1, n).astype("float32").tolist()), pa.float32()),
        "float64": pa.array(rng.normal(size=n)),
        "bool": pa.array(numpy.arange(n) // 900 % 2 == 0),
        "text": pa.array(some([f"é{k}" for k in rng.integers(0, 50, n)])),
        "date": pa.array([moment.date() for moment in moments]),
        "moment": pa.array(moments, pa.timestamp("us", "UTC")),
        "list": pa.array(some([rng.integers(0, 9, k).tolist() for k in rng.poisson(2, n)])),
        "structs": pa.array([[{"a": k, "b": some(["x"] * k)} for k in range(m)]
                             for m in rng.integers(0, 4, n)], pa.list_(members))})


def plain(value):
    """What JSON can say, as spark_reads_parquet.py does."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else value


def read_sparks(python, folder):
    """What Spark writes, its vectors as lists, is what it says that it wrote."""
    writer = pathlib.Path(__file__).with_name("spark_writes_parquet.py")
    subprocess.run([python, writer, folder], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    part, = (folder / "spark").glob("part-*.parquet")
    found = subprocess.run([os.environ["BEAMLINE"], "cat", "-q", "--plain-vectors", "-f", "jsonl",
                            part], check=True, capture_output=True, text=True).stdout.splitlines()
    with open(folder / "spark.json", encoding="utf-8") as file:
        wanted = json.load(file)
    for k, (ours, theirs) in enumerate(zip(map(json.loads, found), wanted, strict=True)):
        ours["moment"] = ours["moment"][:19]  # its fraction and zone
        if ours != theirs:
            sys.exit(f"Spark's file: row {k} is {ours}, not {theirs}")


def main():
    python, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    table = random_table()
    paths = [folder / f"{encoding}-{codec}.parquet"
             for encoding, codec in zip(ENCODINGS, CODECS, strict=True)]
    for path in paths:
        encoding, codec = path.stem.split("-")
        with (beamline_arrow.context() as held,
              beamline_write.Output(held, path, codec=codec, encoding=encoding) as output):
            batches = table.to_batches(max_chunksize=1000)
            writer = output.add(batches[0], chunk_bytes=4000, cluster_rows=2000)
            for batch in batches:
                output.write(writer, batch)
            output.finish()
    reader = pathlib.Path(__file__).with_name("spark_reads_parquet.py")
    subprocess.run([python, reader, *paths], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)  # Spark draws its progress
    wanted = plain(table.to_pylist())
    for path in paths:
        with open(f"{path}.json", encoding="utf-8") as file:
            found = json.load(file)
        for k, (ours, theirs) in enumerate(zip(wanted, found, strict=True)):
            if ours != theirs:
                sys.exit(f"{path.name}: row {k} is {theirs}, not {ours}")
    read_sparks(python, folder)
    print(f"{len(paths)} files of {table.num_columns} columns are read by Spark, its own by us")


if __name__ == "__main__":
    main()
