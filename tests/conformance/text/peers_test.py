# SPDX-License-Identifier: Apache-2.0
"""Our CSV and JSON lines are read by pandas, Polars and DuckDB, each where it is installed."""

import math
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import pyarrow  # noqa: E402
from text_tables import read, write  # noqa: E402
from text_values import same  # noqa: E402

N = 2000
ODD = [math.nan, math.inf, -math.inf]


def make(specials):
    rng = random.Random(5)
    return pyarrow.table({
        "x": [rng.choice(ODD) if specials and rng.random() < 0.1
              else rng.gauss(0, 1) * 10**rng.randrange(-30, 30) for _ in range(N)],
        "i": [rng.randrange(-2**53, 2**53) for _ in range(N)],
        "t": [rng.choice(["muon", 'say "hi"', "a,b", "two\nlines", "é"]) for _ in range(N)]})


def pandas_read(path):
    pandas = pytest.importorskip("pandas")
    if ".csv" in path.suffixes:
        return pandas.read_csv(path)
    return pandas.read_json(path, lines=True, precise_float=True)


def polars_read(path):
    polars = pytest.importorskip("polars")
    frame = polars.read_csv(path) if path.suffix == ".csv" else polars.read_ndjson(path)
    return frame.to_dict(as_series=False)


def duckdb_read(path):
    duckdb = pytest.importorskip("duckdb")
    function = "read_csv" if path.suffix == ".csv" else "read_json"
    rows = duckdb.sql(f"SELECT x, i, t FROM {function}('{path}')").fetchall()
    return dict(zip(("x", "i", "t"), map(list, zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize("reader", [pandas_read, polars_read, duckdb_read])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_reads_ours(reader, ending, tmp_path):
    path = tmp_path / f"t.{ending}"
    table = make(ending == "csv")
    write(path, table)
    theirs = reader(path)
    for name in table.column_names:
        for mine, other in zip(table[name].to_pylist(), list(theirs[name]), strict=True):
            if reader is pandas_read and ending == "jsonl" and name == "x":
                assert other == pytest.approx(mine, rel=1e-14)  # its precise floats are near
            else:
                assert same(mine, type(mine)(other)), (name, mine, other)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl"])
def test_pandas_writes(ending, tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / f"t.{ending}"
    table = make(False)
    frame = pandas.DataFrame(table.to_pydict())
    if "csv" in ending:
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True, double_precision=15)
    ours = read(path)
    for name in table.column_names:
        for mine, wanted in zip(ours[name].to_pylist(), table[name].to_pylist(), strict=True):
            if name == "x" and ending == "jsonl":
                assert mine == pytest.approx(wanted, rel=1e-14)
            else:
                assert same(mine, wanted)
