# SPDX-License-Identifier: Apache-2.0
"""Files that continue others: what was there stays, trees are added, and declared as friends."""

import os
import pathlib
import sys

import numpy
import pyarrow as pa
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")


def some(n, first=0):
    return pa.record_batch({"score": pa.array(numpy.arange(first, first + n, dtype="float64")),
                            "tags": pa.array([["a"] * (i % 3) for i in range(n)],
                                             pa.list_(pa.string()))})


def append(url, base, batch, **options):
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, url, base=base, overwrite=True) as output:
        writer = output.add(batch, **options)
        output.write(writer, batch)
        output.finish()


def column(path, tree, name):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path, tree) as table:
        return table.read([table.find(name).index])[0].to_pylist()


def make_base(path):
    with uproot.recreate(path) as file:
        tree = file.mkdir("d/e").mktree("old", {"x": "int32", "v": "var * float32"})
        tree.extend({"x": numpy.arange(9, dtype="int32"), "v": [[1.0] * i for i in range(9)]})
        file["hist"] = numpy.histogram([1, 2, 3])


def test_append(tmp_path):
    make_base(tmp_path / "base.root")
    append(tmp_path / "a.root", tmp_path / "base.root", some(4), path="new")
    append(tmp_path / "a.root", tmp_path / "a.root", some(5), path="d/e/newer")
    file = uproot.open(tmp_path / "a.root")
    assert set(file.keys(cycle=False)) == {"d", "d/e", "d/e/old", "hist", "new", "d/e/newer"}
    assert file["d/e/old/v"].array().to_list() == [[1.0] * i for i in range(9)]
    assert file["hist"].values().sum() == 3
    assert file["new/tags"].array().to_list() == some(4)["tags"].to_pylist()
    assert column(tmp_path / "a.root", "d/e/newer", "score") == [0, 1, 2, 3, 4]
    assert column(tmp_path / "a.root", "d/e/old", "x") == list(range(9))


def test_exists(tmp_path):
    make_base(tmp_path / "base.root")
    for path in ("hist", "d/e/old", "d/e", "hist/x"):
        with pytest.raises(beamline_arrow.Failure, match="(?:exist|no directory)"):
            append(tmp_path / "a.root", tmp_path / "base.root", some(4), path=path)
    assert not (tmp_path / "a.root").exists()
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, tmp_path / "a.root") as output:
        output.add(some(1), path="a/b")
        for path in ("a/b", "a", "a/b/c"):
            with pytest.raises(beamline_arrow.Failure, match="exists|no directory"):
                output.add(some(1), path=path)


def test_friends(tmp_path):
    path = tmp_path / "a.root"
    append(path, None, some(6), path="d/main")
    append(path, path, some(6, 10), path="one", friend_of="d/main")
    append(path, path, some(6, 20), path="d/two", friend_of="d/main")
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, path, base=path, overwrite=True) as output:
        for i, name in enumerate(("three", "four")):
            output.write(output.add(some(6, 30 + 10 * i), path=name, friend_of="d/main"),
                         some(6, 30 + 10 * i))
        output.finish()
    for name, first in (("one", 10), ("two", 20), ("three", 30), ("four", 40)):
        assert column(path, "d/main", name + ".score") == [first + i for i in range(6)]
    assert uproot.open(path)["d/main"].num_entries == 6
    with pytest.raises(beamline_arrow.Failure, match="has 6 rows, its new friend 'x' 5"):
        append(path, path, some(5), path="x", friend_of="d/main")
    with pytest.raises(beamline_arrow.Failure, match="no tree 'nothing' to be a friend of"):
        append(path, path, some(6), path="x", friend_of="nothing")


def test_friends_of_new_trees(tmp_path):
    path = tmp_path / "a.root"
    with beamline_arrow.context() as held, beamline_write.Output(held, path) as output:
        output.write(output.add(some(3), path="main"), some(3))
        output.write(output.add(some(3, 5), path="f/friend", friend_of="main"), some(3, 5))
        output.finish()
    assert column(path, "main", "friend.score") == [5, 6, 7]


def real_files():
    return sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []


@pytest.mark.skipif(not DATA, reason="BEAMLINE_DATA does not name a folder of real files")
def test_real_files(tmp_path):
    befriended, refused = [], {}
    for base in real_files():
        path = tmp_path / "a.root"
        with beamline_arrow.context() as held:
            try:
                trees = beamline_arrow.trees(held, base)
            except beamline_arrow.Failure:
                continue
            before = {}
            for name in trees:
                try:
                    with beamline_arrow.Table(held, base, name) as table:
                        before[name] = (table.n_rows(), [c.path for c in table.columns])
                except beamline_arrow.Failure:
                    pass
        if not before:
            continue
        main = max(before, key=lambda name: before[name][0])
        batch = some(before[main][0])
        try:
            append(path, base, batch, path="added", friend_of=main)
            befriended.append(base)
            assert column(path, main, "added.score") == batch["score"].to_pylist(), base
        except beamline_arrow.Failure as failure:
            refused[base] = str(failure)
            append(path, base, batch, path="added")
        assert column(path, "added", "score") == batch["score"].to_pylist(), base
        with beamline_arrow.context() as held:
            for name, (n_rows, columns) in before.items():
                with beamline_arrow.Table(held, path, name) as table:
                    assert (table.n_rows(), [c.path for c in table.columns][:len(columns)]) == \
                        (n_rows, columns), (base, name)
    print(len(befriended), "befriended, refused:", refused)
    assert len(befriended) > 2 * len(refused)
