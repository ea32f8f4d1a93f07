# SPDX-License-Identifier: Apache-2.0
"""Damaged text: every case ends soon, with values or with a message that names the file."""

import gzip
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import pyarrow  # noqa: E402
from command import run  # noqa: E402
from text_tables import read, write  # noqa: E402
from text_values import table  # noqa: E402

CASES = 150


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "jsonl.bz2"])
def test_cuts_and_flips(ending, tmp_path):
    rng = random.Random(1)
    path = tmp_path / f"t.{ending}"
    write(path, table(rng, 200))
    whole = path.read_bytes()
    n_failed = 0
    for _ in range(CASES):
        data = bytearray(whole[:rng.randrange(len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.randrange(1, 4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            read(path)
        except (beamline_arrow.Failure, pyarrow.ArrowException) as failure:
            assert path.name in str(failure)
            n_failed += 1
    assert n_failed > 0


@pytest.mark.parametrize("text", [
    "\0", "\0\0,\0\n\0", '"', '""', '"\n', ",", ",\n,", "\n", "\r", "\r\n", "a\n\0\n",
    "\xff\xfea\0", "\ufeff", "\ufeff\n", "nan", "a\nnan",
    "[" * 1000, "a\n" + "[" * 100000, 'a\n"' + "[" * 60 + "]" * 60 + '"\n', "a," * 70000 + "a\n",
    "{", "{}", '{"', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1}}', '{"":1}', '{"a\\u0000":1}',
    '{"a":"\\u12"}', '{"a":-}', '{"a":' * 60 + "1" + "}" * 60])
def test_oddities(text, tmp_path):
    for name in "t.csv", "t.jsonl", "t.json.gz", "t.tsv.gz":
        path = tmp_path / name
        data = text.encode("utf-8" if "\xff" not in text else "latin-1")
        path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        try:
            read(path)
        except (beamline_arrow.Failure, pyarrow.ArrowException) as failure:
            assert name in str(failure) and len(str(failure)) > len(str(path)) + 5


def test_empty_files(tmp_path):
    for name in "t.csv", "t.jsonl", "t":
        (tmp_path / name).write_bytes(b"")
    assert "empty" in run("inspect", tmp_path / "t.csv", code=5)[1]
    assert "empty" in run("inspect", tmp_path / "t", code=5)[1]
    assert "0 columns" in run("inspect", tmp_path / "t.jsonl")[0]  # as where all rows were cut


def test_formats_by_name(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text('{"a":1}\n')
    assert "JSON lines" in run("inspect", path)[0]
    path.write_text("a;b\n1;2\n")
    run("inspect", path, code=5)
    assert "2 columns" in run("inspect", "--from", "csv", path)[0]
