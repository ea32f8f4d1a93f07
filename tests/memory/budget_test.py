# SPDX-License-Identifier: Apache-2.0
"""`beamline stats --memory` takes no more than it was allowed, however large the clusters of a file
are, and says the same as with all the memory it likes. What cannot be read in it is refused.
"""

import os
import pathlib
import sys
import tempfile

import awkward
import numpy
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import peak_memory  # noqa: E402

BUDGET_MIB = 64
COLUMNS, ROWS = 32, 400_000  # one cluster of some 85 MB; a basket a column
BASKET_ROWS = 20_000_000  # of 4 bytes: more than the budget

pytestmark = pytest.mark.skipif("BEAMLINE_SANITIZE" in os.environ,
                                reason="a sanitizer's memory is not ours")


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


@pytest.fixture(scope="module")
def huge_cluster(folder):
    rng = numpy.random.default_rng(5)
    path = folder / "huge_cluster.root"
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        counts = rng.integers(0, 4, ROWS)
        columns = {f"flat{i}": rng.integers(0, 50, ROWS).astype("f4") for i in range(COLUMNS)}
        columns |= {f"list{i}": awkward.unflatten(rng.integers(0, 50, counts.sum()).astype("i4"),
                                                  counts) for i in range(COLUMNS // 4)}
        tree = file.mktree("tree", {name: awkward.type(awkward.Array(values[:1])).content
                                    if isinstance(values, awkward.Array) else values.dtype
                                    for name, values in columns.items()})
        tree.extend(columns)
    return path


@pytest.mark.parametrize("threads", [1, 2])
def test_a_huge_cluster_stays_in_the_budget(huge_cluster, folder, threads):
    free, bound = folder / "free", folder / "bound"
    assert peak_memory.run("stats", "--json", huge_cluster, output=free).code == 0
    run = peak_memory.run("stats", "--json", "--memory", f"{BUDGET_MIB}M", "--threads", threads,
                          huge_cluster, output=bound)
    assert run.code == 0, run.stderr
    print(f"peak {run.peak_kib} KiB")
    assert run.peak_kib < BUDGET_MIB * 1024
    assert bound.read_text("utf-8") == free.read_text("utf-8")


def test_a_basket_past_the_budget_is_refused(folder):
    path = folder / "huge_basket.root"
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        file.mktree("tree", {"x": "f4"}).extend({"x": numpy.zeros(BASKET_ROWS, "f4")})
    run = peak_memory.run("stats", "--json", "--memory", f"{BUDGET_MIB}M", path)
    assert run.code != 0
    assert "needs " in run.stderr and "memory budget" in run.stderr
    assert run.peak_kib < BUDGET_MIB * 1024


@pytest.mark.skipif("BEAMLINE_DATA" not in os.environ, reason="BEAMLINE_DATA is not set")
@pytest.mark.parametrize("threads", [1, 2])
def test_every_real_file_stays_in_200_mib(folder, threads):
    free, bound, peaks = folder / "free", folder / "bound", {}
    for path in sorted(pathlib.Path(os.environ["BEAMLINE_DATA"]).rglob("*.root")):
        code = peak_memory.run("stats", "--json", path, output=free).code
        run = peak_memory.run("stats", "--json", "--memory", "200M", "--threads", threads, path,
                              output=bound)
        assert run.code == code, run.stderr  # some are damaged: the same columns then fail
        assert bound.read_text("utf-8") == free.read_text("utf-8"), path
        peaks[path.name] = run.peak_kib
    print("most:", max(peaks.items(), key=lambda item: item[1]))
    assert peaks and max(peaks.values()) < 200 * 1024
