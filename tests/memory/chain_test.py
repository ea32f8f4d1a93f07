# SPDX-License-Identifier: Apache-2.0
"""A chain of files takes no more memory the longer it is: `beamline stats` over 200 copies of a
file stays within 10 % of what it takes over 20.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import peak_memory  # noqa: E402

SHORT, LONG = 20, 200
MOST = 1.10
EVENTS = "14000"  # a file of some 1.5 MB
TRIES = 3

pytestmark = pytest.mark.skipif("BEAMLINE_SANITIZE" in os.environ,
                                reason="a sanitizer's memory is not ours")


def peak_kib(files):
    run = peak_memory.run("stats", "--json", "--threads", "2", *files)
    assert run.code == 0, run.stderr
    return run.peak_kib


@pytest.fixture(scope="module")
def copies():
    maker = pathlib.Path(__file__).parents[1] / "samples" / "make_sample.py"
    with tempfile.TemporaryDirectory() as folder:
        first = pathlib.Path(folder, "0.root")
        subprocess.run([sys.executable, maker, first, EVENTS], check=True, capture_output=True)
        files = [first] + [pathlib.Path(folder, f"{i}.root") for i in range(1, LONG)]
        for file in files[1:]:
            shutil.copyfile(first, file)
        yield files


def test_a_longer_chain_takes_no_more_memory(copies):
    ratios = []
    for _ in range(TRIES):
        short, long = peak_kib(copies[:SHORT]), peak_kib(copies)
        print(f"peak of {SHORT} files {short} KiB, of {LONG} files {long} KiB")
        ratios.append(long / short)
        if ratios[-1] <= MOST:
            break
    assert min(ratios) <= MOST
