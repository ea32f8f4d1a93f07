# SPDX-License-Identifier: Apache-2.0
"""The columns of bench/exchange_tfrecord.py: the same numbers in both Pythons."""

import numpy

SEED = 20240229
KINDS = ("flat floats", "flat ints", "jagged floats", "nested")
N_FLAT, N_JAGGED, N_NESTED, STEP_VALUES = 16, 8, 3, 4
ROW_BYTES = {"flat floats": 350, "flat ints": 350, "jagged floats": 380, "nested": 560}


def rows(kind, megabytes):
    return max(1000, int(megabytes * 1e6 / ROW_BYTES[kind]))


def make(kind, n):
    """{name: array}, or {name: (counts, values)} where rows have several values or steps."""
    rng = numpy.random.default_rng(SEED)
    if kind == "flat floats":
        return {f"x{i}": rng.exponential(25, n).astype("f4") for i in range(N_FLAT)}
    if kind == "flat ints":
        columns = {f"n{i}": rng.poisson(4, n).astype("i8") for i in range(N_FLAT - 4)}
        return columns | {f"id{i}": rng.integers(-(1 << 40), 1 << 40, n) for i in range(4)}
    counts = rng.poisson(8 if kind == "jagged floats" else 5, n).astype("i4")
    if kind == "jagged floats":
        return {f"jet{i}": (counts, rng.exponential(25, counts.sum()).astype("f4"))
                for i in range(N_JAGGED)}
    tracks = {f"tracks{i}": (counts, rng.normal(size=(counts.sum(), STEP_VALUES)).astype("f4"))
              for i in range(N_NESTED)}
    return tracks | {"weight": rng.normal(size=n).astype("f4")}
