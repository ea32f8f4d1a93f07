# SPDX-License-Identifier: Apache-2.0
"""CSV that we write is read by pyarrow, pandas' rules aside, by Python's csv module, and by us."""

import bz2
import csv
import gzip
import math
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import pyarrow  # noqa: E402
import pyarrow.csv  # noqa: E402
import text_values  # noqa: E402
import zstandard  # noqa: E402
from command import run  # noqa: E402
from text_tables import failing, read, write  # noqa: E402

N = 5000
TYPES = "f=float32, i8=int8, u8=uint8, i16=int16, u16=uint16, i32=int32, u32=uint32, u64=uint64, " \
        "t=utf8, d=date, ts=timestamp[us], l32=list<float32>, s=struct<x: int32, y: list<utf8>>"


@pytest.fixture(scope="module")
def table():
    return text_values.table(random.Random(7), N)


def test_we_read_it(table, tmp_path):
    path = tmp_path / "t.csv"
    write(path, table, rows=777)
    assert text_values.difference(read(path, types=TYPES), table) is None
    assert text_values.difference(read(path, n_threads=1, batch_rows=100, types=TYPES), table) \
        is None


def test_pyarrow_reads_it(table, tmp_path):
    path = tmp_path / "t.csv"
    flat = table.select([name for name in table.column_names
                         if not pyarrow.types.is_nested(table[name].type)])
    write(path, flat)
    kinds = {field.name: field.type for field in flat.schema}
    theirs = pyarrow.csv.read_csv(
        path, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=kinds, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False))
    assert text_values.difference(theirs, flat) is None


def test_python_reads_it(table, tmp_path):
    path = tmp_path / "t.csv"
    write(path, table)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == N
    for name, read_as in ("f64", float), ("i64", int), ("t", str):
        for row, wanted in zip(rows, table[name].to_pylist(), strict=True):
            if wanted is None:
                assert row[name] == ""
            else:
                got = read_as(row[name])
                assert got == wanted or (math.isnan(got) and math.isnan(wanted))


@pytest.mark.parametrize("ending, unpack", [("", bytes), (".gz", gzip.decompress),
                                            (".bz2", bz2.decompress), (".zst", None)])
def test_the_same_bytes(table, ending, unpack, tmp_path):
    """Whatever the threads and the batches, packed or not."""
    if unpack is None:
        def unpack(data):
            reader = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
            return reader.read()
    plain = tmp_path / "plain.csv"
    write(plain, table, 1)
    for i, (n_threads, rows) in enumerate([(1, None), (2, 500), (3, 1)]):
        path = tmp_path / f"{i}.csv{ending}"
        write(path, table.slice(0, 600), n_threads, rows)
        if i == 0:
            first = path.read_bytes()
        assert path.read_bytes() == first
    path = tmp_path / f"all.csv{ending}"
    write(path, table, 3, 1234)
    assert unpack(path.read_bytes()) == plain.read_bytes()
    assert text_values.difference(read(path, types=TYPES), table) is None


def test_text_exactly(tmp_path):
    path = tmp_path / "t.csv"
    write(path, pyarrow.table({
        "a b": [1, None], 'q"': ["x,y", ""], " s ": [0.1, math.nan], "l": [[1.5, None], None],
        "r": [{"k": 'q"'}, {"k": None}]}))
    assert path.read_text() == ('a b,"q""","" s "",l,r\n'.replace('"" s ""', '" s "')
                                + '1,"x,y",0.1,"[1.5,null]","{""k"":""q\\""""}"\n'
                                + ',"",NaN,,"{""k"":null}"\n')


def test_tabs(tmp_path):
    path = tmp_path / "t.tsv"
    write(path, pyarrow.table({"a": ["x,y", "t\tb"], "b": [1, 2]}))
    assert path.read_text() == 'a\tb\nx,y\t1\n"t\tb"\t2\n'


def test_one_column(tmp_path):
    path = tmp_path / "t.csv"
    write(path, pyarrow.table({"a": [1, None, 3]}))
    assert path.read_text() == 'a\n1\n""\n3\n'
    assert read(path)["a"].to_pylist() == [1, None, 3]


def test_binary(tmp_path):
    path = tmp_path / "t.csv"
    table = pyarrow.table({"a": pyarrow.array([b"\xff\x00,", b'"\n', None, b""]),
                           "b": [1, 2, 3, 4]})
    write(path, table)
    assert read(path, types="a=binary")["a"].to_pylist() == table["a"].to_pylist()
    assert read(path)["a"].to_pylist() == table["a"].to_pylist()


def test_one_table_a_file(tmp_path):
    sample = pathlib.Path(__file__).parents[2] / "samples" / "make_sample.py"
    assert sample.exists()
    (tmp_path / "a.csv").write_text("x\n1\n")
    told, _ = run("convert", tmp_path / "a.csv", "-o", tmp_path / "b.csv.gz", "--json")
    assert gzip.decompress((tmp_path / "b.csv.gz").read_bytes()) == b"x\n1\n"
    with failing(None, "brotli"):
        write(tmp_path / "c.csv", pyarrow.table({"x": [1]}), codec="brotli")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv.gz"]
