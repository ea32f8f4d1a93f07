# SPDX-License-Identifier: Apache-2.0
"""A small data set of three classes, with a vector and sequences, and a prepared folder of it."""

import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from command import run

CLASSES = ("qcd", "ttbar", "wjets")
WIDTH, FEATURES = 5, 4  # of the vector, and of a row of a sequence


def write_events(path, n, label, rng):
    counts = rng.poisson(4, n)
    rows = rng.normal(label, 2, (counts.sum(), FEATURES))
    lists = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), FEATURES)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype("i4")
    vectors = rng.exponential(10 + label, (n, WIDTH))
    vectors[:, 3] = 7  # a constant
    pq.write_table(pa.table({
        "hfeatures": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), WIDTH).cast(
            pa.list_(pa.float64())),
        "lfeatures": pa.ListArray.from_arrays(offsets, lists.cast(pa.list_(pa.float64()))),
        "MET": pa.array(rng.exponential(30, n).astype("f4"))}), path)


INPUTS = {"HLF_input": {"column": "hfeatures", "scale": "minmax"},
          "GRU_input": {"column": "lfeatures", "length": 6, "pad_mode": "constant",
                        "scale": "standard"}}


def config(folder, **changes):
    """A configuration with these keys in place of the usual ones."""
    return {"samples": {name: {"files": [f"{folder}/{name}.parquet"], "label": label}
                        for label, name in enumerate(CLASSES)},
            "inputs": INPUTS | {"ragged": {"column": "lfeatures", "length": None,
                                           "scale": "robust"}},
            "observers": ["hfeatures", "lfeatures", "MET"],
            "split": {"train": 0.7, "test": 0.3, "by": "entry", "seed": 5}, "seed": 3, **changes}


def prepare(folder, n=400, **changes):
    """Makes `folder`/prepared."""
    rng = np.random.default_rng(23)
    folder = pathlib.Path(folder)
    for label, name in enumerate(CLASSES):
        write_events(folder / f"{name}.parquet", n + 100 * label, label, rng)
    file = folder / "data.yaml"
    file.write_text(yaml.safe_dump(config(folder, **changes), sort_keys=False), "utf-8")
    run("prepare", "-c", file, "-o", folder / "prepared", "-q")
    return folder / "prepared"
