# SPDX-License-Identifier: Apache-2.0
"""`beamline convert --memory` into Parquet takes no more than it was allowed, with a thousand
columns and with a hundred thousand column chunks, all of which the footer lists."""

import os
import pathlib
import sys

import numpy
import pytest
import uproot
from pyarrow import parquet

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import peak_memory  # noqa: E402

BUDGET_MIB = 96
NAMES = [f"a_long_name_of_column_{i}" for i in range(1000)]
ROWS, STEP = 40_000, 10_000  # 160 MB

pytestmark = pytest.mark.skipif("BEAMLINE_SANITIZE" in os.environ,
                                reason="a sanitizer's memory is not ours")


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    rng = numpy.random.default_rng(6)
    path = tmp_path_factory.mktemp("wide") / "wide.root"
    with uproot.recreate(path, compression=None) as file:
        tree = file.mktree("Events", dict.fromkeys(NAMES, "f4"))
        for _ in range(ROWS // STEP):
            tree.extend({name: rng.random(STEP, "f4") for name in NAMES})
    return path


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("wishes, most_groups", [((), 12), (("--cluster", "800K"), 250)])
def test_many_columns_stay_in_the_budget(wide, tmp_path, wishes, most_groups, threads):
    path = tmp_path / "wide.parquet"
    run = peak_memory.run("convert", "-q", "--memory", f"{BUDGET_MIB}M", "--threads", threads,
                          "--codec", "none", *wishes, wide, "-o", path)
    assert run.code == 0, run.stderr
    metadata = parquet.read_metadata(path)
    print(f"peak {run.peak_kib} KiB, {metadata.num_row_groups} row groups, a footer of "
          f"{metadata.serialized_size} bytes")
    assert metadata.num_rows == ROWS
    assert most_groups / 2 < metadata.num_row_groups <= most_groups
    assert run.peak_kib < BUDGET_MIB * 1024
    with uproot.open(wide) as file:
        for name in NAMES[::500]:
            assert numpy.array_equal(parquet.read_table(path, columns=[name])[name].to_numpy(),
                                     file["Events"][name].array(library="np"))
