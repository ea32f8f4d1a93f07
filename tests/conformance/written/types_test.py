# SPDX-License-Identifier: Apache-2.0
"""Every type that can be written, with every codec, read back by ourselves and by uproot."""

import pathlib
import sys

import awkward
import numpy
import pyarrow as pa
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
STRINGS = ["", "x", "é", "y" * 254, "z" * 255, "w" * 1000, "a\nb"]


def random_table(n_rows, seed):
    """One column of every kind."""
    rng = numpy.random.default_rng(seed)
    counts = rng.integers(0, 5, n_rows).astype("int32")
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("int32")
    n_items = int(offsets[-1])

    def jagged(values):
        return pa.ListArray.from_arrays(pa.array(offsets), values)

    def fixed(values, *sizes):
        for size in sizes:
            values = pa.FixedSizeListArray.from_arrays(values, size)
        return values

    def strings(n):
        return pa.array([STRINGS[i] for i in rng.integers(0, len(STRINGS), n)], pa.string())

    def nested(leaf, depth):
        if depth == 0:
            return leaf()
        return [nested(leaf, depth - 1) for _ in range(rng.integers(0, 4))]

    columns = {}
    for name in INTEGERS:
        info = numpy.iinfo(name)
        columns[name] = pa.array(rng.integers(info.min, info.max, n_rows, name, endpoint=True))
        columns["jagged_" + name] = jagged(
            pa.array(rng.integers(info.min, info.max, n_items, name, endpoint=True)))
    doubles = rng.normal(size=n_rows)
    doubles[::7] = numpy.inf
    columns["float32"] = pa.array(doubles.astype("float32"))
    columns["float64"] = pa.array(doubles)
    columns["bool"] = pa.array(rng.random(n_rows) < 0.5)
    columns["fixed"] = fixed(pa.array(rng.normal(size=3 * n_rows)), 3)
    columns["fixed2"] = fixed(pa.array(rng.integers(0, 99, 6 * n_rows).astype("int16")), 2, 3)
    columns["counted"] = jagged(pa.array(rng.normal(size=n_items)))
    columns["counter"] = pa.array(counts.astype("uint32"))
    columns["jagged_fixed"] = jagged(fixed(pa.array(numpy.arange(2.0 * n_items)), 2))
    columns["jagged_bool"] = jagged(pa.array(rng.random(n_items) < 0.5))
    columns["large"] = pa.LargeListArray.from_arrays(pa.array(offsets.astype("int64")),
                                                     pa.array(rng.normal(size=n_items)))
    columns["vector"] = jagged(pa.array(rng.normal(size=n_items).astype("float32")))
    columns["string"] = strings(n_rows)
    columns["std_string"] = strings(n_rows)
    columns["strings"] = jagged(strings(n_items))
    columns["vectors"] = pa.array([nested(rng.random, 2) for _ in range(n_rows)],
                                  pa.list_(pa.list_(pa.float64())))
    columns["vectors3"] = pa.array([nested(lambda: int(rng.integers(99)), 3)
                                    for _ in range(n_rows)],
                                   pa.list_(pa.list_(pa.list_(pa.int32()))))
    columns["vectors_of_strings"] = pa.array(
        [nested(lambda: STRINGS[rng.integers(len(STRINGS))], 2) for _ in range(n_rows)],
        pa.list_(pa.list_(pa.string())))
    columns["point"] = pa.StructArray.from_arrays(
        [columns["float64"], columns["strings"]], ["x", "tags"])
    columns["jet"] = jagged(pa.StructArray.from_arrays(
        [pa.array(rng.normal(size=n_items)), pa.array(numpy.arange(n_items, dtype="int8")),
         pa.array([list(range(i % 3)) for i in range(n_items)], pa.list_(pa.int32()))],
        ["pt", "charge", "cells"]))
    return pa.record_batch(columns)


SPECS = {"counted": {"counter": "counter"}, "vector": {"source_type": "vector<float>"},
         "std_string": {"source_type": "std::string"}, "float64": {"title": "a title"}}


def members(name, column):
    """The branches that a column becomes: {name: values}."""
    kind = column.type
    if pa.types.is_struct(kind):
        return {f"{name}.{kind.field(i).name}": column.field(i) for i in range(kind.num_fields)}
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        inner = column.values
        return {f"{name}.{kind.value_type.field(i).name}":
                pa.ListArray.from_arrays(column.offsets, inner.field(i))
                for i in range(kind.value_type.num_fields)}
    return {name: column}


def expected(batch):
    return {path: values for name, column in zip(batch.schema.names, batch.columns,
                                                     strict=True)
            for path, values in members(name, column).items()}


def write(path, batches, codec="zstd", n_threads=1, **options):
    with beamline_arrow.context(n_threads) as held, \
            beamline_write.Output(held, path, codec=codec) as output:
        writer = output.add(batches[0], SPECS, **options)
        for batch in batches:
            output.write(writer, batch)
        output.finish()


def read_ours(path, tree="Events"):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path, tree) as table:
        return {column.path: table.read([column.index])[0] for column in table.columns}


def check(path, batch, with_uproot=True):
    ours = read_ours(path)
    theirs = uproot.open(path)["Events"] if with_uproot else {}
    for name, values in expected(batch).items():
        assert ours[name].to_pylist() == values.to_pylist(), name
        if with_uproot:
            assert theirs[name].array(library="ak").to_list() == values.to_pylist(), name


@pytest.mark.parametrize("codec", ["none", "zlib", "zlib:1", "lzma:1", "lz4", "lz4:1", "zstd:1"])
def test_types(tmp_path, codec):
    path, batch = tmp_path / "a.root", random_table(500, 1)
    write(path, [batch], codec)
    check(path, batch)
    tree = uproot.open(path)["Events"]
    assert tree["float64"].title == "a title"
    assert tree["vector"].typename == "std::vector<float>"
    assert tree["std_string"].typename == "std::string"


def test_codecs_shrink(tmp_path):
    sizes = {}
    for codec in ("none", "deflate", "lz4:1", "zstd:1"):
        write(tmp_path / f"{codec[:3]}.root", [random_table(2000, 3)], codec)
        sizes[codec] = (tmp_path / f"{codec[:3]}.root").stat().st_size
    assert all(sizes[codec] < sizes["none"] for codec in sizes if codec != "none")
    check(tmp_path / "def.root", random_table(2000, 3), with_uproot=False)


@pytest.mark.parametrize("options", [{}, {"chunk_bytes": 300}, {"cluster_rows": 37},
                                     {"cluster_bytes": 20000, "chunk_bytes": 3000}])
def test_bytes_do_not_depend_on_batches_and_threads(tmp_path, options):
    batch = random_table(700, 2)
    (tmp_path / "1").mkdir(), (tmp_path / "2").mkdir()
    write(tmp_path / "1" / "a.root", [batch], n_threads=1, **options)
    pieces = [batch.slice(0, 0), batch.slice(0, 1), batch.slice(1, 333), batch.slice(334)]
    write(tmp_path / "2" / "a.root", pieces, n_threads=4, **options)
    assert (tmp_path / "1" / "a.root").read_bytes() == (tmp_path / "2" / "a.root").read_bytes()
    check(tmp_path / "1" / "a.root", batch)


def test_clusters(tmp_path):
    path, batch = tmp_path / "a.root", random_table(100, 4)
    write(path, [batch], cluster_rows=30)
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as table:
        assert table.clusters() == [(0, 30), (30, 60), (60, 90), (90, 100)]
    write(tmp_path / "b.root", [batch], cluster_bytes=30000)
    with beamline_arrow.context() as held, \
            beamline_arrow.Table(held, tmp_path / "b.root") as table:
        clusters = table.clusters()
        assert len(clusters) > 3 and clusters[0][0] == 0 and clusters[-1][1] == 100
        assert len({last - first for first, last in clusters[:-1]}) > 1
    entries = uproot.open(tmp_path / "b.root")["Events"]["float64"].member("fBasketEntry")
    assert [first for first, _ in clusters] == list(entries[:len(clusters)])


def test_nothing_to_write(tmp_path):
    batch = random_table(0, 1)
    write(tmp_path / "a.root", [batch])
    check(tmp_path / "a.root", batch)
    write(tmp_path / "b.root", [random_table(9, 1).slice(3, 0)])
    check(tmp_path / "b.root", batch)
    none = pa.record_batch([], names=[])
    write(tmp_path / "c.root", [none])
    assert uproot.open(tmp_path / "c.root")["Events"].num_entries == 0


def test_many_trees_and_directories(tmp_path):
    path = tmp_path / "a.root"
    tables = {"one": random_table(5, 1), "d/two": random_table(6, 2),
              "d/e/three": random_table(7, 3), "f.g/h": random_table(8, 4)}
    with beamline_arrow.context() as held, beamline_write.Output(held, path) as output:
        writers = {name: output.add(table, SPECS, path=name) for name, table in tables.items()}
        for name in reversed(tables):
            output.write(writers[name], tables[name])
        output.finish()
    file = uproot.open(path)
    assert set(file.keys(cycle=False)) == {"one", "d", "d/two", "d/e", "d/e/three", "f.g", "f.g/h"}
    for name, table in tables.items():
        assert read_ours(path, name)["strings"].to_pylist() == table["strings"].to_pylist()
        assert file[name]["vectors"].array().to_list() == table["vectors"].to_pylist()


def test_random_schemas(tmp_path):
    for seed in range(12):
        rng = numpy.random.default_rng(seed)
        whole = random_table(int(rng.integers(1, 200)), seed)
        names = [name for name in whole.schema.names if rng.random() < 0.3]
        if "counted" in names and "counter" not in names:
            names.append("counter")
        batch = whole.select(names or ["float32"])
        path = tmp_path / f"{seed}.root"
        codec = ["none", "zstd:1", "lz4:1", "zlib:1"][seed % 4]
        write(path, [batch], codec, chunk_bytes=int(rng.integers(1, 5000)),
              cluster_rows=int(rng.integers(0, 50)))
        check(path, batch)


@pytest.mark.parametrize("codec", ["none", "lz4:1", "zlib:1", "zstd:1"])
def test_payload_of_many_blocks(tmp_path, codec):
    """A compressed block holds 16 MiB at most."""
    values = numpy.arange(2_500_000, dtype="float64")
    values[::2] = 0
    batch = pa.record_batch({"x": pa.array(values),
                             "one_row": pa.array([values[:10]] + [[]] * (len(values) - 1))})
    write(tmp_path / "a.root", [batch], codec, chunk_bytes=64 << 20)
    tree = uproot.open(tmp_path / "a.root")["Events"]
    assert list(tree["x"].member("fBasketEntry")[:2]) == [0, len(values)]
    assert (tree["x"].array(library="np") == values).all()
    assert (read_ours(tmp_path / "a.root")["x"].to_numpy() == values).all()


def test_nan_and_bits(tmp_path):
    bits = numpy.array([0x7fc00001, 0xffffffff, 0x7f800000, 0x80000000, 1], "uint32")
    batch = pa.record_batch({"x": pa.array(bits.view("float32"))})
    write(tmp_path / "a.root", [batch])
    ours = read_ours(tmp_path / "a.root")["x"].to_numpy()
    assert ours.view("uint32").tolist() == bits.tolist()
    assert awkward.num(uproot.open(tmp_path / "a.root")["Events/x"].array(), axis=0) == 5
