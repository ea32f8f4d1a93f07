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


def read_all(path, **options):
    """The readable columns of a file by name, and why others are not."""
    with context() as held, Table(held, path) as table:
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
    ours, unreadable = read_all(path, batch_rows=int(random.choice([0, 1, 50])))
    assert not unreadable
    wanted = {i: values_of(table.column(i)) for i in range(table.num_columns)}
    for i, array in ours.items():
        array.validate(full=True)
        assert values_of(array) == wanted[i], table.schema.field(i)
    first = int(random.integers(table.num_rows + 1))
    last = int(random.integers(first, table.num_rows + 1))
    if first < last:
        for i, array in read_all(path, first=first, last=last)[0].items():
            assert values_of(array) == wanted[i][first:last]


def test_rows_may_be_asked_for_in_any_order(tmp_path):
    random = numpy.random.default_rng(1)
    table = random_table(random, n=5000, n_columns=5)
    path = tmp_path / "theirs.parquet"
    pyarrow.parquet.write_table(table, path, row_group_size=1500, data_page_size=500)
    with context(2) as held, Table(held, path) as opened:
        for _ in range(30):
            first = int(random.integers(4999))
            last = int(random.integers(first + 1, 5000))
            columns = list(random.permutation(5)[:random.integers(1, 6)])
            for i, array in zip(columns, opened.read(columns, first, last), strict=True):
                wanted = table.column(int(i)).slice(first, last - first)
                assert values_of(array) == values_of(wanted)


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
