# SPDX-License-Identifier: Apache-2.0
"""Parquet files that we write, read by pyarrow, DuckDB, polars, fastparquet and ourselves."""

import datetime
import itertools
import math
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

CODECS = ["zstd", "zstd:9", "lz4", "snappy", "gzip", "brotli", "none"]
ENCODINGS = ["auto", "plain", "dictionary", "delta", "split"]
WORDS = ["", "x", "é", "muon", "electron", "y" * 200, "\U0010ffff" * 20, "a\0b"]
DAY = datetime.date(2020, 2, 29)


def write(target, batches, n_threads=1, memory=0, options=None, **wishes):
    with (beamline_arrow.context(n_threads, memory) as held,
          beamline_write.Output(held, target, overwrite=True, **(options or {})) as output):
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

def query(text):
    return duckdb.connect().execute(text).fetchall()


def same(read, table, name):
    """Whether a column has the same values, NaN and both zeros told apart."""
    return repr(read[name].to_pylist()) == repr(table[name].to_pylist())


def read_by_polars(path, options):
    """None where polars 2.1 fails on its own: differences in several pages of a nested column, on
    which it fails when pyarrow writes them too."""
    try:
        return polars.read_parquet(path).to_arrow()
    except BaseException as error:  # its panics are no Exception
        if options["encoding"] != "delta" or "validity mask" not in str(error):
            raise
        return None


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
             "polars": read_by_polars(path, options)}
    for name, peer in peers.items():
        if peer is None:
            continue
        wrong = [column for column in table.column_names if not same(peer, table, column)]
        assert not wrong, (name, options, wishes, table.select(wrong).schema)
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as ours:
        for i, array in enumerate(ours.read(list(range(len(ours.columns))))):
            assert repr(array.to_pylist()) == repr(table.column(i).to_pylist())


# fastparquet 2026.9 reads no nested columns but simple lists, and knows neither BYTE_STREAM_SPLIT
# nor runs of bools in pages of version 1; it gives lists with their nulls as objects.
@pytest.mark.parametrize("encoding", ["plain", "dictionary", "delta"])
@pytest.mark.parametrize("codec", CODECS)
def test_fastparquet(codec, encoding, tmp_path):
    rng = numpy.random.default_rng(3)
    n = 3000
    table = pa.table({
        "int": pa.array(rng.integers(0, 9, n), mask=rng.random(n) < 0.1),
        "float": rng.normal(size=n).astype("float32"),
        "bool": rng.random(n) < 0.5,
        "text": [WORDS[i] for i in rng.integers(0, len(WORDS), n)],
        "list": [rng.integers(0, 9, k).tolist() for k in rng.poisson(2, n)]})
    path = tmp_path / "t.parquet"
    write(path, table.to_batches(), chunk_bytes=2000,
          options={"codec": codec, "encoding": encoding})
    read = fastparquet.ParquetFile(path).to_pandas()
    for name in ("float", "bool", "text"):
        assert read[name].tolist() == table[name].to_pylist(), name
    assert read["int"].astype(object).where(read["int"].notna(), None).tolist() == \
        table["int"].to_pylist()
    assert [list(items) for items in read["list"]] == table["list"].to_pylist()


# ---- encodings ----

def kinds_of_data(n=50_000):
    rng = numpy.random.default_rng(4)
    return pa.table({
        "sorted": pa.array(numpy.cumsum(rng.integers(0, 100, n))),
        "few": pa.array(rng.normal(size=7)[rng.integers(0, 7, n)]),
        "random": pa.array(rng.integers(0, 1 << 62, n)),
        "mass": pa.array(rng.normal(1000, 1, n).astype("float32")),
        "word": pa.array([WORDS[i] for i in rng.integers(0, 5, n)]),
        "unique": pa.array([f"{x:x}" for x in rng.integers(0, 1 << 62, n)]),
        "flips": pa.array(rng.random(n) < 0.5),
        "runs": pa.array(numpy.arange(n) // 1000 % 2 == 0)})


CHOSEN = {"sorted": "DELTA_BINARY_PACKED", "few": "RLE_DICTIONARY", "random": "PLAIN",
          "mass": "PLAIN", "word": "RLE_DICTIONARY", "unique": "PLAIN",
          "flips": "PLAIN", "runs": "RLE"}
FORCED = {"plain": {}, "delta": {"sorted": "DELTA_BINARY_PACKED", "random": "DELTA_BINARY_PACKED"},
          "split": {"few": "BYTE_STREAM_SPLIT", "mass": "BYTE_STREAM_SPLIT"},
          "dictionary": {name: "RLE_DICTIONARY" for name in
                         ("sorted", "few", "random", "mass", "word", "unique")}}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(encoding, tmp_path):
    table, path = kinds_of_data(), tmp_path / "t.parquet"
    write(path, table.to_batches(), options={"encoding": encoding})
    group = parquet.read_metadata(path).row_group(0)
    wanted = CHOSEN if encoding == "auto" else dict.fromkeys(CHOSEN, "PLAIN") | FORCED[encoding]
    for i, name in enumerate(table.column_names):
        assert wanted[name] in group.column(i).encodings, name
        is_alone = wanted[name] not in ("PLAIN", "RLE_DICTIONARY")
        assert not is_alone or "PLAIN" not in group.column(i).encodings
        assert group.column(i).has_dictionary_page == (wanted[name] == "RLE_DICTIONARY")
    assert parquet.read_table(path).equals(table)


def test_a_dictionary_that_outgrows_its_place(tmp_path):
    n = 400_000
    table = pa.table({"x": numpy.concatenate([numpy.arange(n) % 100, numpy.arange(n)])})
    path = tmp_path / "t.parquet"
    write(path, table.to_batches(), options={"encoding": "dictionary"})
    column = parquet.read_metadata(path).row_group(0).column(0)
    assert {"PLAIN", "RLE_DICTIONARY"} <= set(column.encodings)
    assert parquet.read_table(path).equals(table)
    assert query(f"select sum(x) from '{path}'") == [(sum(table["x"].to_pylist()),)]


# ---- the same bytes ----

def test_the_same_bytes(tmp_path):
    """Whatever the number of threads, and however rows come in batches."""
    table = pa.concat_tables([random_table(seed, 2)[1].select([0]).rename_columns(["c"])
                              for seed in (5,)])
    table = table.append_column("d", pa.array(numpy.arange(table.num_rows) % 17))
    table = pa.concat_tables([table] * 20)
    contents = set()
    for rows, n_threads in itertools.product((1, 100, 4096, 10**6), (1, 2, 3)):
        path = tmp_path / "t.parquet"
        write(path, table.combine_chunks().to_batches(max_chunksize=rows), n_threads,
              chunk_bytes=3000, cluster_bytes=30_000)
        contents.add(path.read_bytes())
    assert len(contents) == 1
    assert parquet.read_metadata(path).num_row_groups > 1


@pytest.mark.parametrize("codec", ["zstd", "none"])
def test_the_same_bytes_of_one_column(codec, tmp_path):
    """Whose pages are made by all threads: one dictionary, also one that grows too large, and row
    groups that end by what they take in memory."""
    rng = numpy.random.default_rng(8)
    n = 400_000
    columns = dict(zip(kinds_of_data(n).column_names, kinds_of_data(n).columns, strict=True))
    columns["outgrown"] = pa.array((rng.integers(0, 300_000, n) // (n - numpy.arange(n))) * 7)
    columns["lists"] = pa.array([[k % 5] * (k % 3) or None for k in range(n)])
    for name, column in columns.items():
        table, contents = pa.table({name: column}), set()
        for rows, n_threads in ((n, 1), (n, 2), (n, 4), (30_011, 1), (30_011, 2)):
            path = tmp_path / "t.parquet"
            write(path, table.combine_chunks().to_batches(max_chunksize=rows), n_threads, 8 << 20,
                  chunk_bytes=20_000, options={"codec": codec})
            contents.add(path.read_bytes())
        assert len(contents) == 1, name
        assert parquet.read_table(path, page_checksum_verification=True).equals(table), name
        group = parquet.read_metadata(path).row_group(0)
        assert name != "outgrown" or {"RLE_DICTIONARY", "PLAIN"} <= set(group.column(0).encodings)


def test_row_groups_take_what_they_may(tmp_path):
    """Of memory, not of rows: what becomes small compressed makes more rows a group."""
    rows = {}
    for name, values in (("same", numpy.zeros(10**6)), ("random", numpy.random.rand(10**6))):
        path = tmp_path / "t.parquet"
        write(path, pa.table({"x": values}).to_batches(), memory=8 << 20,
              options={"encoding": "plain"})
        metadata = parquet.read_metadata(path)
        rows[name] = metadata.row_group(0).num_rows
        sizes = [metadata.row_group(i).column(0).total_compressed_size
                 for i in range(metadata.num_row_groups - 1)]
        assert all(1.5e6 < size < 1.8e6 for size in sizes), sizes
    assert rows["random"] % 256 == 0 and rows["same"] == 10**6


def test_what_fails_does_not_depend_on_threads(tmp_path):
    """A page in the middle that cannot be made: the others wait for nothing."""
    n = 200_000
    values = numpy.arange(n) % 7
    values[n // 2] = 1 << 60
    table = pa.table({"x": pa.array(values, pa.timestamp("s"))})
    messages = set()
    for n_threads in (1, 2, 4):
        with pytest.raises(Exception, match="do not fit") as caught:
            write(tmp_path / "t.parquet", table.to_batches(), n_threads, chunk_bytes=2000)
        messages.add(str(caught.value))
        assert not (tmp_path / "t.parquet").exists()
    assert len(messages) == 1


# ---- statistics and indexes ----

LONG = "x" * 70


@pytest.mark.parametrize("values, kind, least, most", [
    ([3, -7, None, 5], pa.int32(), -7, 5),
    ([1, 2**32 - 1, 7], pa.uint32(), 1, 2**32 - 1),
    ([1, 2**64 - 1, 7], pa.uint64(), 1, 2**64 - 1),
    ([200, 3], pa.uint8(), 3, 200),
    ([1.5, math.nan, -2.5], pa.float64(), -2.5, 1.5),
    ([math.nan, None], pa.float32(), None, None),
    ([None, None], pa.float32(), None, None),
    ([math.inf, -math.inf], pa.float32(), -math.inf, math.inf),
    ([True, True], pa.bool_(), True, True),
    (["b", "a", "é"], pa.string(), "a", "é"),
    ([b"\xff", b"\x01"], pa.binary(), b"\x01", b"\xff"),
    ([LONG], pa.string(), "x" * 64, "x" * 63 + "y"),
    (["x" * 63 + "é"], pa.string(), "x" * 63, "x" * 62 + "y"),
    ([b"\xff" * 70], pa.binary(), None, None),
    ([b"a" + b"\xff" * 70], pa.binary(), b"a" + b"\xff" * 63, b"b"),
    (["\U0010ffff" * 20], pa.string(), None, None),
    (["a\ud7ff".encode("utf-8", "surrogatepass").decode() + "z" * 70], pa.string(),
     "a\ud7ff" + "z" * 60, "a\ud7ff" + "z" * 59 + "{"),
])
@pytest.mark.parametrize("encoding", ["plain", "dictionary"])
def test_statistics(values, kind, least, most, encoding, tmp_path):
    path = tmp_path / "t.parquet"
    write(path, pa.table({"x": pa.array(values, kind)}).to_batches(),
          options={"encoding": encoding})
    found = parquet.read_metadata(path).row_group(0).column(0).statistics
    assert found.has_min_max == (least is not None)
    assert found.null_count == values.count(None)
    if least is not None:
        assert (found.min, found.max) == (least, most)
        row, = query("select stats_min_value, stats_max_value, min_is_exact, max_is_exact "
                     f"from parquet_metadata('{path}')")
        is_whole = least == min(v for v in values if v is not None and v == v)
        assert row[2:] == (is_whole, is_whole)


def test_zeros(tmp_path):
    """The least zero is the negative one, the greatest the positive."""
    path = tmp_path / "t.parquet"
    write(path, pa.table({"x": [0.0, 0.0], "y": [-0.0, -0.0]}).to_batches())
    group = parquet.read_metadata(path).row_group(0)
    for i in range(2):
        found = group.column(i).statistics
        assert math.copysign(1, found.min) == -1 and math.copysign(1, found.max) == 1


def test_page_index(tmp_path):
    """Rows are found by it: DuckDB and pyarrow read pages that may hold them."""
    n = 100_000
    table = pa.table({"x": numpy.arange(n), "l": [[k] * (k % 3) for k in range(n)]})
    path = tmp_path / "t.parquet"
    write(path, table.to_batches(), chunk_bytes=8000, cluster_rows=30_000,
          options={"encoding": "plain"})
    metadata = parquet.read_metadata(path)
    assert metadata.num_row_groups == 4
    for i in range(4):
        for k in range(2):
            assert metadata.row_group(i).column(k).has_column_index
            assert metadata.row_group(i).column(k).has_offset_index
    found = query(f"select l from '{path}' where x between 60001 and 60004")
    assert found == [(table["l"][k].as_py(),) for k in range(60001, 60005)]
    chosen = parquet.read_table(path, filters=[("x", "=", 77_777)])
    assert chosen.to_pylist() == [{"x": 77_777, "l": [77_777] * (77_777 % 3)}]
    lazy = polars.scan_parquet(path).filter(polars.col("x") == 54_321).collect()
    assert lazy["l"].to_list() == [[54_321] * (54_321 % 3)]


# ---- what else is in a file ----

def test_metadata(tmp_path):
    path = tmp_path / "t.parquet"
    write(path, pa.table({"x": [1]}).to_batches(), path="some/Events",
          options={"metadata": {"cut": "pt > 30", "é": "ü"}})
    metadata = parquet.read_metadata(path)
    assert metadata.metadata == {b"beamline.table": b"some/Events", b"cut": b"pt > 30",
                                 "é".encode(): "ü".encode()}
    assert metadata.created_by.startswith("beamline version ")
    assert metadata.format_version == "2.6"


@pytest.mark.parametrize("given, written", [
    (pa.array([1, None, -1], pa.timestamp("s")), pa.timestamp("ms")),
    (pa.array([1, None], pa.timestamp("s", "UTC")), pa.timestamp("ms", "UTC")),
    (pa.array([1, -1], pa.timestamp("ms", "Europe/Zurich")), pa.timestamp("ms", "UTC")),
    (pa.array([1, -1], pa.timestamp("ns")), pa.timestamp("ns")),
    (pa.array([86_400_000, None, -86_400_000], pa.date64()), pa.date32()),
    (pa.array([1, 86_399], pa.time32("s")), pa.time32("ms")),
    (pa.array([1], pa.time32("ms")), pa.time32("ms")),
    (pa.array([1], pa.time64("ns")), pa.time64("ns")),
    (pa.array([1, None], pa.duration("us")), pa.int64()),
])
def test_times(given, written, tmp_path):
    path = tmp_path / "t.parquet"
    write(path, pa.table({"x": given}).to_batches())
    read = parquet.read_table(path)["x"].combine_chunks()
    assert read.type == written
    assert read.equals(given.cast(written))


@pytest.mark.parametrize("rows", [0, 3, 2_500_000])
def test_no_columns(rows, tmp_path):
    path = tmp_path / "t.parquet"
    batch = pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    write(path, [batch])
    metadata = parquet.read_metadata(path)
    assert (metadata.num_rows, metadata.num_columns) == (rows, 0)
    assert metadata.num_row_groups == -(-rows // (1 << 20))


def test_no_table(tmp_path):
    path = tmp_path / "t.parquet"
    with (beamline_arrow.context() as held,
          beamline_write.Output(held, path) as output):
        output.finish()
    assert parquet.read_metadata(path).num_rows == 0


# ---- what is refused ----

def refusal(tmp_path, batches, message, **options):
    path = tmp_path / "t.parquet"
    with pytest.raises(beamline_arrow.Failure, match=message):
        write(path, batches, options=options)
    assert list(tmp_path.iterdir()) == []


def test_refusals(tmp_path):
    strict = pa.schema([pa.field("x", pa.int32(), False)])
    first = pa.RecordBatch.from_arrays([pa.array([1, 2], pa.int32())], schema=strict)
    nulls = pa.RecordBatch.from_arrays([pa.array([3, None], pa.int32())], schema=strict)
    refusal(tmp_path, [first, nulls], "column 'x'.* null in row 3")
    refusal(tmp_path, pa.table({"x": pa.array([{}], pa.struct([]))}).to_batches(),
            "column 'x'.*without members")
    refusal(tmp_path, pa.table({"x": pa.array([2**62], pa.timestamp("s"))}).to_batches(),
            "column 'x'.*do not fit")
    refusal(tmp_path, [first], "encoding 'zip' is not known", encoding="zip")
    refusal(tmp_path, [first], "not compressed with lzma", codec="lzma")
    deep = pa.int32()
    for _ in range(40):
        deep = pa.list_(deep)
    refusal(tmp_path, pa.table({"x": pa.array([], deep)}).to_batches() or
            [pa.RecordBatch.from_arrays([pa.array([], deep)], ["x"])], "in each other")


def test_one_table(tmp_path):
    batch = pa.RecordBatch.from_pydict({"x": [1]})
    with (beamline_arrow.context() as held,
          beamline_write.Output(held, tmp_path / "t.parquet") as output):
        output.add(batch)
        with pytest.raises(beamline_arrow.Failure, match="holds one table"):
            output.add(batch, path="Other")
