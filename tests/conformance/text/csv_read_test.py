# SPDX-License-Identifier: Apache-2.0
"""CSV that others write is read as they meant it: pyarrow, pandas and Python's csv module."""

import csv
import gzip
import math
import pathlib
import random
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import numpy  # noqa: E402
import pyarrow  # noqa: E402
import pyarrow.csv  # noqa: E402
from text_tables import failing, read  # noqa: E402

E_INVALID, E_NOTFOUND, E_TYPE = 3, 4, 11
WORDS = ["", "muon", "a,b", 'say "hi"', "two\nlines", "\r\n", " edge ", "é", "\U0001f600", "7",
         "NA", "true", "x" * 300, '"', '""', "a;b\tc|d"]


def same(left, right):
    """Equal, floats bit for bit but for NaN."""
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def check(table, wanted):
    assert table.column_names == list(wanted)
    for name, values in wanted.items():
        got = table[name].to_pylist()
        assert len(got) == len(values)
        for i, (mine, theirs) in enumerate(zip(got, values, strict=True)):
            assert same(mine, theirs), (name, i, mine, theirs)


def any_float(rng):
    while True:
        value = struct.unpack("d", rng.randbytes(8))[0]
        if math.isfinite(value):
            return value


def columns(rng, n):
    return {
        "f": [any_float(rng) for _ in range(n)],
        "g": [rng.choice([None, 0.1, -2.5e10, float("inf")]) for _ in range(n)],
        "i": [rng.getrandbits(64) - 2**63 for _ in range(n)],
        "u": [2**63 + rng.getrandbits(63) for _ in range(n)],
        "n": [rng.choice([None, rng.randrange(-9, 10)]) for _ in range(n)],
        "b": [rng.choice([True, False, None]) for _ in range(n)],
        "t": [rng.choice(WORDS) for _ in range(n)],
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_python_csv(seed, line_end, tmp_path):
    rng = random.Random(seed)
    wanted = columns(rng, rng.choice([1, 7, 3000]))
    path = tmp_path / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_MINIMAL)
        writer.writerow(wanted)
        writer.writerows(zip(*wanted.values(), strict=True))
    # the module writes None and an empty text alike; an empty cell is null
    wanted["t"] = [text or None for text in wanted["t"]]
    types = "t=utf8, g=float64, n=int64, b=bool"
    check(read(path, types=types), wanted)
    check(read(path, n_threads=1, batch_rows=11, types=types), wanted)


@pytest.mark.parametrize("seed", range(4))
def test_pyarrow(seed, tmp_path):
    rng = random.Random(seed)
    wanted = columns(rng, 5000)
    path = tmp_path / "t.csv"
    table = pyarrow.table({name: pyarrow.array(values, pyarrow.uint64() if name == "u" else None)
                           for name, values in wanted.items()})
    pyarrow.csv.write_csv(table, path)
    check(read(path), wanted)
    theirs = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(
        strings_can_be_null=False, column_types={"u": pyarrow.uint64()}))
    for name in "finbu":
        assert theirs[name].to_pylist() == wanted[name]


def test_float32(tmp_path):
    rng = numpy.random.default_rng(1)
    values = rng.integers(0, 2**32, 20000, dtype=numpy.uint32).view(numpy.float32)
    values = values[numpy.isfinite(values)]
    path = tmp_path / "t.csv"
    path.write_text("x\n" + "".join(f"{value}\n" for value in values))
    mine = read(path, types="x=float32")["x"].to_numpy()
    assert mine.dtype == numpy.float32 and (mine.view("u4") == values.view("u4")).all()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", ":"])
def test_separators(separator, tmp_path):
    path = tmp_path / "t.csv"
    rows = [["a", "b", "c"], ["1", "2,5; x", "y"], ["3", "4|\t", "z"]]
    with open(path, "w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    given = {"separator": separator} if separator == ":" else {}
    check(read(path, **given), {"a": [1, 3], "b": ["2,5; x", "4|\t"], "c": ["y", "z"]})


def test_tsv_by_name(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("a,b\tc\n1,2\t3\n")
    check(read(path), {"a,b": ["1,2"], "c": [3]})


def cases():
    yield "last line open", "a,b\n1,2", {"a": [1], "b": [2]}
    yield "no rows", "a,b\n", {"a": [], "b": []}
    yield "header alone", "a,b", {"a": [], "b": []}
    yield "empty lines", "\n\r\na\n\n1\r\n\r\n\n2\n\n", {"a": [1, 2]}
    yield "mark", "\ufeffa,b\n1,2\n", {"a": [1], "b": [2]}
    yield "quoted mark", '\ufeff"a",b\n1,2\n', {"a": [1], "b": [2]}
    yield "spaces", "a , b\n 1 , 2.5\n", {"a": [1], "b": [2.5]}
    yield "quoted numbers", 'a\n"1"\n" 2 "\n', {"a": [1, 2]}
    yield "nulls", "a,b\nNA,x\n,NA\n3,\n", {"a": [None, None, 3], "b": ["x", "NA", None]}
    yield "nan", "a\nnan\nNaN\n-inf\n1\n", {"a": [math.nan, math.nan, -math.inf, 1.0]}
    yield "empty text", 'a,b\n"",1\n,2\nx,3\n', {"a": ["", None, "x"], "b": [1, 2, 3]}
    yield "nothing at all", "a,b\n,1\n,2\n", {"a": [None, None], "b": [1, 2]}
    yield "odd quotes", 'a,b\n5" pipe,1\nx"y"z,2\n', {"a": ['5" pipe', 'x"y"z'], "b": [1, 2]}
    yield "behind quotes", 'a,b\n"x"y,1\n', {"a": ["xy"], "b": [1]}
    yield "both kinds of quotes", 'a,b\n5" pipe,1\n"a,b\nc",2\n', \
        {"a": ['5" pipe', "a,b\nc"], "b": [1, 2]}
    yield "names", ',"x ""y""",x\n1,2,3\n', {"c0": [1], 'x "y"': [2], "x": [3]}
    yield "booleans", "a,b\ntrue,TRUE\nFalse,1\n", {"a": [True, False], "b": ["TRUE", "1"]}
    yield "large", "a,b\n18446744073709551615,18446744073709551616\n-1,1\n", \
        {"a": [1.8446744073709552e19, -1.0], "b": [1.8446744073709552e19, 1.0]}
    yield "lists", 'a\n"[1,2]"\n[]\n\n"[3.5,null]"\n', {"a": [[1.0, 2.0], [], [3.5, None]]}
    yield "structs", 'a\n"{""x"":1,""y"":[""p""]}"\n"{""y"":null}"\n', \
        {"a": [{"x": 1, "y": ["p"]}, {"x": None, "y": None}]}
    yield "no JSON", "a\n[1\n[2]\n", {"a": ["[1", "[2]"]}
    yield "mixed", "a\n1\nx\n", {"a": ["1", "x"]}
    yield "dates stay text", "a\n2024-02-29\n", {"a": ["2024-02-29"]}


@pytest.mark.parametrize("what, text, wanted", list(cases()), ids=[case[0] for case in cases()])
def test_case(what, text, wanted, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    check(read(path), wanted)
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    check(read(packed), wanted)


def test_no_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,x\n2,y\n")
    check(read(path, no_header=True), {"c0": [1, 2], "c1": ["x", "y"]})


def test_repeated_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,a,a\n1,2,3,4\n")
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as table:
        assert [(column.path, column.duplicate) for column in table.columns] == \
            [("a", 0), ("b", 0), ("a", 1), ("a", 2)]
        assert table.read([table.find("a#2").index])[0].to_pylist() == [4]


def test_small_batches_of_a_packed_file(tmp_path):
    """Forward reading unpacks once, however small the batches: else this takes minutes."""
    path = tmp_path / "t.csv.gz"
    n = 300000
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("a,b\n" + "".join(f"{i},{i * i}\n" for i in range(n)))
    for n_threads in 1, 2:
        table = read(path, n_threads, batch_rows=100)
        assert table["a"].to_numpy().tolist() == list(range(n))


def test_types(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("jet_pt,jet_eta,n,name,when\n1,2,3,4,2024-02-29T12:00:00.5Z\n")
    table = read(path, types="jet_*=float32, n=uint8,name=utf8, when=timestamp[ms]")
    assert [str(field.type) for field in table.schema] == \
        ["float", "float", "uint8", "string", "timestamp[ms]"]
    assert table["when"].cast(pyarrow.int64()).to_pylist() == [1709208000500]
    with failing(E_NOTFOUND, "jet_phi", "did you mean", "jet_pt"):
        read(path, types="jet_phi=float32")
    with failing(E_INVALID, "flaot32", "float32"):
        read(path, types="jet_pt=flaot32")


def bad():
    yield "short row", "a,b\n1,2\n3\n4,5\n", {}, ["line 3", "1 fields", "2 columns"]
    yield "long row", "a,b\n1,2\n3,4,5\n", {}, ["line 3", "3 fields"]
    yield "open quote", 'a,b\n1,2\n3,"4\n5,6\n', {}, ["quote", "never closed"]
    yield "lines within quotes", 'a,b\n"x\ny\nz",2\n3,4,5\n', {}, ["line 5"]
    yield "misfit", "a,b\n1,2\nx,4\n", {"types": "a=float32"}, ["line 3", "'a'", "'x'", "a=utf8"]
    yield "too large", "a\n1\n300\n", {"types": "a=uint8"}, ["line 3", "'300'", "a=float64"]
    yield "negative", "a\n1\n-3\n", {"types": "a=uint64"}, ["line 3", "'-3'"]
    yield "list", 'a\n"[1, x]"\n', {"types": "a=list<int32>"}, ["line 2", "no list<int32>"]
    yield "separator", "a\n1\n", {"separator": "ab"}, ["one character"]


@pytest.mark.parametrize("what, text, options, words", list(bad()), ids=[case[0] for case in bad()])
def test_bad(what, text, options, words, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with failing(None, "t.csv", *words):
        read(path, **options)


def test_late_misfit(tmp_path):
    """What does not fit far behind the first rows is said with its line and a way out."""
    path = tmp_path / "t.csv"
    n = 600000
    with open(path, "w") as file:
        file.write("a,b\n" + "1,2\n" * n + "1,2.5\n" + "1,2\n" * 10)
    with failing(E_TYPE, f"line {n + 2}", "column 'b'", "'2.5'", "b=float64"):
        read(path)
    table = read(path, types="b=float64")
    assert table.num_rows == n + 11 and table["b"].to_numpy()[n] == 2.5


@pytest.mark.parametrize("rows", [(0, 1), (1, 7), (19999, 20001), (12345, 54321), (0, 60000)])
def test_ranges(rows, tmp_path):
    path = tmp_path / "t.csv"
    rng = random.Random(1)
    n = 60000
    wanted = {"i": list(range(n)), "t": [rng.choice(WORDS) or "-" for _ in range(n)],
              "b": [rng.choice([True, False, None]) for _ in range(n)],
              "f": [rng.choice([None, 1.5, -2e300]) for _ in range(n)]}
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(wanted)
        writer.writerows(zip(*wanted.values(), strict=True))
    part = {name: values[slice(*rows)] for name, values in wanted.items()}
    for n_threads in 1, 3:
        check(read(path, n_threads, *rows), part)
    check(read(path, 2, *rows, memory_bytes=16 << 20, types="t=utf8"), part)
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    check(read(packed, 2, *rows), part)
