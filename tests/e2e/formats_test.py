# SPDX-License-Identifier: Apache-2.0
"""Any format in, any format out: columns go from ROOT through every format to ROOT again, and the
statistics of each stay what they were. `ingest` writes folders of any format, and goes on with
them.
"""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import pyarrow.parquet  # noqa: E402
from command import run  # noqa: E402

N = 1000
TYPES = ["--types", "event=int64,pt=float32,good=bool,jets=list<float32>,tag=utf8"]
FORMATS = ["parquet", "arrow", "arrows", "tfrecord", "h5", "csv", "csv.gz", "jsonl", "jsonl.zst",
           "tsv.bz2"]
NUMBERS = ("entries", "values", "sum", "min", "max", "nan", "inf")


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """A ROOT tree of what all formats hold: numbers, lists of numbers, texts."""
    folder = tmp_path_factory.mktemp("formats")
    source = folder / "events.parquet"
    rows = range(N)
    table = pyarrow.table({
        "event": pyarrow.array(rows, pyarrow.int64()),
        "pt": pyarrow.array([0.1 * (i % 97) for i in rows], pyarrow.float32()),
        "good": pyarrow.array([i % 3 == 0 for i in rows]),
        "jets": pyarrow.array([[0.5 * k + i % 7 for k in range(i % 4)] for i in rows],
                              pyarrow.list_(pyarrow.float32())),
        "tag": pyarrow.array([f"run {i % 5}, \"é\"" for i in rows]),
    }, schema=pyarrow.schema([pyarrow.field("event", pyarrow.int64(), False),
                              pyarrow.field("pt", pyarrow.float32(), False),
                              pyarrow.field("good", pyarrow.bool_(), False),
                              pyarrow.field("jets", pyarrow.list_(
                                  pyarrow.field("item", pyarrow.float32(), False)), False),
                              pyarrow.field("tag", pyarrow.string(), False)]))
    pyarrow.parquet.write_table(table, source)
    run("convert", "-q", source, "-o", folder / "events.root")
    return folder / "events.root"


def statistics(path, types=TYPES):
    """{column: its numbers}"""
    lines = run("stats", "-q", "--json", *types, path)[0].splitlines()
    return {row["column"]: {key: row[key] for key in NUMBERS} for row in map(json.loads, lines)}


def rows(path):
    lines = run("cat", "-f", "jsonl", "-q", *TYPES, path)[0].splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("extension", FORMATS)
def test_there_and_back(extension, events, tmp_path):
    there, back = tmp_path / f"there.{extension}", tmp_path / f"back.{extension}"
    run("convert", "-q", events, "-o", there)
    assert statistics(there) == statistics(events)
    assert rows(there) == rows(events)
    run("convert", "-q", *TYPES, there, "-o", back)
    assert rows(back) == rows(events)


@pytest.fixture(scope="module")
def every(events):
    """The same rows in each format: {extension: path}"""
    paths = {extension: events.with_name(f"every.{extension}") for extension in FORMATS}
    for path in paths.values():
        run("convert", "-q", events, "-o", path)
    return paths | {"root": events}


@pytest.mark.parametrize("extension", ["root", *FORMATS])
def test_from_each_to_each(extension, every, events, tmp_path):
    for to in every:
        path = tmp_path / f"copy.{to}"
        run("convert", "-q", *TYPES, every[extension], "-o", path)
        assert rows(path) == rows(events), to


@pytest.mark.parametrize("name", ["parquet", "arrow", "tfrecord", "hdf5", "csv", "json-lines"])
def test_a_folder_of_parts(name, events, tmp_path):
    folder = tmp_path / "skim"
    command = ["ingest", "-q", events, "-w", "pt > 4", "-d", "x=2*pt", "--columns", "event,pt",
               "-o", f"{folder}/", "--format", name, "--part-events", "300"]
    run(*command)
    parts = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    assert len(parts) == 4
    before = {path.name: path.read_bytes() for path in parts}
    parts[1].unlink()
    run(*command)
    assert {path.name: path.read_bytes() for path in parts} == before
    total = sum(statistics(path, [])["event"]["entries"] for path in parts)
    assert total == sum(0.1 * (i % 97) > 4 for i in range(N))


def test_what_is_refused(events, tmp_path):
    def told(code, *arguments):
        return run(*arguments, code=code)[1]
    assert "did you mean 'parquet'" in told(6, "convert", events, "-o", tmp_path / "x.parqet")
    assert "Parquet files are not compressed with lzma" in told(
        2, "convert", events, "-o", tmp_path / "x.parquet", "--codec", "lzma")
    assert "did you mean 'Parquet'" in told(6, "stats", "--from", "parket", events)
    assert list(tmp_path.iterdir()) == []
