# SPDX-License-Identifier: Apache-2.0
"""ROOT files converted to Parquet: each column is what uproot and we read of the original. And
files larger than the memory budget."""

import json
import os
import pathlib
import re
import sys

import awkward
import numpy
import pytest
import uproot
from pyarrow import parquet

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import beamline_arrow  # noqa: E402
import converted  # noqa: E402
import peak_memory  # noqa: E402
import same_values  # noqa: E402
import uproot_columns  # noqa: E402
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
FILES = sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []
BUDGET_MIB = 200
# What uproot is known to read otherwise; tests/conformance/root says why.
OTHERWISE = re.compile(r"\.fBits$|\]\[")


def differences(held, source, copy, tree, left_out):
    read = parquet.read_table(copy, page_checksum_verification=True)
    read.validate(full=True)
    with beamline_arrow.Table(held, source, tree) as old:
        assert read.num_rows == old.n_rows()
        theirs = uproot_branches(source, tree)
        columns = [column for column in old.columns
                   if not column.unreadable and column.n_rows == old.n_rows()]
        for name, column in converted.names(columns).items():
            if name in left_out:
                continue
            ours = read[name].combine_chunks()
            found = same_values.difference(ours, awkward.from_arrow(old.read([column.index])[0]))
            branch = theirs.get((column.path, column.duplicate))
            if not found and branch is not None:
                found = uproot_difference(ours, branch)
            if found:
                yield f"{tree}: {name}: {found}"


def uproot_branches(source, tree):
    """Numbers and lists of them, which uproot reads fast and alike."""
    try:
        found = uproot_columns.branches(uproot.open(source)[tree])
    except ValueError:  # an old codec that it does not know
        return {}
    return {name: branch for name, branch in found.items()
            if is_simple(branch.interpretation) and not OTHERWISE.search(branch.name)}


def is_simple(interpretation):
    if isinstance(interpretation, uproot.AsJagged):
        interpretation = interpretation.content
    return isinstance(interpretation, uproot.AsDtype) and interpretation.to_dtype.names is None


def uproot_difference(ours, branch):
    """What uproot reads otherwise, but for what it cannot read and counters that it takes for
    unsigned."""
    try:
        found = same_values.difference(ours, branch.array())
    except ValueError:
        return None
    return None if found and found.endswith("is int32, theirs uint32") else found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_file(path, tmp_path):
    with beamline_arrow.context() as held:
        try:
            trees = beamline_arrow.trees(held, path)
        except beamline_arrow.Failure as error:
            pytest.skip(f"not read: {error}")
        if not trees:
            pytest.skip("no tree")
        found = []
        for i, tree in enumerate(list(trees)[:3]):
            copy = tmp_path / f"{i}.parquet"
            told, notes = run("convert", path, "-T", tree, "-o", copy, "--json",
                              "--skip-unreadable")
            left_out = re.findall(r"left out: .*?column '(.*?)'(?: of type |: )", notes)
            assert json.loads(told)["trees"][0]["tree"] == tree
            found += differences(held, path, copy, tree, left_out)
    assert found == []


@pytest.mark.skipif("BEAMLINE_SANITIZE" in os.environ, reason="a sanitizer's memory is not ours")
def test_more_than_memory(tmp_path):
    """Many times the rows that fit the budget are copied within it."""
    rng = numpy.random.default_rng(6)
    source, copy = tmp_path / "part.root", tmp_path / "copy.parquet"
    n = 400_000
    with uproot.recreate(source, compression=uproot.ZSTD(1)) as file:
        columns = {f"x{i}": rng.normal(size=n).astype("f4") for i in range(20)}
        file.mktree("Events", {name: values.dtype for name, values in columns.items()})
        file["Events"].extend(columns)
    parts = [source] * 12
    done = peak_memory.run("convert", "--memory", f"{BUDGET_MIB}M", "-t", "2", *parts, "-T",
                           "Events", "-o", copy, "--codec", "lz4", "--quiet")
    assert done.code == 0, done.stderr
    assert done.peak_kib < BUDGET_MIB * 1024
    metadata = parquet.read_metadata(copy)
    assert metadata.num_rows == 12 * n
    assert metadata.num_row_groups > 5
