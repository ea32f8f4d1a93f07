# SPDX-License-Identifier: Apache-2.0
"""`beamline convert` keeps every value: a copy is read by us and by uproot, and each column is what
the original's is, floats bit for bit. The real files are those of the folder BEAMLINE_DATA.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import awkward  # noqa: E402
import beamline_arrow  # noqa: E402
import converted  # noqa: E402
import same_values  # noqa: E402
import uproot  # noqa: E402
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
FILES = sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []
CODECS = ["none", "lz4", "lz4:9", "zlib", "zstd:9", "lzma:1"]
SAMPLE_EVENTS = 20000


def convert(source, copy, *options):
    """What it says of itself, and the names of columns that it can read but not write."""
    told, notes = run("convert", source, "-o", copy, "--json", *options)
    left_out = re.findall(r"left out: .*?column '(.*?)' of type ", notes)
    return json.loads(told) | {"left_out": left_out}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "events.root"
    maker = pathlib.Path(__file__).parents[1] / "samples" / "make_sample.py"
    subprocess.run([sys.executable, maker, path, str(SAMPLE_EVENTS)], check=True,
                   capture_output=True)
    return path


def whole_columns(table, n_rows):
    return [column for column in table.columns
            if not column.unreadable and column.n_rows == n_rows]


def differences(held, source, copy, tree, left_out=()):
    """Sentences on columns of a copied tree that are not the original's; uproot reads it too."""
    with beamline_arrow.Table(held, source, tree) as old, \
            beamline_arrow.Table(held, copy, tree) as new, uproot.open(copy) as file:
        assert new.n_rows() == old.n_rows()
        branches = {branch.name: branch for branch in file[tree].itervalues(recursive=True)}
        for name, column in converted.names(whole_columns(old, old.n_rows())).items():
            if name in left_out:
                continue
            array = old.read([column.index])[0]
            for part, wanted in converted.parts(name, array):
                ours = new.read([new.find(part).index])[0]
                found = same_values.difference(ours, awkward.from_arrow(wanted)) \
                    or same_values.difference(wanted, branches[part].array())
                if found:
                    yield f"{tree}: {part}: {found}"


@pytest.mark.parametrize("codec", CODECS)
def test_sample(sample, tmp_path, codec):
    copy = tmp_path / "copy.root"
    said = convert(sample, copy, "--codec", codec)
    assert said["trees"] == [{"tree": "Events", "rows": SAMPLE_EVENTS, "columns": 19}]
    with beamline_arrow.context() as held:
        assert list(differences(held, sample, copy, "Events")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_file(path, tmp_path):
    copy = tmp_path / "copy.root"
    with beamline_arrow.context() as held:
        try:
            trees = beamline_arrow.trees(held, path)
        except beamline_arrow.Failure as error:
            pytest.skip(f"not read: {error}")
        if not trees:
            pytest.skip("no tree")
        said = convert(path, copy, "--skip-unreadable")
        found = [text for tree in said["trees"]
                 for text in differences(held, path, copy, tree["tree"], said["left_out"])]
    assert found == []


def test_the_same_bytes(sample, tmp_path):
    """Whatever the number of threads, and however little memory there is."""
    ways = [["-t", "1"], ["-t", "2"], ["-t", "3", "--memory", "16M"]]
    copies = [tmp_path / str(i) / "copy.root" for i in range(len(ways))]  # a file holds its name
    for copy, way in zip(copies, ways, strict=True):
        copy.parent.mkdir()
        convert(sample, copy, "--cluster", "500K", *way)
    contents = {copy.read_bytes() for copy in copies}
    assert len(contents) == 1


def test_a_copy_of_a_copy(sample, tmp_path):
    first, second = tmp_path / "first.root", tmp_path / "second.root"
    convert(sample, first, "--codec", "lz4")
    convert(first, second, "--codec", "lz4")
    types = [[(column.path, column.source_type) for column in columns_of(path)]
             for path in (first, second)]
    assert types[0] == types[1]


def columns_of(path, tree="Events"):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path, tree) as table:
        return table.columns


def test_a_chain_becomes_one_tree(sample, tmp_path):
    copy = tmp_path / "copy.root"
    said = convert(sample, copy, sample, "-c", "event,Jet_*", "--as", "some/where/Jets")
    assert said["trees"] == [{"tree": "some/where/Jets", "rows": 2 * SAMPLE_EVENTS, "columns": 4}]
    with uproot.open(copy) as file, uproot.open(sample) as original:
        once = original["Events/event"].array()
        assert awkward.all(file["some/where/Jets/event"].array() == awkward.concatenate([once] * 2))


def test_some_rows(sample, tmp_path):
    copy = tmp_path / "copy.root"
    convert(sample, copy, "-e", "5000:5010", "-c", "Muon_pt")
    with uproot.open(copy) as file, uproot.open(sample) as original:
        wanted = original["Events/Muon_pt"].array(entry_start=5000, entry_stop=5010)
        assert awkward.all(file["Events/Muon_pt"].array() == wanted)


def test_append(sample, tmp_path):
    copy = tmp_path / "copy.root"
    convert(sample, copy, "-c", "nJet,Jet_*")
    convert(sample, copy, "-c", "nMuon,Muon_*", "--as", "muons", "--append", "--friend-of",
            "Events")
    with beamline_arrow.context() as held:
        assert set(beamline_arrow.trees(held, copy)) == {"Events", "muons"}
        with beamline_arrow.Table(held, copy, "Events") as table:
            assert table.find("muons.Muon_pt").n_rows == SAMPLE_EVENTS
    with uproot.open(copy) as file, uproot.open(sample) as original:
        for branch, tree in ("Jet_pt", "Events"), ("Muon_pt", "muons"):
            wanted = original["Events"][branch].array()
            assert awkward.all(file[tree][branch].array() == wanted)


def test_nothing_is_left_of_a_failure(sample, tmp_path):
    copy = tmp_path / "copy.root"
    run("convert", sample, "-o", copy, "-c", "nope", code=3)
    assert list(tmp_path.iterdir()) == []
    copy.write_text("precious")
    run("convert", sample, "-o", copy, code=4)
    damaged = tmp_path / "damaged.root"
    contents = bytearray(sample.read_bytes())
    middle = len(contents) // 2
    contents[middle:middle + 64] = bytes(64)
    damaged.write_bytes(contents)
    run("convert", damaged, "-o", copy, "--overwrite", code=5)
    assert copy.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.root", "damaged.root"]
