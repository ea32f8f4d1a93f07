# SPDX-License-Identifier: Apache-2.0
"""Nulls of columns are missing values of expressions; whole numbers keep their type there."""

import math
import pathlib
import sys

import pyarrow

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import beamline_expr  # noqa: E402


def evaluate(**texts):
    batch = pyarrow.record_batch({
        "n": pyarrow.array([1, None, 3], pyarrow.int32()),
        "x": pyarrow.array([0.5, 1.5, None], pyarrow.float32()),
        "flag": pyarrow.array([True, None, False]),
        "l": pyarrow.array([[1, None], None, []], pyarrow.list_(pyarrow.int64())),
    })
    with beamline_arrow.context(1) as held:
        return {name: column for name, column in
                zip(texts, beamline_expr.evaluate(held, batch, **texts).columns, strict=True)}


def test_whole_numbers_stay_what_they_are():
    got = evaluate(double="2*n", more="n > 2", other="~flag", items="l + 1",
                   filled="fill_none(n, 7)")
    assert got["double"].type == pyarrow.int64() and got["double"].to_pylist() == [2, None, 6]
    assert got["more"].to_pylist() == [False, None, True]
    assert got["other"].to_pylist() == [False, None, True]
    assert got["items"].to_pylist() == [[2, None], [], []]
    assert got["filled"].to_pylist() == [1, 7, 3] and got["filled"].null_count == 0


def test_floats_become_nan():
    got = evaluate(sum="x + n", root="sqrt(x)")
    assert got["sum"].to_pylist()[0] == 1.5
    assert all(math.isnan(value) for value in got["sum"].to_pylist()[1:])
    assert math.isnan(got["root"].to_pylist()[2])


def test_what_is_missing_by_itself_is_nan():
    assert evaluate(most="max(l[l > 5])")["most"].to_pylist()[0] is None
    items = pyarrow.list_(pyarrow.field("item", pyarrow.int64(), nullable=False))
    batch = pyarrow.record_batch({"l": pyarrow.array([[1], []], items)})
    with beamline_arrow.context(1) as held:
        most = beamline_expr.evaluate(held, batch, most="max(l)").column(0).to_pylist()
    assert most[0] == 1 and math.isnan(most[1])
    assert evaluate(there="is_none(n)")["there"].to_pylist() == [False, True, False]
