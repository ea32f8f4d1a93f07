# SPDX-License-Identifier: Apache-2.0
"""Text far larger than the memory budget is read and written within it, packed or not; what packs
nothing into much, and rows without an end, are refused within it.
"""

import gzip
import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import peak_memory  # noqa: E402

BUDGET_MIB = 64
ROWS = 2_000_000  # some 150 MB of CSV
LIMITS = ["--memory", f"{BUDGET_MIB}M", "--threads", "2", "--quiet"]

pytestmark = pytest.mark.skipif("BEAMLINE_SANITIZE" in os.environ,
                                reason="a sanitizer's memory is not ours")


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


@pytest.fixture(scope="module")
def large(folder):
    path = folder / "large.csv"
    block = "".join(f'{i},{i * 0.37},"text, {i % 97}","[{i},{i * 2}]",{i * i}\n'
                    for i in range(20000))
    with open(path, "w") as file:
        file.write("i,x,t,l,q\n")
        for _ in range(ROWS // 20000):
            file.write(block)
    return path


def bound(*arguments, code=0):
    done = peak_memory.run(*arguments)
    assert done.code == code, done.stderr
    print(f"peak {done.peak_kib} KiB")
    assert done.peak_kib < BUDGET_MIB * 1024
    return done.stderr


@pytest.mark.parametrize("to", ["csv.gz", "jsonl.zst", "csv"])
def test_converting(large, folder, to):
    copy = folder / f"copy.{to}"
    bound("convert", large, "-o", copy, "--overwrite", *LIMITS)
    if to == "csv.gz":
        with gzip.open(copy, "rt") as file:
            lines = sum(1 for _ in file)
        assert lines == ROWS + 1
        bound("convert", copy, "-o", folder / "back.csv", "--overwrite", *LIMITS)
        assert (folder / "back.csv").read_text()[:4000].startswith("i,x,t,l,q\n0,0.0,")


def test_one_list(folder):
    """Of JSON, on one line."""
    path = folder / "list.json"
    block = ",".join(f'{{"i":{i},"t":"text, {i % 97}","l":[{i},{i * 2}]}}' for i in range(20000))
    with open(path, "w") as file:
        file.write("[" + block)
        for _ in range(ROWS // 20000 - 1):
            file.write("," + block)
        file.write("]")
    bound("convert", path, "-o", folder / "list.csv", "--overwrite", *LIMITS)
    with open(folder / "list.csv") as file:
        assert sum(1 for _ in file) == ROWS + 1


@pytest.mark.parametrize("fill", [b"\n", b"x", b'"', b"1,", b"["])
def test_bombs(folder, fill):
    """A quarter of a gigabyte of nothing."""
    for name, head in ("bomb.csv.gz", b"a,b\n1,2\n"), ("bomb.jsonl.gz", b'{"a":1}\n'), \
            ("bomb.json.gz", b'[{"a":1},'):
        path = folder / name
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(head)
            for _ in range(256):
                file.write(fill * ((1 << 20) // len(fill)))
        done = peak_memory.run("stats", path, *LIMITS)
        assert done.peak_kib < BUDGET_MIB * 1024, done.stderr
        assert done.code in (0, 5, 6, 7), done.stderr
        assert done.code == 0 or "line " in done.stderr or "quote" in done.stderr or \
            "list" in done.stderr, done.stderr
