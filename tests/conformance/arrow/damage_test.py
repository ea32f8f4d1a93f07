# SPDX-License-Identifier: Apache-2.0
"""Damaged Arrow files: cut, with flipped bits, or claiming more than they hold. Each is read as far
as it lets itself be read, or refused with a sentence; never a crash, nor much memory."""

import pathlib
import random
import resource
import struct
import sys
import time

import pyarrow as pa
import pytest

TOP = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(TOP / "tests" / "support"))
import beamline_arrow  # noqa: E402

CORPUS = sorted((TOP / "fuzz" / "corpus" / "arrow").iterdir())
MEMORY = 64 << 20
SECONDS = 10


def read(path):
    """Rows read, or what was said instead."""
    start = time.monotonic()
    try:
        with beamline_arrow.context(1, MEMORY) as held, beamline_arrow.Table(held, path) as ours:
            n_rows = ours.n_rows()
            last = min(n_rows, 1000)
            for column in ours.columns:
                if not column.unreadable and last:
                    assert len(ours.read([column.index], 0, last)[0]) == last
            return n_rows
    except (beamline_arrow.Failure, OSError, pa.ArrowException) as failure:
        assert str(failure)
        return str(failure)
    finally:
        assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize("name", [path.name for path in CORPUS])
def test_flips_and_cuts(tmp_path, name):
    data = (TOP / "fuzz" / "corpus" / "arrow" / name).read_bytes()
    rng = random.Random(name)
    damaged = tmp_path / name
    for i in range(300):
        some = bytearray(data)
        for _ in range(rng.choice([1, 1, 2, 4, 16])):
            some[rng.randrange(len(some))] = rng.choice([0, 255, 127, 128, rng.randrange(256)])
        damaged.write_bytes(some if i % 3 else data[:rng.randrange(len(data))])
        read(damaged)


def write(path, table, codec=None):
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_buffer_that_claims_gigabytes(tmp_path, codec):
    path = tmp_path / "a.arrow"
    table = pa.table({"s": ["x" * 5000]})
    write(path, table, codec)
    data = path.read_bytes()
    size = struct.pack("<q", 5000)
    assert data.count(size) >= 1
    for claim in (1 << 33, 5001, 4999, -2, 1 << 62):
        path.write_bytes(data.replace(size, struct.pack("<q", claim)))
        assert "column 's'" in read(path)


def test_bomb(tmp_path):
    """A buffer that does become large is refused where the memory budget has no room for it."""
    path = tmp_path / "a.arrow"
    write(path, pa.table({"s": ["\0" * (256 << 20)]}), "zstd")
    assert path.stat().st_size < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "memory budget" in read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY // 1024


def test_dictionary_bomb(tmp_path):
    """Few bytes of indices can stand for many of values."""
    path = tmp_path / "a.arrow"
    values = pa.array(["x" * (1 << 20)])
    array = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int8()), values)
    write(path, pa.table({"d": array}))
    assert "memory budget" in read(path)


def test_views_bomb(tmp_path):
    path = tmp_path / "a.arrow"
    text = pa.py_buffer(b"x" * (1 << 20))
    views = pa.py_buffer(struct.pack("<i4sii", 1 << 20, b"xxxx", 0, 0) * 1000)
    array = pa.Array.from_buffers(pa.string_view(), 1000, [None, views, text])
    write(path, pa.table({"v": array}))
    assert "memory budget" in read(path)


def test_rows_without_bytes(tmp_path):
    """Nulls take no bytes, however many a file claims to have."""
    path = tmp_path / "a.arrow"
    write(path, pa.table({"n": pa.nulls(123_456_789)}))
    assert read(path) == 123_456_789
