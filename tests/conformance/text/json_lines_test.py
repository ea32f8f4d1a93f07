# SPDX-License-Identifier: Apache-2.0
"""JSON lines of Python, pyarrow and ours, both ways."""

import gzip
import json
import math
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import pyarrow  # noqa: E402
import pyarrow.json  # noqa: E402
import text_values  # noqa: E402
from text_tables import failing, read, write  # noqa: E402

TYPES = "f=float32, i8=int8, u8=uint8, i16=int16, u16=uint16, i32=int32, u32=uint32, u64=uint64, " \
        "d=date, ts=timestamp[us], l32=list<float32>, s=struct<x: int32, y: list<utf8>>"


def rows_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.fixture(scope="module")
def table():
    return text_values.table(random.Random(3), 4000, specials=False)


@pytest.mark.parametrize("ending", ["jsonl", "ndjson.gz", "json.zst", "jsonl.bz2"])
def test_we_read_ours(table, ending, tmp_path):
    path = tmp_path / f"t.{ending}"
    write(path, table, rows=901)
    assert text_values.difference(read(path, types=TYPES), table) is None
    assert text_values.difference(read(path, 1, batch_rows=97, types=TYPES), table) is None
    assert text_values.difference(read(path, 3, 1000, 3500, types=TYPES),
                                  table.slice(1000, 2500)) is None


def test_python_reads_ours(table, tmp_path):
    path = tmp_path / "t.jsonl"
    write(path, table)
    wanted = table.drop_columns(["d", "ts"]).to_pylist()
    rows = [{key: value for key, value in json.loads(line).items() if key not in ("d", "ts")}
            for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    for row, right in zip(rows, wanted, strict=True):
        row["f"] = right["f"] if row["f"] is not None and right["f"] is not None and \
            pyarrow.scalar(row["f"], pyarrow.float32()).as_py() == right["f"] else row["f"]
        row.pop("l32"), right.pop("l32")
        assert text_values.same(row, right), (row, right)


def test_pyarrow_reads_ours(table, tmp_path):
    path = tmp_path / "t.jsonl"
    write(path, table)
    wanted = table.drop_columns(["d"])
    schema = pyarrow.schema([field for field in wanted.schema])
    theirs = pyarrow.json.read_json(path, parse_options=pyarrow.json.ParseOptions(
        explicit_schema=schema, unexpected_field_behavior="ignore"))
    assert text_values.difference(theirs, wanted) is None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("style", [{}, {"separators": (",", ":")}, {"ensure_ascii": False}])
def test_python_writes(seed, style, tmp_path):
    rng = random.Random(seed)
    kept = ["f64", "b", "t", "i64", "u64", "l", "ll", "s"]
    wanted = text_values.table(rng, 1500).select(kept)
    path = tmp_path / "t.jsonl"
    with open(path, "w", encoding="utf-8", newline=rng.choice(["\n", "\r\n"])) as file:
        for row in wanted.to_pylist():
            items = [item for item in row.items() if item[1] is not None or rng.random() < 0.5]
            if rng.random() < 0.1:
                rng.shuffle(items)
            file.write(json.dumps(dict(items), **style) + "\n" + "\n" * (rng.random() < 0.01))
    ours = read(path, types="s=struct<x: int32, y: list<utf8>>, u64=uint64")
    assert sorted(ours.column_names) == sorted(kept)
    assert text_values.difference(ours.select(kept), wanted) is None


def cases():
    yield "first objects", '{"a":1}\n{"a":2}', {"a": [1, 2]}
    yield "more keys", '{"a":1}\n{"b":"x"}\n{}\n', {"a": [1, None, None], "b": [None, "x", None]}
    yield "twice", '{"a":1,"b":2,"a":3}\n{"a":7,"a":4}\n', \
        {"a": [3, 4], "b": [2, None]}
    yield "twice within", '{"s":{"x":"q","x":"z","y":[1,2],"y":[3]}}\n{"s":{"y":[],"y":null}}\n', \
        {"s": [{"x": "z", "y": [3]}, {"x": None, "y": None}]}
    yield "twice a list", '{"l":[1,2],"l":[3]}\n{"l":[4]}\n', {"l": [[3], [4]]}
    yield "twice true", '{"b":true,"b":false}\n{"b":true}\n', {"b": [False, True]}
    yield "integers and floats", '{"a":1}\n{"a":2.5}\n', {"a": [1.0, 2.5]}
    yield "within lists", '{"a":[1]}\n{"a":[2.5,null]}\n', {"a": [[1.0], [2.5, None]]}
    yield "specials", '{"a":NaN}\n{"a":-Infinity}\n{"a":1}\n', {"a": [math.nan, -math.inf, 1.0]}
    yield "escapes", r'{"a":"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t\u0000"}', \
        {"a": ["é\U0001f600\"\\/\b\f\n\r\t\0"]}
    yield "keys with escapes", r'{"\u0061\"":1}', {'a"': [1]}
    yield "spaces", ' {\t"a" : [ 1 , 2 ] , "b" : { } } \r\n', {"a": [[1, 2]], "b": [{}]}
    yield "empty lines", '\n{"a":1}\n\r\n{"a":2}\n\n', {"a": [1, 2]}
    yield "nulls", '{"a":null}\n{"a":null}\n', {"a": [None, None]}
    yield "empty lists", '{"a":[]}\n', {"a": [[]]}
    yield "large", '{"a":18446744073709551615,"b":18446744073709551616}\n', \
        {"a": [18446744073709551615], "b": [1.8446744073709552e19]}
    yield "mark", '\ufeff{"a":1}\n', {"a": [1]}
    yield "no keys", "{}\n{}\n", {}
    yield "exponents", '{"a":1E5}\n{"a":-0.0}\n', {"a": [1e5, -0.0]}


def as_list(text):
    """The same rows as one list."""
    rows = [row for row in text.removeprefix("\ufeff").split("\n") if row.strip()]
    return "\ufeff" * text.startswith("\ufeff") + " [" + " ,\n".join(rows) + "\n] \n"


@pytest.mark.parametrize("what, text, wanted", list(cases()), ids=[case[0] for case in cases()])
def test_case(what, text, wanted, tmp_path):
    for name, data in ("t.jsonl", text), ("t.jsonl.gz", text), ("t.json", as_list(text)), \
            ("t.json.gz", as_list(text)):
        path = tmp_path / name
        path.write_bytes(gzip.compress(data.encode()) if name.endswith("gz") else data.encode())
        ours = read(path)
        assert ours.column_names == list(wanted)
        for key, values in wanted.items():
            assert text_values.same(ours[key].to_pylist(), values), ours[key].to_pylist()


def bad():
    yield "list", "[1,2]\n", {}, ["line 1", "'1'", "no object"]
    yield "list of objects and others", '[{"a":1},\n\n7]', {}, ["line 3", "'7'", "no object"]
    yield "no item", '[{"a":1},\n,{"a":1}]', {}, ["line 2", "no object"]
    yield "last comma", '[{"a":1},\n]', {}, ["line 2", "no object"]
    yield "open list", '[{"a":1},{"a":2}', {}, ["list is not closed"]
    yield "list cut in an object", '[{"a":1},{"a":[2]', {}, ["list is not closed"]
    yield "list cut in a text", '[{"a":"]', {}, ["list is not closed"]
    yield "behind a list", '[{"a":1}]\n[]', {}, ["follows the list"]
    yield "behind an empty list", '[]\n{', {}, ["line 2"]
    yield "behind an object", '[{"a":1} {"a":2}]', {}, ["line 1", "follows the object"]
    yield "misfit in a list", '[{"a":1},\n{"a":300}]', {"types": "a=uint8"}, ["line 2", "300"]
    yield "no object", '{"a":1}\n7\n', {}, ["line 2", "no object"]
    yield "cut", '{"a":1}\n{"a":\n', {}, ["line 2"]
    yield "more behind", '{"a":1} {"a":2}\n', {}, ["line 1", "follows"]
    yield "open string", '{"a":"x}\n', {}, ["line 1", "not closed"]
    yield "escape", '{"a":"\\x"}\n', {"types": "a=utf8"}, ["line 1", "escape"]
    yield "surrogate", '{"a":"\\ud83d"}\n', {}, ["line 1", "surrogates"]
    yield "kinds", '{"a":1}\n{"a":"x"}\n', {}, ["line 2", "'a'", "a=utf8"]
    yield "kinds within", '{"a":[1]}\n{"a":[[1]]}\n', {}, ["line 2", "'a'"]
    yield "deep", '{"a":' + "[" * 100 + "]" * 100 + "}\n", {}, ["too deep"]
    yield "number", '{"a":1x}\n', {}, ["line 1"]
    yield "misfit", '{"a":1}\n{"a":300}\n', {"types": "a=uint8"}, ["line 2", "300", "a=float64"]
    yield "real", '{"a":1}\n{"a":1.5}\n', {"types": "a=int32"}, ["line 2", "1.5", "a=float64"]
    yield "member", '{"a":{"x":1}}\n{"a":{"y":1}}\n', {"types": "a=struct<x: int32>"}, \
        ["line 2", "y"]


@pytest.mark.parametrize("what, text, options, words", list(bad()), ids=[case[0] for case in bad()])
def test_bad(what, text, options, words, tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    with failing(None, "t.jsonl", *words):
        read(path, **options)


@pytest.mark.parametrize("indent", [None, 1])
def test_one_list(table, indent, tmp_path):
    """However it is laid out; larger than what types come from, and than a block."""
    lines, path = tmp_path / "t.jsonl", tmp_path / "t.json"
    write(lines, table)
    path.write_text(json.dumps(rows_of(lines), indent=indent))
    wanted = read(lines, types=TYPES)
    assert text_values.difference(read(path, types=TYPES), wanted) is None
    assert text_values.difference(read(path, 1, batch_rows=97, types=TYPES), wanted) is None
    assert text_values.difference(read(path, 3, 1000, 3500, types=TYPES),
                                  wanted.slice(1000, 2500)) is None
    path.rename(tmp_path / "t.txt")  # known by its first bytes
    assert text_values.difference(read(tmp_path / "t.txt", types=TYPES), wanted) is None


def test_no_rows(tmp_path):
    """What a selection that nothing passed leaves is a table, whose columns only the user knows."""
    path = tmp_path / "t.jsonl"
    for text in "", "\n", "[]", " [ ] \n":
        path.write_text(text)
        assert read(path).shape == (0, 0)
        table = read(path, types="pt=float32, tags=list<utf8>")
        assert table.num_rows == 0 and table.column_names == ["pt", "tags"]
        assert table.schema.field("pt").type == pyarrow.float32()
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(b""))
    assert read(tmp_path / "t.jsonl.gz").num_columns == 0
    (tmp_path / "t").write_text("")
    assert read(tmp_path / "t", format="jsonl").num_columns == 0
    with failing(None, "the file is empty"):
        read(tmp_path / "t")


def test_late_key(tmp_path):
    path = tmp_path / "t.jsonl"
    n = 200000
    path.write_text('{"a":1}\n' * n + '{"a":1,"pt":2.5}\n')
    with failing(None, f"line {n + 1}", "key 'pt' is new", "pt=float64"):
        read(path)
    table = read(path, types="pt=float32")
    assert table["pt"].null_count == n and table["pt"][n].as_py() == 2.5


def test_kinds_as_text(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"a":1}\n{"a":"x"}\n{"a":[1, 2]}\n{"a":null}\n')
    assert read(path, types="a=utf8")["a"].to_pylist() == ["1", "x", "[1, 2]", None]


def test_binary(tmp_path):
    path = tmp_path / "t.jsonl"
    table = pyarrow.table({"a": pyarrow.array([b"\xff\x00x", b"", None, bytes(range(256))])})
    write(path, table)
    assert read(path, types="a=binary")["a"].to_pylist() == table["a"].to_pylist()
    assert [row["a"] for row in rows_of(path)][0] == "\xff\x00x"


def test_not_finite(tmp_path):
    path = tmp_path / "t.jsonl"
    write(path, pyarrow.table({"a": [1.0, math.nan, math.inf]}))
    assert path.read_text() == '{"a":1.0}\n{"a":null}\n{"a":null}\n'
