# SPDX-License-Identifier: Apache-2.0
"""What root_writes.py wrote with ROOT is read as it was written.

Run by scripts/test-peers, which names the folder of its files in BEAMLINE_ROOT_WRITTEN.
"""

import json
import os
import pathlib
import sys

import pyarrow
import pyarrow.compute
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import beamline_arrow  # noqa: E402

FOLDER = pathlib.Path(os.environ["BEAMLINE_ROOT_WRITTEN"])
ROWS = [json.loads(line) for line in (FOLDER / "expected.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(params=sorted({row["file"] for row in ROWS}))
def file(request):
    return request.param


def values_of(table, column):
    found = table.find(column)
    assert found.unreadable is None, f"{column}: {found.unreadable}"
    return table.read([found.index])[0]


def check_summary(table, column, summary):
    if "clusters" in summary:
        assert table.clusters() == list(map(tuple, summary["clusters"]))
        return
    flat = values_of(table, column)
    first = [item[0].as_py() for item in flat]
    while pyarrow.types.is_nested(flat.type):
        flat = flat.flatten()
    assert first == summary["first"]
    assert len(flat) == summary["values"]
    assert pyarrow.compute.sum(flat).as_py() == summary["sum"]


def test_values(file):
    wrong = []
    with beamline_arrow.context() as held:
        for row in (row for row in ROWS if row["file"] == file):
            with beamline_arrow.Table(held, FOLDER / file, row["tree"]) as table:
                if isinstance(row["values"], dict):
                    check_summary(table, row["column"], row["values"])
                    continue
                try:
                    ours = values_of(table, row["column"]).to_pylist()
                except (AssertionError, OSError, beamline_arrow.Failure) as error:
                    wrong.append(f'{row["column"]}: {error}')
                    continue
                at = next((i for i, pair in enumerate(zip(ours, row["values"], strict=False))
                           if pair[0] != pair[1]), None)
                if len(ours) != len(row["values"]):
                    wrong.append(f'{row["column"]}: {len(ours)} rows of {len(row["values"])}')
                elif at is not None:
                    wrong.append(f'{row["column"]}: row {at} is {ours[at]}, '
                                 f'ROOT wrote {row["values"][at]}')
    assert wrong == []


def test_a_chain_of_the_same_tree():
    """TChain's like: the same columns of several files, one after the other."""
    with beamline_arrow.context() as held:
        with beamline_arrow.Table(held, [FOLDER / "arrays.root", FOLDER / "arrays_generated.root"],
                                  "tree") as table:
            rows = {row["file"]: row["values"] for row in ROWS if row["column"] == "m"}
            expected = rows["arrays.root"] + rows["arrays_generated.root"]
            assert values_of(table, "m").to_pylist() == expected
