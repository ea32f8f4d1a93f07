# SPDX-License-Identifier: Apache-2.0
"""TFRecord files are read and written in little memory, however large they are: a copy of 120 MB is
made in a budget of 16 MB, also of a packed file.
"""

import gzip
import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import peak_memory  # noqa: E402
import tfrecord_by_hand as by_hand  # noqa: E402

BLOCK_RECORDS, BLOCKS = 500, 120
MOST_KIB = 40 << 10

pytestmark = pytest.mark.skipif("BEAMLINE_SANITIZE" in os.environ,
                                reason="a sanitizer's memory is not ours")


def block():
    """A megabyte of records; files of them can be put behind each other."""
    draw = random.Random(3)
    return b"".join(by_hand.framed(by_hand.record(
        {"x": ("float", [draw.random() for _ in range(500)]), "i": ("int64", [i])}))
        for i in range(BLOCK_RECORDS))


@pytest.mark.parametrize("name", ["large.tfrecord", "large.tfrecord.gz"])
def test_a_large_file(tmp_path, name):
    one, path, copy = block(), tmp_path / name, tmp_path / "copy.tfrecord"
    packed = gzip.compress(one, 1) if name.endswith("gz") else one
    with open(path, "wb") as file:
        for _ in range(BLOCKS):
            file.write(packed)
    run = peak_memory.run("convert", "-q", "--threads", "2", "--memory", "16M", path, "-o", copy)
    assert run.code == 0, run.stderr
    assert copy.stat().st_size == BLOCKS * len(one)
    with open(copy, "rb") as file:
        for _ in range(BLOCKS):
            assert file.read(len(one)) == one
    print(f"peak {run.peak_kib} KiB")
    assert run.peak_kib <= MOST_KIB
