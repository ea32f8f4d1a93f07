# SPDX-License-Identifier: Apache-2.0
"""Arrow files and streams of pyarrow and polars, read by us: every type, nested, with nulls, in
several batches, compressed or not, whole and in part."""

import pathlib
import random
import sys

import numpy
import polars
import pyarrow as pa
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import arrow_samples  # noqa: E402
import beamline_arrow  # noqa: E402


def write(path, batches, schema, is_stream=False, **options):
    make = pa.ipc.new_stream if is_stream else pa.ipc.new_file
    with make(path, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch)


def check_rows(table, columns, ours, first, last):
    for i, name in enumerate(columns):
        kind = table.schema.field(name).type
        want = arrow_samples.expected(kind, table[name].slice(first, last - first).to_pylist())
        ours[i].validate(full=True)
        assert ours[i].to_pylist() == want, f"{name}: {kind}, rows {first} to {last}"


def check(path, table, rng=None, n_threads=2):
    """Our columns are those of a pyarrow table; with `rng`, some rows of some columns too."""
    with beamline_arrow.context(n_threads) as held, beamline_arrow.Table(held, path) as ours:
        assert [column.path for column in ours.columns] == table.schema.names
        assert ours.n_rows() == table.num_rows
        every = list(range(len(ours.columns)))
        check_rows(table, table.schema.names, ours.read(every), 0, table.num_rows)
        for _ in range(4 if rng and table.num_rows else 0):
            first = rng.randrange(table.num_rows)
            last = rng.randrange(first, table.num_rows) + 1
            some = rng.sample(every, rng.randrange(1, len(every) + 1))
            read = ours.read(some, first, last, rng.choice([0, 1, 5, 1000]))
            check_rows(table, [table.schema.names[i] for i in some], read, first, last)


@pytest.mark.parametrize("seed", range(60))
def test_random_tables(tmp_path, seed):
    rng = random.Random(seed)
    leaves = arrow_samples.PLAIN + arrow_samples.OTHER
    table = arrow_samples.random_table(rng, leaves, rng.choice([0, 1, 7, 50, 300]))
    batches = arrow_samples.cut(rng, table)
    if any("dictionary" in str(field.type) for field in table.schema):
        batches = table.combine_chunks().to_batches() or batches[:1]
    path = tmp_path / "a.arrow"
    write(path, batches, table.schema, rng.random() < 0.5,
          compression=rng.choice([None, "lz4", "zstd"]),
          metadata_version=rng.choice([pa.ipc.MetadataVersion.V4, pa.ipc.MetadataVersion.V5]),
          use_legacy_format=False)
    check(path, pa.Table.from_batches(batches, table.schema), rng, rng.choice([1, 2]))


@pytest.mark.parametrize("kind", arrow_samples.PLAIN + arrow_samples.OTHER, ids=str)
def test_each_type(tmp_path, kind):
    rng = random.Random(7)
    inner = [kind, pa.list_(kind), pa.list_(kind, 2), pa.struct([("m", kind)])]
    table = pa.table({f"c{i}": arrow_samples.random_array(rng, t, 100, 0.2)
                      for i, t in enumerate(inner)})
    for codec in (None, "lz4", "zstd"):
        write(tmp_path / "a.arrow", table.to_batches(), table.schema, compression=codec)
        check(tmp_path / "a.arrow", table, rng)


def test_values_behind_nulls(tmp_path):
    """What is null may have anything in its place: we give an empty list there."""
    valid = pa.py_buffer(bytes([0b101]))
    lists = pa.ListArray.from_buffers(
        pa.list_(pa.int32()), 3, [valid, pa.array([0, 1, 3, 4], pa.int32()).buffers()[1]],
        children=[pa.array([1, 2, 3, 4], pa.int32())])
    texts = pa.StringArray.from_buffers(3, pa.array([0, 1, 3, 4], pa.int32()).buffers()[1],
                                        pa.py_buffer(b"abcd"), valid)
    table = pa.table({"l": lists, "t": texts})
    write(tmp_path / "a.arrow", table.to_batches(), table.schema)
    with beamline_arrow.context() as held:
        with beamline_arrow.Table(held, tmp_path / "a.arrow") as ours:
            read = ours.read([0, 1])
    assert read[0].to_pylist() == [[1], None, [4]] and read[0].values.to_pylist() == [1, 4]
    assert read[1].to_pylist() == ["a", None, "d"] and read[1].buffers()[2].to_pybytes() == b"ad"


def test_all_halves(tmp_path):
    bits = numpy.arange(65536, dtype=numpy.uint16)
    table = pa.table({"h": pa.array(bits.view(numpy.float16))})
    write(tmp_path / "a.arrow", table.to_batches(), table.schema)
    with beamline_arrow.context() as held:
        with beamline_arrow.Table(held, tmp_path / "a.arrow") as ours:
            read = ours.read([0])[0].to_numpy()
    want = bits.view(numpy.float16).astype(numpy.float32)
    assert numpy.array_equal(read, want, equal_nan=True)
    assert numpy.array_equal(numpy.signbit(read), numpy.signbit(want))


def test_dictionaries_that_change(tmp_path):
    """In a stream a dictionary is replaced, or gets more values, between record batches."""
    kind = pa.dictionary(pa.int8(), pa.string())
    schema = pa.schema([("d", kind), ("l", pa.list_(kind))])
    words = [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"], ["x"], ["x", "y"], []]
    batches = []
    for texts in words:
        values = pa.DictionaryArray.from_arrays(
            pa.array([i % len(texts) for i in range(5)] if texts else [None] * 5, pa.int8()),
            pa.array(texts, pa.string()))
        lists = pa.ListArray.from_arrays(pa.array([0, 2, 2, 3, 3, 5], pa.int32()), values)
        batches.append(pa.record_batch([values, lists], schema=schema))
    table = pa.Table.from_batches(batches)
    want = {name: sum((b.column(name).to_pylist() for b in batches), [])
            for name in schema.names}
    for deltas in (False, True):
        write(tmp_path / "a.arrows", batches, schema, True, emit_dictionary_deltas=deltas)
        with beamline_arrow.context() as held:
            with beamline_arrow.Table(held, tmp_path / "a.arrows") as ours:
                for first, last in ((0, 30), (7, 23), (14, 16), (2, 4), (26, 30)):
                    read = ours.read([0, 1], first, last)
                    assert read[0].to_pylist() == want["d"][first:last]
                    assert read[1].to_pylist() == want["l"][first:last]
    write(tmp_path / "a.arrow", batches[:3], schema, emit_dictionary_deltas=True)
    check(tmp_path / "a.arrow", table.slice(0, 15))


def test_dictionary_of_lists(tmp_path):
    values = pa.array([[1, 2], [], [3, None]], pa.list_(pa.int16()))
    array = pa.DictionaryArray.from_arrays(pa.array([2, 0, None, 1, 2], pa.int32()), values)
    table = pa.table({"d": array})
    write(tmp_path / "a.arrow", table.to_batches(), table.schema)
    check(tmp_path / "a.arrow", table)


def test_refused(tmp_path):
    """What is not read says so by name, and does not stand in the way of other columns."""
    table = pa.table({
        "union": pa.UnionArray.from_sparse(pa.array([0, 0], pa.int8()), [pa.array([1, 2])]),
        "dense": pa.UnionArray.from_dense(pa.array([0, 0], pa.int8()), pa.array([0, 1], pa.int32()),
                                          [pa.array([1, 2])]),
        "ends": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array([7])),
        "interval": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
        "views": pa.array([[1], [2, 3]], pa.list_view(pa.int8())),
        "inside": pa.array([[(1, 2, 3)], None], pa.list_(pa.month_day_nano_interval())),
        "fine": pa.array([1, 2])})
    write(tmp_path / "a.arrow", table.to_batches(), table.schema)
    with beamline_arrow.context() as held:
        with beamline_arrow.Table(held, tmp_path / "a.arrow") as ours:
            why = {column.path: column.unreadable for column in ours.columns}
            assert ours.read([6])[0].to_pylist() == [1, 2]
    assert "unions" in why["union"] and "unions" in why["dense"] and "run-end" in why["ends"]
    assert "intervals" in why["interval"] and "intervals" in why["inside"]
    assert "list views" in why["views"] and why["fine"] is None


def test_big_endian_and_feather1(tmp_path):
    table = pa.table({"a": [1, 2]})
    write(tmp_path / "a.arrows", table.to_batches(), table.schema, True)
    (tmp_path / "f.feather").write_bytes(b"FEA1" + bytes(60))
    with beamline_arrow.context() as held:
        with pytest.raises(beamline_arrow.Failure, match="Feather version 1"):
            beamline_arrow.Table(held, tmp_path / "f.feather")


def test_old_streams(tmp_path):
    """Before version 0.15 a message began with its size alone."""
    table = pa.table({"a": list(range(10)), "s": ["x"] * 10})
    write(tmp_path / "a.arrows", table.to_batches(3), table.schema, True, use_legacy_format=True)
    check(tmp_path / "a.arrows", table)
    write(tmp_path / "a.arrow", table.to_batches(3), table.schema, use_legacy_format=True)
    check(tmp_path / "a.arrow", table)


def test_cut_off(tmp_path):
    """A file without its end gives the record batches that are whole."""
    table = pa.table({"a": list(range(100))})
    write(tmp_path / "a.arrow", table.to_batches(10), table.schema)
    data = (tmp_path / "a.arrow").read_bytes()
    found = set()
    for size in range(len(data) - 1, 300, -7):
        (tmp_path / "cut.arrow").write_bytes(data[:size])
        with beamline_arrow.context(1) as held:
            try:
                with beamline_arrow.Table(held, tmp_path / "cut.arrow") as ours:
                    n = ours.n_rows()
                    if n:
                        assert ours.read([0])[0].to_pylist() == list(range(n))
                    found.add(n)
            except beamline_arrow.Failure:
                assert size < 400
    assert found == set(range(0, 101, 10))


def test_large_texts(tmp_path):
    """Wide offsets that do not begin at 0, as another writer's slices have them."""
    words = [f"word {i}" for i in range(1000)]
    table = pa.table({"t": pa.array(words, pa.large_string()), "l": pa.array(
        [[i] * (i % 4) for i in range(1000)], pa.large_list(pa.int32()))})
    write(tmp_path / "a.arrow", table.slice(311, 600).to_batches(), table.schema)
    check(tmp_path / "a.arrow", table.slice(311, 600), random.Random(3))


def test_memory(tmp_path):
    """A record batch that is larger than the memory budget is read in pieces."""
    n = 4_000_000
    numbers = numpy.arange(n, dtype=numpy.float64)
    lists = pa.ListArray.from_arrays(pa.array(numpy.arange(n // 2 + 1, dtype=numpy.int32) * 2),
                                     pa.array(numbers))
    table = pa.table({"l": lists, "x": numbers[: n // 2]})
    write(tmp_path / "a.arrow", table.to_batches(), table.schema)
    with beamline_arrow.context(1, 8 << 20) as held:
        with beamline_arrow.Table(held, tmp_path / "a.arrow") as ours:
            assert len(ours.clusters()) == 1
            for first in range(0, n // 2, 250_000):
                read = ours.read([0, 1], first, first + 10_000)
                assert read[0].equals(table["l"].slice(first, 10_000).combine_chunks())
                assert read[1].equals(table["x"].slice(first, 10_000).combine_chunks())


def test_polars(tmp_path):
    frame = polars.DataFrame({
        "i": [1, None, 3], "s": ["a", None, "more than twelve bytes of text"],
        "l": [[1.5], [], None], "c": polars.Series(["u", "v", "u"], dtype=polars.Categorical),
        "d": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}, {"a": 3, "b": None}],
        "t": polars.Series([0, 1, None], dtype=polars.Datetime("us", "UTC")),
        "z": [None, None, None]})
    for codec in ("uncompressed", "lz4", "zstd"):
        frame.write_ipc(tmp_path / "a.arrow", compression=codec)
        check(tmp_path / "a.arrow", frame.to_arrow())
        frame.write_ipc_stream(tmp_path / "a.arrows", compression=codec)
        check(tmp_path / "a.arrows", frame.to_arrow())
