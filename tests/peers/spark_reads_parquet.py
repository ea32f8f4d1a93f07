# SPDX-License-Identifier: Apache-2.0
"""Writes the rows of Parquet files beside them as JSON, as Spark reads them.

usage: spark_reads_parquet.py FILE...    (by a Python that has pyspark; needs Java)
"""

import datetime
import json
import os
import sys
import time

from pyspark.sql import SparkSession


def plain(value):
    """What JSON can say; times as UTC."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def main():
    os.environ["TZ"] = "UTC"  # of what Spark's moments become here
    time.tzset()
    session = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
               .config("spark.driver.host", "127.0.0.1")
               .config("spark.sql.session.timeZone", "UTC").getOrCreate())
    session.sparkContext.setLogLevel("OFF")
    for path in sys.argv[1:]:
        rows = [plain(row.asDict(recursive=True)) for row in session.read.parquet(path).collect()]
        with open(f"{path}.json", "w", encoding="utf-8") as file:
            json.dump(rows, file)


if __name__ == "__main__":
    main()
