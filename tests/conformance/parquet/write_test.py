# SPDX-License-Identifier: Apache-2.0
"""Parquet files that we write, read by pyarrow, DuckDB, polars, fastparquet and ourselves."""

import datetime
import hashlib
import itertools
import math
import os
import pathlib
import sys

import duckdb
import fastparquet
import numpy
import polars
import pyarrow as pa
import pytest
from pyarrow import parquet

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402
import same_values  # noqa: E402
import uproot  # noqa: E402
from command import run  # noqa: E402

CODECS = ["zstd", "zstd:9", "lz4", "snappy", "gzip", "brotli", "none"]
ENCODINGS = ["auto", "plain", "dictionary", "delta", "split"]
DATA = os.environ.get("BEAMLINE_DATA")
WORDS = ["", "x", "é", "muon", "electron", "y" * 200, "\U0010ffff" * 20, "a\0b"]
DAY = datetime.date(2020, 2, 29)


def write(path, batches, n_threads=1, memory=0, options=None, **wishes):
    with (beamline_arrow.context(n_threads, memory) as held,
          beamline_write.Output(held, path, overwrite=True, **(options or {})) as output):
        writer = output.add(batches[0], **wishes)
        for batch in batches:
            output.write(writer, batch)
        output.finish()


# ---- random data ----

def integer(rng, dtype):
    info = numpy.iinfo(dtype)
    values = [rng.integers(info.min, info.max, dtype=dtype, endpoint=True), rng.integers(0, 5),
              info.min, info.max]
    return int(values[rng.integers(len(values))])


def real(rng):
    return float(numpy.float32(rng.choice(
        [rng.normal(), 1.5, 0.0, -0.0, math.nan, math.inf, -math.inf])))


PRIMITIVES = {
    **{pa.type_for_alias(name): lambda rng, name=name: integer(rng, name)
       for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")},
    pa.float32(): real,
    pa.float64(): real,
    pa.bool_(): lambda rng: bool(rng.random() < 0.8),
    pa.string(): lambda rng: WORDS[rng.integers(len(WORDS))],
    pa.binary(): lambda rng: WORDS[rng.integers(len(WORDS))].encode() + bytes([rng.integers(256)]),
    pa.date32(): lambda rng: DAY + datetime.timedelta(int(rng.integers(-9999, 9999))),
    pa.timestamp("ms"): lambda rng: datetime.datetime(1970, 1, 1) + datetime.timedelta(
        milliseconds=int(rng.integers(-10**12, 10**12))),
    pa.timestamp("us", "UTC"): lambda rng: datetime.datetime(
        1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(
        microseconds=int(rng.integers(-10**15, 10**15))),
    pa.time64("us"): lambda rng: datetime.time(int(rng.integers(24)), 1, 2, int(rng.integers(9))),
}


def random_type(rng, depth):
    kind = rng.random()
    if depth == 0 or kind < 0.4:
        return list(PRIMITIVES)[rng.integers(len(PRIMITIVES))]
    if kind < 0.6:
        return pa.struct([pa.field(f"m{i}", random_type(rng, depth - 1), bool(rng.random() < 0.7))
                          for i in range(rng.integers(1, 4))])
    item = pa.field("item", random_type(rng, depth - 1), bool(rng.random() < 0.7))
    if kind < 0.7:
        return pa.list_(item, int(rng.integers(1, 4)))
    return (pa.large_list if kind < 0.8 else pa.list_)(item)


def random_value(rng, field):
    kind = field.type
    if field.nullable and rng.random() < 0.2:
        return None
    if pa.types.is_struct(kind):
        return {member.name: random_value(rng, member) for member in kind}
    if pa.types.is_fixed_size_list(kind):
        return [random_value(rng, kind.value_field) for _ in range(kind.list_size)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [random_value(rng, kind.value_field) for _ in range(rng.poisson(1.5))]
    return PRIMITIVES[kind](rng)


def random_table(seed, depth=3):
    rng = numpy.random.default_rng(seed)
    n = int(rng.choice([0, 1, 7, 300, 2500], p=[0.1, 0.1, 0.1, 0.5, 0.2]))
    fields = [pa.field(f"c{i}", random_type(rng, depth), bool(rng.random() < 0.7))
              for i in range(rng.integers(1, 6))]
    columns = [pa.array([random_value(rng, field) for _ in range(n)], field.type)
               for field in fields]
    return rng, pa.Table.from_arrays(columns, schema=pa.schema(fields))


def cut(rng, table):
    """A table in batches of any size, empty ones among them."""
    ends = sorted(rng.integers(0, table.num_rows + 1, rng.integers(0, 5)).tolist())
    edges = [0, *ends, table.num_rows]
    whole = table.combine_chunks()
    batches = [whole.slice(a, b - a).to_batches() or [whole.slice(0, 0).to_batches()]
               for a, b in itertools.pairwise(edges)]
    flat = [batch for some in batches for batch in some if isinstance(batch, pa.RecordBatch)]
    return flat or [pa.RecordBatch.from_pylist([], schema=table.schema)]


def random_wishes(rng):
    wishes = {"chunk_bytes": int(rng.choice([0, 1, 300, 5000])),
              "cluster_rows": int(rng.choice([0, 0, 10, 1000])),
              "cluster_bytes": int(rng.choice([0, 20000]))}
    return wishes, {"codec": str(rng.choice(CODECS)), "encoding": str(rng.choice(ENCODINGS))}


# ---- what others read ----

def same(read, table, name):
    """Whether a column has the same values, NaN and both zeros told apart."""
    return repr(read[name].to_pylist()) == repr(table[name].to_pylist())


@pytest.mark.parametrize("seed", range(150))
def test_random_tables(seed, tmp_path):
    rng, table = random_table(seed)
    wishes, options = random_wishes(rng)
    path = tmp_path / "t.parquet"
    write(path, cut(rng, table), options=options, **wishes)
    read = parquet.read_table(path, page_checksum_verification=True)
    read.validate(full=True)
    assert read.num_rows == table.num_rows
    assert [field.nullable for field in read.schema] == [f.nullable for f in table.schema]
    in_duckdb = duckdb.connect()
    in_duckdb.execute("set timezone='UTC'")
    peers = {"pyarrow": read, "DuckDB": in_duckdb.sql(f"from '{path}'").to_arrow_table(),
             "polars": polars.read_parquet(path).to_arrow()}
    for name, peer in peers.items():
        wrong = [column for column in table.column_names if not same(peer, table, column)]
        assert not wrong, (name, options, wishes, table.select(wrong).schema)
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as ours:
        for i, array in enumerate(ours.read(list(range(len(ours.columns))))):
            assert repr(array.to_pylist()) == repr(table.column(i).to_pylist())
