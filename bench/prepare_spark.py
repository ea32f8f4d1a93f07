# SPDX-License-Identifier: Apache-2.0
"""Preparation by Spark and its ML library, as the published pipeline does it.

usage: prepare_spark.py OUTPUT FEATURES… [--processors N]    (a Parquet file a class)

Prints one line of JSON, as prepare.py wants it. All is done once before for the first file alone,
so that neither Java's start nor Python's imports count.
"""

import argparse
import json
import os
import sys
import time

import pyspark
from pyspark.ml.feature import MinMaxScaler
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

WIDTH = 19


def read(session, paths):
    frames = [session.read.parquet(path).select(F.lit(label).alias("label"), "hfeatures",
                                                "lfeatures") for label, path in enumerate(paths)]
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.union(frame)
    return whole.withColumn("hfeatures", array_to_vector("hfeatures"))


def fit_rows(frame):
    """Mean and σ of each number of all rows."""
    rows = frame.select(F.explode("lfeatures").alias("row"))
    numbers = [F.col("row")[i].cast("double") for i in range(WIDTH)]
    found = rows.agg(*[F.avg(x) for x in numbers], *[F.stddev_pop(x) for x in numbers]).first()
    return list(found[:WIDTH]), list(found[WIDTH:])


def scaled_rows(means, sigmas):
    mean = F.array(*map(F.lit, means))
    sigma = F.array(*[F.lit(value or 1.0) for value in sigmas])
    return F.transform("lfeatures", lambda row: F.transform(
        row, lambda x, i: ((x - mean[i]) / sigma[i]).cast("float")))


def counts(frame, n_classes):
    found = dict(frame.groupBy("label").count().collect())
    return [found.get(label, 0) for label in range(n_classes)]


def prepare(session, paths, target):
    frame = read(session, paths)
    before = counts(frame, len(paths))
    scaler = MinMaxScaler(inputCol="hfeatures", outputCol="scaled").fit(frame)
    means, sigmas = fit_rows(frame)
    smallest = min(before)
    chosen = scaler.transform(frame).sampleBy(
        "label", {label: smallest / n for label, n in enumerate(before)}, seed=42)
    ready = chosen.select(
        "label",
        F.array(*[F.when(F.col("label") == k, 1.0).otherwise(0.0).cast("float")
                  for k in range(len(paths))]).alias("encoded_label"),
        vector_to_array("scaled", "float32").alias("HLF_input"),
        scaled_rows(means, sigmas).alias("GRU_input"))
    train, test = ready.randomSplit([0.8, 0.2], seed=42)
    for name, part in (("train", train.orderBy(F.rand(42))), ("test", test)):
        part.write.mode("overwrite").option("compression", "snappy").parquet(f"{target}/{name}")
    low, high = scaler.originalMin.toArray(), scaler.originalMax.toArray()
    return before, {"HLF_input": [[float(a), float(b - a)] for a, b in zip(low, high, strict=True)],
                    "GRU_input": [list(one) for one in zip(means, sigmas, strict=True)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--processors", type=int, default=1)
    options = parser.parse_args()
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (SparkSession.builder.master(f"local[{options.processors}]")
               .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
               .config("spark.driver.memory", "4g").getOrCreate())
    session.sparkContext.setLogLevel("OFF")
    prepare(session, options.inputs[:1], options.output)
    start = time.perf_counter()
    before, fitted = prepare(session, options.inputs, options.output)
    seconds = time.perf_counter() - start
    after = {name: counts(session.read.parquet(f"{options.output}/{name}"), len(before))
             for name in ("train", "test")}
    print(json.dumps({"seconds": seconds, "before": before, "after": after, "fitted": fitted,
                      "version": f"pyspark {pyspark.__version__}"}))


if __name__ == "__main__":
    main()
