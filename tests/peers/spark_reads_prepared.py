# SPDX-License-Identifier: Apache-2.0
"""Spark reads what prepared_exports.py made: vectors are those of its ML library, stages of whose
pipelines take them, and its MinMaxScaler fits what ours did.

usage: spark_reads_prepared.py FOLDER    (by a Python that has pyspark; needs Java)
"""

import json
import pathlib
import sys

from pyspark.ml.feature import MinMaxScaler
from pyspark.ml.linalg import DenseVector, SparseVector, VectorUDT
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, DoubleType, LongType

VECTORS = ("hfeatures", "hfeatures_dense", "encoded_label", "HLF_input")


def check_schema(frame):
    kinds = {field.name: field.dataType for field in frame.schema}
    assert list(kinds) == ["hfeatures", "label", "lfeatures", "hfeatures_dense", "encoded_label",
                           "HLF_input", "GRU_input"], kinds  # as in the published data
    assert all(isinstance(kinds[name], VectorUDT) for name in VECTORS), kinds
    assert isinstance(kinds["label"], LongType)
    for name in ("lfeatures", "GRU_input"):
        assert kinds[name] == ArrayType(ArrayType(DoubleType())), kinds[name]


def near(ours, right):
    if isinstance(right, list):
        return len(ours) == len(right) and all(map(near, ours, right))
    return abs(ours - right) <= 1e-12 * max(1, abs(right))


def check_rows(frame, wanted):
    """How many values there are."""
    n = 0
    rows = frame.collect()
    assert len(rows) == len(wanted["label"]), (len(rows), len(wanted["label"]))
    for i, row in enumerate(rows):
        assert isinstance(row.encoded_label, SparseVector)
        assert all(isinstance(row[name], DenseVector) for name in VECTORS if name[0] != "e")
        for name in row.asDict():
            right = wanted[name.removesuffix("_dense")][i]
            ours = row[name].toArray().tolist() if name in VECTORS else row[name]
            if not near(ours, right):
                sys.exit(f"row {i}: {name} is {ours}, not {right}")
            n += 1
    return n


def check_stage(frame):
    """Spark scales the physical values to what ours are."""
    scaler = MinMaxScaler(inputCol="hfeatures", outputCol="scaled").fit(frame)
    for row in scaler.transform(frame).select("scaled", "HLF_input").collect():
        assert near(row.HLF_input.toArray().tolist(), row.scaled.toArray().tolist()), row


def main():
    folder = pathlib.Path(sys.argv[1])
    session = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
               .config("spark.driver.host", "127.0.0.1").getOrCreate())
    session.sparkContext.setLogLevel("OFF")
    n = 0
    for part in ("train", "test"):
        frame = session.read.parquet(str(folder / "out" / part))
        check_schema(frame)
        n += check_rows(frame, json.loads((folder / f"{part}.json").read_text("utf-8")))
    check_stage(session.read.parquet(str(folder / "out" / "train")))
    print(f"{n} values are right, vectors are VectorUDT, MinMaxScaler agrees")


if __name__ == "__main__":
    main()
