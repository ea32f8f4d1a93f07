# SPDX-License-Identifier: Apache-2.0
"""TFRecord files that we write, byte by byte what an implementation by hand makes of the rows."""

import gzip
import math
import pathlib
import random
import sys
import zlib

import numpy
import pyarrow
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402
import tfrecord_by_hand as by_hand  # noqa: E402
from command import run  # noqa: E402


def write(path, *batches, n_threads=2, codec=None):
    with beamline_arrow.context(n_threads) as held, \
            beamline_write.Output(held, path, codec=codec) as output:
        writer = output.add(batches[0])
        for batch in batches:
            output.write(writer, batch)
        output.finish()
    return path.read_bytes()


def batch(**columns):
    return pyarrow.RecordBatch.from_pydict(columns)


def expect(content, *rows):
    assert by_hand.records(content) == [by_hand.record(*(row if isinstance(row, tuple) else (row,)))
                                        for row in rows]


def test_numbers(tmp_path):
    columns = {"bool": pyarrow.array([True, False]), "f4": numpy.array([1.5, -2], "f4"),
               "f8": numpy.array([0.1, 1e300]), "big": numpy.array([(1 << 63) - 1, 0], "u8")}
    for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4"):
        limits = numpy.iinfo(kind)
        columns[kind] = numpy.array([limits.min, limits.max], kind)
    content = write(tmp_path / "n.tfrecord", batch(**columns))
    with numpy.errstate(over="ignore"):
        floats = {name: columns[name].astype("f4").tolist() for name in ("f4", "f8")}
    wholes = {name: array.tolist() for name, array in columns.items() if name not in floats}
    expect(content, *({name: ("float", [values[i]]) for name, values in floats.items()}
                      | {name: ("int64", [int(values[i])]) for name, values in wholes.items()}
                      for i in range(2)))
    assert by_hand.parse(by_hand.records(content)[1])[0]["f8"][1] == [math.inf]


def test_lists_texts_and_nulls(tmp_path):
    content = write(tmp_path / "l.tfrecord", batch(
        jets=pyarrow.array([[1, 2], [], None], pyarrow.list_(pyarrow.float64())),
        ids=pyarrow.array([[300, -1], None, [0]], pyarrow.large_list(pyarrow.int32())),
        word=["a", "", None], raw=pyarrow.array([b"\xff" * 300, None, b""]),
        words=[["x", "y" * 200], [], [""]],
        flags=pyarrow.array([[True, False, True], [], [False]]),
        x=pyarrow.array([None, 1.5, 2.5], pyarrow.float32())))
    expect(content,
           {"jets": ("float", [1, 2]), "ids": ("int64", [300, -1]), "word": ("bytes", [b"a"]),
            "raw": ("bytes", [b"\xff" * 300]), "words": ("bytes", [b"x", b"y" * 200]),
            "flags": ("int64", [1, 0, 1])},
           {"jets": ("float", []), "word": ("bytes", [b""]), "words": ("bytes", []),
            "flags": ("int64", []), "x": ("float", [1.5])},
           {"ids": ("int64", [0]), "raw": ("bytes", [b""]), "words": ("bytes", [b""]),
            "flags": ("int64", [0]), "x": ("float", [2.5])})


def test_lists_of_lists(tmp_path):
    tracks = pyarrow.array([[[1, 2], []], None, [], [None, [3]]],
                           pyarrow.list_(pyarrow.list_(pyarrow.float32())))
    content = write(tmp_path / "s.tfrecord", batch(
        x=[1, 2, 3, 4], hits=tracks, names=[[["a"], ["b", "c"]], [], [[]], [[""]]]))

    def words(*steps):
        return [("bytes", [word.encode() for word in step]) for step in steps]
    expect(content,
           ({"x": ("int64", [1])}, {"hits": [("float", [1, 2]), ("float", [])],
                                    "names": words("a", "bc")}),
           ({"x": ("int64", [2])}, {"names": []}),
           ({"x": ("int64", [3])}, {"hits": [], "names": words("")}),
           ({"x": ("int64", [4])}, {"hits": [(None, []), ("float", [3])], "names": words([""])}))


def test_structs_and_fixed_lists(tmp_path):
    point = pyarrow.struct([("x", pyarrow.float32()), ("id", pyarrow.int64())])
    fixed = pyarrow.list_(pyarrow.list_(pyarrow.int16(), 2), 2)
    content = write(tmp_path / "s.tfrecord", batch(
        p=pyarrow.array([{"x": 1, "id": 2}, None], point),
        many=pyarrow.array([[{"x": 1, "id": 2}, {"x": 3, "id": 4}], []], pyarrow.list_(point)),
        matrix=pyarrow.array([[[1, 2], [3, 4]], None], fixed),
        pairs=pyarrow.array([[[1, 2], [3, 4], [5, 6]], []],
                            pyarrow.list_(pyarrow.list_(pyarrow.float32(), 2))),
        outer=pyarrow.array([[[1], [2, 3]], [[], []]],
                            pyarrow.list_(pyarrow.list_(pyarrow.float32()), 2))))
    expect(content,
           ({"p.x": ("float", [1]), "p.id": ("int64", [2]), "many.x": ("float", [1, 3]),
             "many.id": ("int64", [2, 4]), "matrix": ("int64", [1, 2, 3, 4]),
             "pairs": ("float", [1, 2, 3, 4, 5, 6])},
            {"outer": [("float", [1]), ("float", [2, 3])]}),
           ({"many.x": ("float", []), "many.id": ("int64", []), "pairs": ("float", [])},
            {"outer": [("float", []), ("float", [])]}))


def refuse(path, message, **columns):
    with pytest.raises(beamline_arrow.Failure, match=message):
        write(path, batch(**columns))
    assert not path.exists()


def test_refused(tmp_path):
    path = tmp_path / "no.tfrecord"
    refuse(path, "row 1: column 'n': 9223372036854775808 does not fit",
           n=numpy.array([1, 1 << 63], "u8"))
    refuse(path, "row 1: column 'x': a null inside a list", x=[[1.5], [2.5, None]])
    refuse(path, "row 0: column 'x': a null inside a list", x=[[[1.5], [None]]])
    refuse(path, "column 'x': lists of lists of lists", x=[[[[1]]]])
    refuse(path, "two features are called 'a.b'", **{"a.b": [1], "a": [{"b": 2}]})
    with beamline_arrow.context() as held, beamline_write.Output(held, path) as output:
        output.add(batch(x=[1]))
        with pytest.raises(beamline_arrow.Failure, match="holds one table"):
            output.add(batch(x=[1]), path="other")


def draw_batch(draw, n):
    """(record batch, rows): columns of every shape, long names among them."""
    columns, rows = {}, [({}, {}) for _ in range(n)]
    for i in range(draw.randint(1, 12)):
        name = draw.choice(["n", "long" * 40, "größe"]) + str(i)
        kind, item = draw.choice([("float", pyarrow.float32()), ("int64", pyarrow.int64()),
                                  ("bytes", pyarrow.binary())])
        depth = draw.choice([0, 0, 1, 1, 2])
        values = []
        for row in rows:
            value = None if draw.random() < 0.1 else draw_value(draw, kind, depth)
            values.append(value)
            if value is None:
                continue
            if depth == 2:
                row[1][name] = [(kind, step) for step in value]
            else:
                row[0][name] = kind, value if depth else [value]
        for _ in range(depth):
            item = pyarrow.list_(item)
        columns[name] = pyarrow.array(values, item)
    is_sequence = any(lists for _, lists in rows) or any(
        pyarrow.types.is_list(array.type) and pyarrow.types.is_list(array.type.value_type)
        for array in columns.values())
    return batch(**columns), [by_hand.record(*row) + (b"" if row[1] or not is_sequence
                                                      else b"\x12\x00") for row in rows]


def draw_value(draw, kind, depth):
    if depth:
        return [draw_value(draw, kind, depth - 1) for _ in range(draw.choice([0, 1, 2, 7, 60]))]
    if kind == "float":
        return float(numpy.float32(draw.gauss(0, 100)))
    if kind == "int64":
        return draw.getrandbits(draw.choice([3, 7, 8, 40, 63])) * draw.choice([1, -1])
    return draw.randbytes(draw.choice([0, 3, 200]))


@pytest.mark.parametrize("seed", range(20))
def test_random(tmp_path, seed):
    columns, records = draw_batch(random.Random(seed), 50)
    assert by_hand.records(write(tmp_path / "r.tfrecord", columns)) == records


def test_the_same_bytes(tmp_path):
    """However rows come in batches, and on how many threads."""
    columns, records = draw_batch(random.Random(99), 4000)
    pieces = [batch(**{name: pyarrow.concat_arrays([array.slice(at, step)]) for name, array in
                       zip(columns.schema.names, columns.columns, strict=True)})
              for at, step in [(0, 1), (1, 2999), (3000, 1000)]]
    contents = {write(tmp_path / f"{i}.tfrecord", *given, n_threads=n_threads)
                for i, (n_threads, given) in enumerate([(1, [columns]), (2, pieces), (5, pieces)])}
    assert len(contents) == 1 and by_hand.records(contents.pop()) == records


@pytest.mark.parametrize("name, codec, unpack", [
    ("p.tfrecord.gz", None, gzip.decompress), ("p.tfrecord", "gzip", gzip.decompress),
    ("p.tfrecord", "zlib", zlib.decompress), ("p.tfrecord", "zlib:9", zlib.decompress)])
def test_packed(tmp_path, name, codec, unpack):
    columns, records = draw_batch(random.Random(5), 500)
    packed = {write(tmp_path / str(n) / name, columns, n_threads=n, codec=codec)
              for n in (1, 3) if not (tmp_path / str(n)).mkdir()}
    assert len(packed) == 1 and by_hand.records(unpack(packed.pop())) == records


def test_converted_again(tmp_path):
    """Feature lists stay feature lists, also those with one value a step."""
    rows = [({"x": ("float", [i]), "s": ("bytes", [b"t"] * (i % 3))},
             {"ids": [("int64", [k]) for k in range(i % 4)],
              "hits": [("float", [1] * k) for k in range(i % 3)]}) for i in range(9)]
    original, copy = tmp_path / "a.tfrecord", tmp_path / "b.tfrecord"
    original.write_bytes(b"".join(by_hand.framed(by_hand.record(*row)) for row in rows))
    run("convert", original, "-o", copy)
    assert copy.read_bytes() == original.read_bytes()


def test_nulls_come_back(tmp_path):
    path = tmp_path / "n.tfrecord"
    given = {"x": pyarrow.array([1.5, None], pyarrow.float32()), "l": pyarrow.array([None, [1, 2]]),
             "s": pyarrow.array(["a", None])}
    write(path, batch(**given))
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as table:
        for name, array in given.items():
            assert table.read([table.find(name).index])[0].to_pylist() == array.to_pylist()


def test_no_rows(tmp_path):
    assert write(tmp_path / "n.tfrecord", batch(x=pyarrow.array([], pyarrow.int8()))) == b""
