# SPDX-License-Identifier: Apache-2.0
"""TFRecord files that others could have written, in every spelling of the wire format."""

import bz2
import gzip
import json
import pathlib
import random
import struct
import sys
import zlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import tfrecord_by_hand as by_hand  # noqa: E402
from command import run  # noqa: E402

FORMS = {"tfrecord": bytes, "tfrecord.gz": gzip.compress, "tfrecords": gzip.compress,
         "tfrecord.bz2": bz2.compress, "zlib.tfrecord": zlib.compress}


def save(folder, records, name="events.tfrecord", pack=bytes):
    path = folder / name
    path.write_bytes(pack(b"".join(by_hand.framed(record) for record in records)))
    return path


def read(path, n_threads=2, memory=0, **options):
    """({column: type}, [row])"""
    with beamline_arrow.context(n_threads, memory) as held, \
            beamline_arrow.Table(held, path) as table:
        columns = [column for column in table.columns if not column.unreadable]
        arrays = table.read([column.index for column in columns], **options)
        names = [column.path for column in columns]
        types = {name: str(array.type).replace("item: ", "").replace(" not null", "")
                 for name, array in zip(names, arrays, strict=True)}
        rows = [dict(zip(names, row, strict=True))
                for row in zip(*(array.to_pylist() for array in arrays), strict=True)]
        return types, rows


def single(value):
    """float32 as Python has it."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def test_shapes_and_types(tmp_path):
    rows = [{"one": ("float", [1.5]), "many": ("float", [1, 2]), "n": ("int64", [-1]),
             "text": ("bytes", ["größe".encode()]), "raw": ("bytes", [b"\xff\x00"]),
             "ids": ("int64", []), "some": ("float", [1])},
            {"one": ("float", [2.5]), "many": ("float", []), "n": ("int64", [1 << 40]),
             "text": ("bytes", [b""]), "raw": ("bytes", [b"ok"]), "ids": ("int64", [7]),
             "words": ("bytes", [b"a", b"bc"]), "kindless": (None, [])}]
    types, found = read(save(tmp_path, [by_hand.record(row) for row in rows]))
    assert types == {"one": "float", "many": "list<float>", "n": "int64", "text": "string",
                     "raw": "binary", "ids": "list<int64>", "some": "float",
                     "words": "list<string>"}
    assert found == [
        {"one": 1.5, "many": [1, 2], "n": -1, "text": "größe", "raw": b"\xff\x00", "ids": [],
         "some": 1, "words": None},
        {"one": 2.5, "many": [], "n": 1 << 40, "text": "", "raw": b"ok", "ids": [7],
         "some": None, "words": ["a", "bc"]}]
    assert list(types) == sorted(types)


def test_feature_lists(tmp_path):
    rows = [({"x": ("float", [1])},
             {"hits": [("float", [1, 2]), ("float", [])], "ids": [("int64", [4]), ("int64", [5])],
              "empty": []}),
            ({"x": ("float", [2])}, {"hits": [], "empty": []}),
            ({"x": ("float", [3])}, {"hits": [(None, [])], "ids": []})]
    path = save(tmp_path, [by_hand.record(*row) for row in rows])
    types, found = read(path)
    assert types == {"x": "float", "hits": "list<list<float>>",
                     "ids": "list<int64>"}
    assert [row["hits"] for row in found] == [[[1, 2], []], [], [[]]]
    assert [row["ids"] for row in found] == [[4, 5], None, []]
    told = json.loads(run("inspect", "--json", path)[0])["tables"][0]["columns"]
    assert "no record holds a value" in {one["path"]: one for one in told}["empty"]["unreadable"]
    types = [column["type"] for column in
             json.loads(run("inspect", "--json", "--types", "empty=list<list<int64>>", path)[0])
             ["tables"][0]["columns"]]
    assert types[0] == "list<list<int64>>?"


def test_a_feature_and_a_list_of_one_name(tmp_path):
    path = save(tmp_path, [by_hand.record({"x": ("float", [1])}, {"x": [("int64", [2])]})])
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as table:
        assert [(column.path, column.duplicate) for column in table.columns] == [("x", 0), ("x", 1)]
        arrays = table.read([table.find("x").index, table.find("x#1").index])
        assert [array.to_pylist() for array in arrays] == [[1], [[2]]]


def spellings():
    """(record, the value of x): all say the same in other bytes, or merge to it."""
    f, e = by_hand.field, by_hand.entry
    three = by_hand.feature("float", [1, 2, 3])
    halves = [by_hand.feature("float", [1]), by_hand.feature("float", [2, 3])]
    wrong = by_hand.feature("int64", [9])
    unknown = f(9, b"who knows") + b"\x50\x07" + b"\x5d1234" + b"\x6112345678"
    key = f(1, b"x")
    yield "unpacked", f(1, e("x", by_hand.feature("float", [1, 2, 3], by_hand.unpacked)))
    yield "both", f(1, e("x", f(2, by_hand.packed("float", [1, 2])
                                + by_hand.unpacked("float", [3]))))
    yield "two packed fields", f(1, e("x", f(2, by_hand.packed("float", [1])
                                             + by_hand.packed("float", [2, 3]))))
    yield "two lists", f(1, e("x", b"".join(halves)))
    yield "two values", f(1, f(1, key + f(2, halves[0]) + f(2, halves[1])))
    yield "value before key", f(1, f(1, f(2, three) + key))
    yield "two keys", f(1, f(1, f(1, b"y") + f(2, three) + key))
    yield "last entry wins", f(1, e("x", wrong) + e("x", three))
    yield "last of two maps wins", f(1, e("x", wrong)) + f(1, e("x", three))
    yield "last kind wins", f(1, e("x", wrong + three))
    yield "another kind makes void", f(1, e("x", halves[0] + wrong + three))
    yield "unknown fields", unknown + f(1, unknown + f(1, unknown + key + f(
        2, unknown + f(2, unknown + by_hand.packed("float", [1, 2, 3]) + unknown)))) + unknown
    long_key = b"\x0a\x81\x80\x00x"  # lengths with more bytes than they need
    yield "long varints", f(1, f(1, long_key + f(2, three)))


@pytest.mark.parametrize("name, data", list(spellings()), ids=lambda value: value
                         if isinstance(value, str) else "")
def test_spelling(tmp_path, name, data):
    _, rows = read(save(tmp_path, [data, by_hand.record({"x": ("float", [1, 2, 3])})]))
    assert rows == [{"x": [1, 2, 3]}] * 2


def test_no_key_is_an_empty_name(tmp_path):
    value = by_hand.field(2, by_hand.feature("int64", [5]))
    _, rows = read(save(tmp_path, [by_hand.field(1, by_hand.field(1, value))]))
    assert rows == [{"": 5}]


def draw_feature(draw, kind):
    n = draw.choice([0, 1, 1, 2, 5, 40])
    if kind == "float":
        return kind, [single(draw.gauss(0, 100)) for _ in range(n)]
    if kind == "int64":
        return kind, [draw.getrandbits(draw.choice([3, 7, 8, 40, 63])) * draw.choice([1, -1])
                      for _ in range(n)]
    return kind, [draw.randbytes(draw.choice([0, 3, 200])) for _ in range(n)]


def spell(draw, kind, values):
    """A feature in one of its spellings."""
    cut = draw.randint(0, len(values))
    way = draw.randrange(4)
    if way == 0:
        return by_hand.feature(kind, values)
    if way == 1:
        return by_hand.feature(kind, values, by_hand.unpacked)
    parts = [values[:cut], values[cut:]]
    if way == 2:
        return b"".join(by_hand.feature(kind, part) for part in parts)
    return by_hand.field(by_hand.KINDS[kind], by_hand.packed(kind, parts[0])
                         + by_hand.unpacked(kind, parts[1]))


def draw_record(draw, context, lists):
    """(bytes, row)"""
    row, maps = {}, [[], []]
    for name, kind in context.items():
        if draw.random() < 0.8:
            row[name] = draw_feature(draw, kind)[1]
            maps[0].append(by_hand.entry(name, spell(draw, kind, row[name])))
    for name, kind in lists.items():
        if draw.random() < 0.8:
            row[name] = [draw_feature(draw, kind)[1] for _ in range(draw.choice([0, 1, 3]))]
            maps[1].append(by_hand.entry(name, b"".join(
                by_hand.field(1, spell(draw, kind, step)) for step in row[name])))
    for entries in maps:
        draw.shuffle(entries)
    return by_hand.field(1, b"".join(maps[0])) + by_hand.field(2, b"".join(maps[1])), row


@pytest.mark.parametrize("seed", range(20))
def test_random(tmp_path, seed):
    draw = random.Random(seed)
    kinds = list(by_hand.KINDS)
    names = [f"{'long' * draw.choice([1, 1, 50])}{i}" for i in range(draw.randint(1, 12))]
    lists = {name: draw.choice(kinds) for name in names[:len(names) // 3]}
    context = {name: draw.choice(kinds) for name in names[len(names) // 3:]}
    data, rows = zip(*(draw_record(draw, context, lists) for _ in range(60)), strict=True)
    _, found = read(save(tmp_path, data))
    for row, ours in zip(rows, found, strict=True):
        for name, value in ours.items():
            assert as_bytes(value) == row.get(name), name


def as_bytes(value):
    if isinstance(value, list):
        return [as_bytes(item) for item in value]
    return value.encode() if isinstance(value, str) else value


def many(n, seed=3):
    """Records of some 40 to 4000 bytes, in several clusters."""
    draw = random.Random(seed)
    rows = [{"i": ("int64", [i]), "x": ("float", [single(draw.random())
                                                  for _ in range(draw.choice([0, 9, 1000]))])}
            for i in range(n)]
    return rows, [by_hand.record(row) for row in rows]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    rows, records = many(3000)
    framed = b"".join(by_hand.framed(record) for record in records)
    for form, pack in FORMS.items():
        (folder / f"large.{form}").write_bytes(pack(framed))
    return folder, [{name: values[0] if name == "i" else values
                     for name, (_, values) in row.items()} for row in rows]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_threads, options", [(1, {}), (3, {}), (2, {"batch_rows": 7}),
                                                (2, {"first": 1234, "last": 2345})])
def test_many_clusters(large, form, n_threads, options):
    folder, rows = large
    _, found = read(folder / f"large.{form}", n_threads, **options)
    assert found == rows[options.get("first", 0):options.get("last", len(rows))]


@pytest.mark.parametrize("form", ["tfrecord", "tfrecord.gz"])
def test_back_and_forth(large, form):
    folder, rows = large
    draw = random.Random(1)
    with beamline_arrow.context() as held, \
            beamline_arrow.Table(held, folder / f"large.{form}") as table:
        clusters = table.clusters()
        assert len(clusters) > 2 and clusters[-1][1] == len(rows)
        for _ in range(25):
            first = draw.randrange(len(rows))
            last = draw.randint(first + 1, len(rows))
            i, x = (array.to_pylist() for array in table.read([0, 1], first, last))
            assert i == [row["i"] for row in rows[first:last]]
            assert x == [row["x"] for row in rows[first:last]]


def test_many_members(tmp_path):
    _, records = many(50)
    path = tmp_path / "parts.tfrecord.gz"
    path.write_bytes(b"".join(gzip.compress(by_hand.framed(record)) for record in records))
    assert [row["i"] for row in read(path)[1]] == list(range(50))


def test_a_chain(tmp_path):
    for i in range(3):
        save(tmp_path, [by_hand.record({"i": ("int64", [i])})] * 2, f"{i}.tfrecord")
    told, _ = run("cat", "-f", "jsonl", tmp_path / "*.tfrecord")
    assert [json.loads(line)["i"] for line in told.splitlines()] == [0, 0, 1, 1, 2, 2]


def test_known_by_its_first_bytes(tmp_path):
    path = save(tmp_path, [by_hand.record({"i": ("int64", [1])})], "events-00000-of-00001")
    assert read(path)[1] == [{"i": 1}]
    path = save(tmp_path, [by_hand.record({"i": ("int64", [1])})], "events.bin", gzip.compress)
    assert read(path)[1] == [{"i": 1}]


def cells(path, *options):
    told, _ = run("cat", "-f", "jsonl", *options, path)
    return [json.loads(line) for line in told.splitlines()]


def test_given_types(tmp_path):
    path = save(tmp_path, [by_hand.record({"i": ("int64", [i]), "x": ("float", [i / 2]),
                                           "s": ("bytes", [b"a"])}) for i in range(3)])
    assert cells(path, "--types", "i = list<float32>, x=float64,s=list<binary>")[2] == {
        "i": [2], "x": 1, "s": ["a"]}
    assert cells(path, "--types", "i=uint8")[2]["i"] == 2
    for types, said in [("y=int8", "no feature is called 'y'"), ("i=list<list<int64>>", "cannot"),
                        ("i=utf8", "other values"), ("x=int64", "other values"), ("i", "NAME=TYPE"),
                        ("i=int7", "no type of a feature")]:
        assert said in run("inspect", "--types", types, path, code=3 if "called" in said else 2)[1]
    assert "record 2 at byte" in run("cat", "--types", "i=bool", path, code=6)[1]
    path = save(tmp_path, [by_hand.record({"i": ("int64", [1, 2])})])
    assert "2 values where one is wanted" in run("cat", "--types", "i=int64", path, code=6)[1]


def test_kinds_that_differ(tmp_path):
    path = save(tmp_path, [by_hand.record({"x": feature, "i": ("int64", [1])}) for feature in
                           [("int64", [1]), ("int64", [2]), ("float", [3])]])
    told = json.loads(run("inspect", "--json", path)[0])["tables"][0]["columns"]
    assert "int64 in record 0 and float in record 2" in told[1]["unreadable"]
    assert [row["x"] for row in cells(path, "--types", "x=float64")] == [1, 2, 3]


# ---- damage ----

def refused(path, content, *said):
    path.write_bytes(content)
    _, told = run("cat", path, code=5)
    for text in said:
        assert text in told
    return told


def test_damage(tmp_path):
    path = tmp_path / "bad.tfrecord"
    whole = [by_hand.framed(by_hand.record({"i": ("int64", [i]), "s": ("bytes", [b"text" * 9])}))
             for i in range(5)]
    at = len(whole[0] + whole[1])
    good = b"".join(whole)
    flipped = bytearray(good)
    flipped[at + 30] ^= 4
    refused(path, flipped, f"record 2 at byte {at}", "checksum")
    flipped = bytearray(good)
    flipped[at + 1] ^= 4
    refused(path, flipped, f"record 2 at byte {at}", "its length does not match")
    refused(path, good[:-3], "record 4 at byte", "truncated")
    refused(path, good + b"\0\1", f"record 5 at byte {len(good)}", "truncated")
    flipped[at - 5] ^= 4  # of two that are bad the first is told
    refused(path, flipped, "record 1 at byte", "checksum")
    length = struct.pack("<Q", 1 << 60)
    refused(path, good + length + by_hand.masked(length) + b"x", "record 5 at byte",
            "more than such a record can have")
    length = struct.pack("<Q", 1 << 30)
    refused(path, good + length + by_hand.masked(length) + b"x", "record 5", "truncated")
    packed = tmp_path / "bad.tfrecord.gz"
    refused(packed, gzip.compress(good + length + by_hand.masked(length) + b"x"), "record 5")
    refused(packed, gzip.compress(good)[:-20])
    refused(path, good + by_hand.framed(b"\x0a\x05hello"), "record 5", "no tf.train.Example")
    refused(path, good + by_hand.framed(by_hand.field(1, by_hand.entry("i", b"\x12\x03\x0a\x01a"))),
            "record 5", "feature 'i'")
    refused(path, good + by_hand.framed(by_hand.field(1, by_hand.field(1, by_hand.field(
        1, b"\xff\xfe")))), "record 5", "not UTF-8")


@pytest.mark.parametrize("claimed, code, said", [(1 << 30, 7, "too many for a memory budget"),
                                                 (100 << 20, 5, "truncated")])
def test_a_record_that_is_not_there(tmp_path, claimed, code, said):
    """A packed file may claim a record of any size; memory is taken as bytes come."""
    length = struct.pack("<Q", claimed)
    path = tmp_path / "bomb.tfrecord.gz"
    path.write_bytes(gzip.compress(length + by_hand.masked(length) + bytes(1 << 25)))
    told = run("cat", path, code=code)[1]
    assert said in told and "record 0 at byte 0" in told


def test_many_features(tmp_path):
    names = [f"feature{i}" for i in range(2000)]
    random.Random(5).shuffle(names)
    records = [by_hand.field(1, b"".join(by_hand.entry(name, by_hand.feature("int64", [i]))
                                         for i, name in enumerate(some)))
               for some in (names, names[::-1], names[:1000])]
    _, rows = read(save(tmp_path, records))
    assert rows[0] == {name: i for i, name in enumerate(names)}
    assert rows[1] == {name: i for i, name in enumerate(names[::-1])}
    assert rows[2] == {name: i if i < 1000 else None for i, name in enumerate(names)}
    path = save(tmp_path, [by_hand.record({str(i): ("int64", [i]) for i in range(16385)})])
    assert "more than 16384 features" in run("cat", path, code=7)[1]


def test_no_records(tmp_path):
    path = save(tmp_path, [])
    told, _ = run("inspect", "--json", "--from", "TFRecord", path)
    assert json.loads(told)["tables"][0]["entries"] == 0
