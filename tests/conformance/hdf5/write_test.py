# SPDX-License-Identifier: Apache-2.0
"""HDF5 files that we write are read by h5py and by ourselves: every type, codec and shape, real
ROOT files among them. The real files are those of the folder BEAMLINE_DATA.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy
import pyarrow
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402
from command import run  # noqa: E402
from hdf5_values import h5py, same  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
FILES = sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []
CODECS = ["none", "gzip", "gzip:9"]
NUMBERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "?"]


@pytest.fixture
def held():
    with beamline_arrow.context(n_threads=2) as context:
        yield context


def write(held, target, batch, steps=1, codec=None, **options):
    with beamline_write.Output(held, target, codec) as output:
        writer = output.add(batch, **options)
        step = max(1, -(-batch.num_rows // steps))
        for first in range(0, batch.num_rows, step):
            output.write(writer, batch.slice(first, step))
        output.finish()


def flat(rng, n):
    columns = {kind.replace("?", "b"): rng.integers(0, 2 if kind == "?" else 100, n).astype(kind)
               for kind in NUMBERS}
    columns["f8"] = rng.normal(size=n)
    return {name: pyarrow.array(values) for name, values in columns.items()}


def fixed(rng, n):
    values = rng.normal(size=(n, 3, 2)).astype("f4")
    inner = pyarrow.FixedSizeListArray.from_arrays(values.reshape(-1), 2)
    bits = pyarrow.array(rng.integers(0, 2, 5 * n).astype("?"))
    return {"matrix": pyarrow.FixedSizeListArray.from_arrays(inner, 3),
            "bits": pyarrow.FixedSizeListArray.from_arrays(bits, 5),
            "both": pyarrow.StructArray.from_arrays(
                [pyarrow.array(rng.integers(0, 9, n)), pyarrow.array(rng.normal(size=n))],
                ["n", "x"])}


def lists(rng, n):
    def row(make):
        return [make() for _ in range(rng.integers(0, 5))]

    def column(make, kind=None):
        return pyarrow.array([make() for _ in range(n)], kind)

    hit = pyarrow.struct([("e", pyarrow.float32()), ("id", pyarrow.int8())])
    return {
        "jet/pt": column(lambda: row(rng.normal), pyarrow.list_(pyarrow.float64())),
        "flags": column(lambda: row(lambda: bool(rng.integers(2))),
                        pyarrow.list_(pyarrow.bool_())),
        "name": column(lambda: "é" * int(rng.integers(0, 4))),
        "bytes": column(lambda: bytes(rng.integers(0, 256, rng.integers(0, 5), "u1"))),
        "x": pyarrow.array(rng.normal(size=n)),
        "nested": column(lambda: row(lambda: row(lambda: int(rng.integers(9)))),
                         pyarrow.list_(pyarrow.list_(pyarrow.int32()))),
        "words": column(lambda: row(lambda: "ab"), pyarrow.list_(pyarrow.string())),
        "hits": column(lambda: row(lambda: {"e": float(rng.normal()), "id": 3}),
                       pyarrow.list_(hit)),
    }


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("n_rows", [0, 1, 5000])
@pytest.mark.parametrize("make", [flat, fixed])
def test_structured_arrays(held, tmp_path, codec, n_rows, make):
    columns = make(numpy.random.default_rng(n_rows), n_rows)
    batch = pyarrow.record_batch(columns)
    write(held, tmp_path / "a.h5", batch, 7, codec, path="some/where/jets", chunk_bytes=10000)
    with h5py.File(tmp_path / "a.h5") as file:
        dataset = file["some/where/jets"]
        assert dataset.dtype.names == tuple(columns)
        assert dataset.compression == (None if codec == "none" else "gzip")
        values = dataset[:]
    assert [name for name in columns if not same(columns[name], values[name])] == []
    with beamline_arrow.Table(held, tmp_path / "a.h5") as table:
        ours = table.read([column.index for column in table.columns])
    assert [array.to_pylist() for array in ours] == [a.to_pylist() for a in columns.values()]


@pytest.mark.parametrize("codec", CODECS)
def test_values_of_any_length(held, tmp_path, codec):
    columns = lists(numpy.random.default_rng(3), 2500)
    write(held, tmp_path / "a.h5", pyarrow.record_batch(columns), 9, codec, chunk_bytes=20000)
    with h5py.File(tmp_path / "a.h5") as file:
        for name in ("jet/pt", "flags", "name", "x", "hits"):
            assert same(columns[name], file["Events"][name]), name
    with beamline_arrow.Table(held, tmp_path / "a.h5") as table:
        ours = dict(zip(columns, table.read([c.index for c in table.columns]), strict=True))
    for name, wanted in columns.items():
        wanted = wanted.to_pylist()
        if name == "bytes":  # lists of bytes are what the format has for them
            wanted = [list(value) for value in wanted]
        assert ours[name].to_pylist() == wanted, name


def test_many_columns_are_a_group(held, tmp_path):
    """A compound of so many members does not fit a header of the format."""
    rng = numpy.random.default_rng(4)
    columns = {f"a/column_of_number_{i}": pyarrow.array(rng.integers(0, 99, 300))
               for i in range(2000)}
    columns["list"] = pyarrow.array([[i] * (i % 3) for i in range(300)])
    write(held, tmp_path / "a.h5", pyarrow.record_batch(columns), 3, "gzip", cluster_rows=77)
    with h5py.File(tmp_path / "a.h5") as file:
        assert len(file["Events"]) == 2001
        assert same(columns["a/column_of_number_1234"], file["Events/a.column_of_number_1234"][:])
    with beamline_arrow.Table(held, tmp_path / "a.h5") as table:
        index = {column.path.replace("a.", "a/"): column.index for column in table.columns}
        ours = table.read([index[name] for name in columns])
    assert [array.to_pylist() for array in ours] == [a.to_pylist() for a in columns.values()]


def test_nulls(held, tmp_path):
    floats = pyarrow.record_batch({"x": pyarrow.array([1.0, None, 3.0]),
                                   "v": pyarrow.array([[1.0, None], [], [2.0]])})
    write(held, tmp_path / "a.h5", floats)
    with h5py.File(tmp_path / "a.h5") as file:
        assert numpy.array_equal(file["Events"]["x"], [1, numpy.nan, 3], equal_nan=True)
        assert numpy.isnan(file["Events"]["v"][0][1])
    for values in ([1, None, 3], ["a", None], [[1], None], [True, None]):
        batch = pyarrow.record_batch({"n": pyarrow.array(values)})
        with pytest.raises(beamline_arrow.Failure, match="column 'n'.* 1 .*null.*fill_none"):
            write(held, tmp_path / "b.h5", batch)
    assert not (tmp_path / "b.h5").exists()
    with pytest.raises(beamline_arrow.Failure, match="NUL"):
        write(held, tmp_path / "b.h5", pyarrow.record_batch({"n": pyarrow.array(["a\0b"])}))


@pytest.mark.parametrize("make", [flat, lists])
def test_the_same_bytes(tmp_path, make):
    """Whatever the number of threads and the size of batches, and at any time."""
    batch = pyarrow.record_batch(make(numpy.random.default_rng(1), 3000))
    contents = set()
    for n_threads, steps in ((1, 1), (2, 13), (3, 100)):
        with beamline_arrow.context(n_threads=n_threads) as held:
            write(held, tmp_path / "a.h5", batch, steps, "gzip:1", chunk_bytes=30000)
        contents.add((tmp_path / "a.h5").read_bytes())
        (tmp_path / "a.h5").unlink()
        time.sleep(0.6)
    assert len(contents) == 1


def test_several_tables(held, tmp_path):
    batch = pyarrow.record_batch({"x": pyarrow.array(range(10))})
    tables = ("one", "two/three", "two/four")
    with beamline_write.Output(held, tmp_path / "a.h5") as output:
        for path in tables:
            output.write(output.add(batch, path=path), batch)
        output.finish()
    assert tuple(beamline_arrow.trees(held, tmp_path / "a.h5")) == ("one", "two")
    for path in tables:
        with beamline_arrow.Table(held, tmp_path / "a.h5", path) as table:
            assert table.read([0])[0].to_pylist() == list(range(10))
    for path in ("one", "two", "one/below"):
        with beamline_write.Output(held, tmp_path / "b.h5") as output:
            for other in tables:
                output.add(batch, path=other)
            with pytest.raises(beamline_arrow.Failure, match="exists"):
                output.add(batch, path=path)
    assert not (tmp_path / "b.h5").exists()


def test_a_killed_write_leaves_nothing(tmp_path):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file["x"] = numpy.random.default_rng(1).normal(size=(400000, 20))
    for wait in (0.05, 0.15, 0.3):
        process = subprocess.Popen([os.environ["BEAMLINE"], "convert", "-q", source, "-o",
                                    tmp_path / "copy.h5", "--codec", "gzip:9"])
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = {path.name for path in tmp_path.iterdir()} - {"a.h5"}
        assert left <= {"copy.h5"}
        if left:  # it was faster
            with h5py.File(tmp_path / "copy.h5") as file:
                assert len(file["x"]) == 400000
            (tmp_path / "copy.h5").unlink()


def test_metadata_and_what_cannot_be_written(held, tmp_path):
    batch = pyarrow.record_batch({"x": pyarrow.array(range(10))})
    with pytest.raises(beamline_arrow.Failure, match="gzip.*none"):
        write(held, tmp_path / "a.h5", batch, codec="zstd")
    with pytest.raises(beamline_arrow.Failure, match="fixed size of 0"):
        empty = pyarrow.array([[]] * 10, pyarrow.list_(pyarrow.int8(), 0))
        write(held, tmp_path / "a.h5", pyarrow.record_batch({"x": empty}))
    write(held, tmp_path / "a.h5", batch, title="of things")
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["Events"].attrs["title"] == "of things"
    _, said = run("convert", tmp_path / "a.h5", "-o", tmp_path / "a.h5", code=4)
    assert "exists" in said
    run("convert", tmp_path / "a.h5", "-o", tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as file:
        assert "a.h5" in file.attrs["beamline.sources"]


# ---- real files ----


def columns_of(held, path, tree):
    with beamline_arrow.Table(held, path, tree) as table:
        n_rows = table.n_rows()
        columns = [c for c in table.columns if not c.unreadable and c.n_rows == n_rows]
        arrays = table.read([c.index for c in columns])
        return [(c.path, array) for c, array in zip(columns, arrays, strict=True)]


def dotted(path):
    return re.sub(r"[/.]", ".", path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_file(held, path, tmp_path):
    """Each column of a copy is that of the tree."""
    copy = tmp_path / "copy.h5"
    try:
        trees = beamline_arrow.trees(held, path)
    except beamline_arrow.Failure as error:
        pytest.skip(f"not read: {error}")
    if not trees:
        pytest.skip("no tree")
    told = subprocess.run([os.environ["BEAMLINE"], "convert", "--skip-unreadable", "-q", path,
                           "-o", copy], capture_output=True, text=True)
    if told.returncode and "NUL" in told.stderr:
        pytest.skip(told.stderr)
    assert told.returncode == 0, told.stderr
    n_compared = 0
    for tree in trees:
        wanted = [(dotted(name), array) for name, array in columns_of(held, path, tree)]
        try:
            ours = columns_of(held, copy, tree)
        except beamline_arrow.Failure:
            assert not wanted
            continue
        for name, array in ours:
            end = dotted(name)
            matches = [a for n, a in wanted if n == end or n.endswith("." + end)]
            if len(matches) != 1 or pyarrow.types.is_binary(matches[0].type):
                continue
            n_compared += 1
            assert str(array.to_pylist()) == str(matches[0].to_pylist()), name
    assert n_compared or not wanted
