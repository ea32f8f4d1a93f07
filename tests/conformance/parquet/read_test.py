# SPDX-License-Identifier: Apache-2.0
"""Parquet files of others: Apache's collection, and random ones that pyarrow writes, read by us and
by pyarrow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from arrow_cases import FLAT, TIMES, random_table, values_of  # noqa: E402
from beamline_arrow import Failure, Table, context  # noqa: E402

FOLDER = Path(os.environ.get("BEAMLINE_DATA", "none")) / "parquet"
SEEDS = 60

# What pyarrow reads and we do not, or the other way round.
WE_REFUSE = {"datapage_v1-corrupt-checksum.parquet": "wrong checksum",
             "rle-dict-uncompressed-corrupt-checksum.parquet": "wrong checksum"}
THEY_REFUSE = {"incorrect_map_schema.parquet", "encrypt_columns_plaintext_footer.parquet.encrypted"}


MANY = 32  # threads: so few columns are decoded a page at a time


def read_all(path, n_threads=0, **options):
    """The readable columns of a file by name, and why others are not."""
    with context(n_threads) as held, Table(held, path) as table:
        readable = [column for column in table.columns if not column.unreadable]
        arrays = table.read([column.index for column in readable], **options) if readable else []
        named = {column.index: array for column, array in zip(readable, arrays, strict=True)}
        return named, {c.path: c.unreadable for c in table.columns if c.unreadable}


def files(kind):
    return sorted(path for path in (FOLDER / kind).rglob("*.parquet*") if path.suffix != ".json")


@pytest.mark.skipif(not FOLDER.is_dir(), reason="BEAMLINE_DATA has no Parquet files")
@pytest.mark.parametrize("path", files("data"), ids=lambda path: path.name)
def test_apaches_collection(path):
    if path.name in WE_REFUSE:
        with pytest.raises((Failure, pyarrow.ArrowException, OSError), match=WE_REFUSE[path.name]):
            read_all(path)
        return
    try:
        theirs = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as refused:
        if path.name not in THEY_REFUSE:
            with pytest.raises((Failure, pyarrow.ArrowException, OSError),
                               match="encrypted|do not fit the memory budget"):
                read_all(path)
        else:
            assert read_all(path), str(refused)
        return
    ours, unreadable = read_all(path)
    assert not unreadable
    assert len(ours) == theirs.num_columns
    for i, array in ours.items():
        assert values_of(array) == values_of(theirs.column(i)), theirs.schema.field(i)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="BEAMLINE_DATA has no Parquet files")
@pytest.mark.parametrize("path", files("bad_data"), ids=lambda path: path.name)
def test_bad_files_are_refused(path):
    try:
        pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError):
        with pytest.raises((Failure, pyarrow.ArrowException, OSError)):
            read_all(path)


def write_randomly(random, table, path):
    """Whatever pyarrow can be told about how to write."""
    encodings = {}
    use_dictionary = bool(random.integers(2))
    flat = [f for f in table.schema if not pyarrow.types.is_nested(f.type)]
    for field in flat if not use_dictionary else []:
        choices = [None]
        if pyarrow.types.is_integer(field.type):
            choices += ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]
            if field.type.bit_width < 32:
                choices = choices[:2]
        elif pyarrow.types.is_floating(field.type):
            choices += ["BYTE_STREAM_SPLIT"]
        elif pyarrow.types.is_string(field.type) or pyarrow.types.is_binary(field.type):
            choices += ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]
        elif pyarrow.types.is_boolean(field.type):
            choices += ["RLE"]
        chosen = choices[random.integers(len(choices))]
        if chosen:
            encodings[field.name] = chosen
    codecs = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
    pyarrow.parquet.write_table(
        table, path, use_dictionary=use_dictionary, column_encoding=encodings or None,
        compression=codecs[random.integers(len(codecs))],
        data_page_version=str(random.choice(["1.0", "2.0"])),
        data_page_size=int(random.choice([100, 2000, 1 << 20])),
        row_group_size=int(random.choice([13, 300, 1 << 20])),
        write_page_checksum=bool(random.integers(2)))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_pyarrow_writes(seed, tmp_path):
    random = numpy.random.default_rng(seed)
    table = random_table(random, flat=FLAT + TIMES)
    path = tmp_path / "theirs.parquet"
    write_randomly(random, table, path)
    ours, unreadable = read_all(path, int(random.choice([1, 2, MANY])),
                                batch_rows=int(random.choice([0, 1, 50])))
    assert not unreadable
    wanted = {i: values_of(table.column(i)) for i in range(table.num_columns)}
    for i, array in ours.items():
        array.validate(full=True)
        assert values_of(array) == wanted[i], table.schema.field(i)
    first = int(random.integers(table.num_rows + 1))
    last = int(random.integers(first, table.num_rows + 1))
    if first < last:
        for i, array in read_all(path, MANY, first=first, last=last)[0].items():
            assert values_of(array) == wanted[i][first:last]


@pytest.mark.parametrize("n_threads", [1, 2, MANY])
def test_rows_may_be_asked_for_in_any_order(n_threads, tmp_path):
    random = numpy.random.default_rng(1)
    table = random_table(random, n=5000, n_columns=5)
    path = tmp_path / "theirs.parquet"
    pyarrow.parquet.write_table(table, path, row_group_size=1500, data_page_size=500)
    with context(n_threads) as held, Table(held, path) as opened:
        for _ in range(30):
            first = int(random.integers(4999))
            last = int(random.integers(first + 1, 5000))
            columns = list(random.permutation(5)[:random.integers(1, 6)])
            for i, array in zip(columns, opened.read(columns, first, last), strict=True):
                wanted = table.column(int(i)).slice(first, last - first)
                assert values_of(array) == values_of(wanted)


def one_column(random, kind, n):
    """Long enough for many pages; nulls, empty lists and texts that are no ASCII among them."""
    counts = random.poisson(3, n)
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("i4")
    values = random.exponential(30, offsets[-1]).astype("f4")
    nulls = random.random(n) < 0.1
    words = numpy.array(["", "muon", "Größe", "名前", "x" * 50])
    return {"number": lambda: pyarrow.array(values[:n]),
            "number?": lambda: pyarrow.array(values[:n], mask=nulls),
            "few nulls": lambda: pyarrow.array(values[:n], mask=random.random(n) < 0.002),
            "bool?": lambda: pyarrow.array(values[:n] > 20, mask=nulls),
            "text": lambda: pyarrow.array(words[random.integers(0, 5, n)]),
            "text?": lambda: pyarrow.array(words[random.integers(0, 5, n)], mask=nulls),
            "binary": lambda: pyarrow.array([bytes([k % 256]) * (k % 7) for k in range(n)]),
            "list": lambda: pyarrow.ListArray.from_arrays(offsets, values),
            "list?": lambda: pyarrow.ListArray.from_arrays(offsets, values,
                                                           mask=pyarrow.array(nulls)),
            "list of texts": lambda: pyarrow.ListArray.from_arrays(
                offsets, pyarrow.array(words[random.integers(0, 5, offsets[-1])])),
            "lists of lists": lambda: pyarrow.ListArray.from_arrays(
                numpy.arange(0, n + 1, 5).astype("i4"),
                pyarrow.ListArray.from_arrays(offsets, values)[:n // 5 * 5]),
            "long rows": lambda: pyarrow.ListArray.from_arrays(
                numpy.linspace(0, offsets[-1], 7).astype("i4"), values)}[kind]()


@pytest.mark.parametrize("kind", ["number", "number?", "few nulls", "bool?", "text", "text?",
                                  "binary", "list", "list?", "list of texts", "lists of lists",
                                  "long rows"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [False, True])
def test_batches_are_the_same_on_any_number_of_threads(kind, version, dictionary, tmp_path):
    random = numpy.random.default_rng(7)
    path = tmp_path / "theirs.parquet"
    array = one_column(random, kind, 30_000)
    pyarrow.parquet.write_table(pyarrow.table({"x": array}), path, compression="zstd",
                                use_dictionary=dictionary, data_page_version=version,
                                data_page_size=3000, row_group_size=len(array) // 2 + 1)
    for batch_rows in (0, len(array) // 11 + 1):
        alone, _ = read_all(path, 1, batch_rows=batch_rows)
        assert alone[0].to_pylist() == array.to_pylist()
        for n_threads in (2, 5):
            found, _ = read_all(path, n_threads, batch_rows=batch_rows)
            found[0].validate(full=True)
            assert found[0].equals(alone[0])


def test_damage_is_told_where_its_rows_are_wanted(tmp_path):
    """A page that cannot be read does not hurt the rows before it, however far ahead it is."""
    random = numpy.random.default_rng(8)
    path = tmp_path / "damaged.parquet"
    table = pyarrow.table({"x": one_column(random, "list", 30_000)})
    pyarrow.parquet.write_table(table, path, compression="zstd", use_dictionary=False,
                                data_page_size=3000, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    told = set()
    for n_threads in (1, 2, MANY):
        with context(n_threads) as held, Table(held, path) as opened:
            good = 0
            with pytest.raises((Failure, pyarrow.ArrowException),
                               match="wrong checksum") as failure:
                for first in range(0, 30_000, 100):
                    assert opened.read([0], first, first + 100)[0].to_pylist() == \
                        table.column(0).slice(first, 100).to_pylist()
                    good += 1
            told.add((good, str(failure.value)))
    assert len(told) == 1 and told.pop()[0] > 50


@pytest.mark.parametrize("cut", ["event >= 950", "flag == 3 and pt > 10", "1 < flag <= 2",
                                 "event < 0", "event < 120 or pt > 90", "flag > 4"])
def test_row_groups_that_no_event_can_pass_change_nothing(cut, tmp_path):
    n = 1000
    random = numpy.random.default_rng(3)
    pt = random.exponential(20, n)
    pt[::7] = numpy.nan
    table = pyarrow.table({"event": numpy.arange(n), "pt": pt, "flag": numpy.arange(n) // 100})
    flows = []
    for name, size in (("parts", 100), ("whole", n)):
        pyarrow.parquet.write_table(table, tmp_path / name, row_group_size=size,
                                    write_statistics=name == "parts")
        done = subprocess.run([os.environ["BEAMLINE"], "ingest", tmp_path / name, "-w", cut,
                               "-o", tmp_path / f"{name}.root", "--json", "-q"],
                              check=True, capture_output=True, text=True)
        flows.append(json.loads(done.stdout)["samples"][0]["cuts"])
    assert flows[0] == flows[1]
    assert flows[0][0]["events"] == n


def test_vectors_of_spark_become_lists(tmp_path):
    kind = pyarrow.struct([("type", pyarrow.int8()), ("size", pyarrow.int32()),
                           ("indices", pyarrow.list_(pyarrow.int32())),
                           ("values", pyarrow.list_(pyarrow.float64()))])
    dense = {"type": 1, "size": None, "indices": None, "values": [1.0, -2.5]}
    sparse = {"type": 0, "size": 4, "indices": [1, 3], "values": [5.0, 6.0]}
    empty = {"type": 0, "size": 2, "indices": [], "values": []}
    rows = [dense, sparse, None, empty, {**dense, "values": []}]
    path = tmp_path / "vectors.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"v": pyarrow.array(rows, kind)}), path)
    done = subprocess.run([os.environ["BEAMLINE"], "cat", "--plain-vectors", "-f", "jsonl", path],
                          check=True, capture_output=True, text=True)
    assert [json.loads(line)["v"] for line in done.stdout.splitlines()] == \
        [[1, -2.5], [0, 5, 0, 6], None, [0, 0], []]
