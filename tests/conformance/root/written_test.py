# SPDX-License-Identifier: Apache-2.0
"""Files that uproot writes during the test hold, read by us, exactly what was written."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import awkward  # noqa: E402
import beamline_arrow  # noqa: E402
import numpy  # noqa: E402
import same_values  # noqa: E402
import uproot  # noqa: E402

NUMBERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
CODECS = {"stored": None, "zlib": uproot.ZLIB(1), "lzma": uproot.LZMA(1), "lz4": uproot.LZ4(1),
          "zstd": uproot.ZSTD(1)}


def numbers(rng, dtype, shape):
    """All bits are used, so floats are also denormal, infinite and NaN."""
    size = int(numpy.prod(shape)) * numpy.dtype(dtype).itemsize
    return rng.integers(0, 256, size, "u1").view(dtype).reshape(shape)


def jagged(rng, dtype, n_rows, mean=3):
    counts = rng.poisson(mean, n_rows)
    return awkward.unflatten(numbers(rng, dtype, int(counts.sum())), counts)


def columns_of(rng, n_rows):
    made = {f"flat_{dtype}": numbers(rng, dtype, n_rows) for dtype in NUMBERS}
    made |= {f"fixed_{dtype}": numbers(rng, dtype, (n_rows, 3)) for dtype in NUMBERS}
    made |= {f"jagged_{dtype}": jagged(rng, dtype, n_rows) for dtype in NUMBERS}
    made["flag"] = rng.integers(0, 2, n_rows).astype(bool)
    made["matrix"] = numbers(rng, "f4", (n_rows, 2, 3))
    # up to lengths that need five bytes instead of one
    made["text"] = awkward.Array(["ä" * int(n) for n in rng.integers(0, 200, n_rows)])
    return made


def check(path, tree, expected, **reading):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path, tree) as table:
        for name, values in expected.items():
            ours = table.read([table.find(name).index], **reading)[0]
            assert same_values.difference(ours, awkward.Array(values)) is None, name
        return table.n_rows()


def types_of(columns):
    return {name: awkward.Array(values).type.content for name, values in columns.items()}


@pytest.fixture
def rng():
    return numpy.random.default_rng(7)


@pytest.mark.parametrize("codec", CODECS)
def test_every_type(tmp_path, rng, codec):
    columns = columns_of(rng, 500)
    path = tmp_path / "types.root"
    with uproot.recreate(path, compression=CODECS[codec]) as file:
        file.mktree("tree", types_of(columns)).extend(columns)
    assert check(path, "tree", columns) == 500
    counts = awkward.num(columns["jagged_f4"]).to_numpy().astype("i4")
    check(path, "tree", {"njagged_f4": counts})
    check(path, "tree", {name: values[120:333] for name, values in columns.items()},
          first=120, last=333)


def test_many_baskets_in_any_batches(tmp_path, rng):
    parts = [columns_of(rng, n) for n in (1, 700, 2, 64, 3, 3, 1000)]
    path = tmp_path / "baskets.root"
    with uproot.recreate(path) as file:
        tree = file.mktree("tree", types_of(parts[0]))
        for part in parts:
            tree.extend(part)
    whole = {name: awkward.concatenate([awkward.Array(part[name]) for part in parts])
             for name in parts[0]}
    for batch_rows in (0, 1, 7, 701):
        check(path, "tree", whole if batch_rows != 1 else dict(list(whole.items())[:3]),
              batch_rows=batch_rows)


def test_trees_directories_and_cycles(tmp_path, rng):
    path = tmp_path / "directories.root"
    first, second, third = (columns_of(rng, n) for n in (10, 20, 30))
    with uproot.recreate(path) as file:
        file.mktree("top", types_of(first)).extend(first)
        file.mktree("one/two/deep", types_of(second)).extend(second)
        file.mktree("top", types_of(third)).extend(third)
    with beamline_arrow.context() as held:
        assert set(beamline_arrow.trees(held, path)) == {"top", "one/two/deep"}
    check(path, "one/two/deep", second)
    assert check(path, "top", third) == 30, "of several cycles the newest is meant"
    assert check(path, "top;1", first) == 10


def test_a_tree_without_entries(tmp_path, rng):
    path = tmp_path / "empty.root"
    columns = columns_of(rng, 5)
    with uproot.recreate(path) as file:
        file.mktree("tree", types_of(columns))
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as table:
        assert table.n_rows() == 0
        assert {column.n_rows for column in table.columns} == {0}
        assert len(table.read([table.find("flat_f4").index])[0]) == 0


def test_a_chain(tmp_path, rng):
    parts = [columns_of(rng, n) for n in (30, 1, 500)]
    paths = [tmp_path / f"{i}.root" for i in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        with uproot.recreate(path) as file:
            file.mktree("tree", types_of(part)).extend(part)
    whole = {name: awkward.concatenate([awkward.Array(part[name]) for part in parts])
             for name in parts[0]}
    assert check(paths, "tree", whole) == 531
    assert check(tmp_path / "*.root", "tree", whole) == 531
    check(paths, "tree", {name: values[29:40] for name, values in whole.items()}, first=29, last=40)
