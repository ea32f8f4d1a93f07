# SPDX-License-Identifier: Apache-2.0
"""Spark writes a Parquet file of what it has, vectors of its ML library among it, and beside it as
JSON the rows as we are to see them.

usage: spark_writes_parquet.py FOLDER    (by a Python that has pyspark; needs Java)
"""

import datetime
import decimal
import json
import pathlib
import sys

from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import SparkSession
from pyspark.sql import types as t

N = 500


def row(i):
    vector = Vectors.dense([0.5 * i, -1.0]) if i % 3 else Vectors.sparse(4, {1: 2.0, 3: float(i)})
    return (i, None if i % 7 == 0 else 0.25 * i, [0.5 * k for k in range(i % 4)],
            {f"k{k}": k * i for k in range(i % 3)}, (f"é{i}", None if i % 5 else i),
            decimal.Decimal(i) / 16, datetime.date(2020, 1, 1) + datetime.timedelta(i),
            datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=i),
            None if i % 11 == 0 else vector)


def seen(i):
    """The same as a line of JSON."""
    _, x, items, pairs, (text, number), exact, day, moment, vector = row(i)
    return {"i": i, "x": x, "l": items,
            "m": [{"key": key, "value": value} for key, value in pairs.items()],
            "s": {"text": text, "number": number}, "d": float(exact), "day": day.isoformat(),
            "moment": moment.strftime("%Y-%m-%dT%H:%M:%S"),
            "v": None if vector is None else vector.toArray().tolist()}


def main():
    folder = pathlib.Path(sys.argv[1])
    session = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
               .config("spark.driver.host", "127.0.0.1")
               .config("spark.sql.session.timeZone", "UTC").getOrCreate())
    schema = t.StructType([
        t.StructField("i", t.LongType(), False), t.StructField("x", t.FloatType()),
        t.StructField("l", t.ArrayType(t.DoubleType())),
        t.StructField("m", t.MapType(t.StringType(), t.IntegerType())),
        t.StructField("s", t.StructType([t.StructField("text", t.StringType()),
                                         t.StructField("number", t.ShortType())])),
        t.StructField("d", t.DecimalType(20, 4)), t.StructField("day", t.DateType()),
        t.StructField("moment", t.TimestampType()), t.StructField("v", VectorUDT())])
    frame = session.createDataFrame([row(i) for i in range(N)], schema).coalesce(1)
    frame.write.parquet(str(folder / "spark"))
    with open(folder / "spark.json", "w", encoding="utf-8") as file:
        json.dump([seen(i) for i in range(N)], file)


if __name__ == "__main__":
    main()
