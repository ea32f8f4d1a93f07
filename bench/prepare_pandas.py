# SPDX-License-Identifier: Apache-2.0
"""Preparation by uproot, pandas, scikit-learn and pyarrow.

usage: prepare_pandas.py OUTPUT FEATURES…    (a ROOT file a class; OUTPUT becomes a folder)

Prints one line of JSON, as prepare.py wants it.
"""

import json
import pathlib
import sys
import time

import awkward as ak
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn
import uproot
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler


def read(path):
    with uproot.open(path) as file:
        (tree,) = {key.split(";")[0] for key in file.keys(filter_classname="TTree")}
        return file[tree].arrays(["hfeatures", "lfeatures"])


def balanced(labels):
    """Places of as many events of each class, at random."""
    frame = pd.DataFrame({"label": labels})
    n = frame["label"].value_counts().min()
    return frame.groupby("label").sample(n=n, random_state=42)


def write(path, labels, vectors, rows, counts, n_classes):
    def fixed(values):
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype("i4")
    columns = {"encoded_label": fixed(np.eye(n_classes, dtype="f4")[labels]),
               "HLF_input": fixed(vectors),
               "GRU_input": pa.ListArray.from_arrays(offsets, fixed(rows))}
    path.mkdir(parents=True)
    pq.write_table(pa.table(columns), path / "part-00000.parquet", compression="snappy")


def main():
    out, paths = pathlib.Path(sys.argv[1]), sys.argv[2:]
    start = time.perf_counter()
    samples = [read(path) for path in paths]
    labels = np.repeat(np.arange(len(paths)), [len(sample) for sample in samples])
    vectors = np.concatenate([ak.to_numpy(sample["hfeatures"]) for sample in samples])
    sequences = ak.concatenate([sample["lfeatures"] for sample in samples])
    counts = ak.to_numpy(ak.num(sequences))
    rows = ak.to_numpy(ak.flatten(sequences))
    of_vectors, of_rows = MinMaxScaler(), StandardScaler()
    vectors = of_vectors.fit_transform(vectors).astype("f4")
    rows = of_rows.fit_transform(rows).astype("f4")
    sequences = ak.unflatten(rows, counts)
    parts = train_test_split(balanced(labels), train_size=0.8, random_state=42)  # it shuffles
    after = {}
    for name, part in zip(("train", "test"), parts, strict=True):
        places = part.index.to_numpy()
        write(out / name, labels[places], vectors[places],
              ak.to_numpy(ak.flatten(sequences[places])), counts[places], len(paths))
        after[name] = np.bincount(part["label"], minlength=len(paths)).tolist()
    seconds = time.perf_counter() - start
    fitted = {"HLF_input": np.stack([of_vectors.data_min_, of_vectors.data_range_], 1),
              "GRU_input": np.stack([of_rows.mean_, np.sqrt(of_rows.var_)], 1)}
    print(json.dumps({"seconds": seconds, "before": np.bincount(labels).tolist(), "after": after,
                      "fitted": {name: values.tolist() for name, values in fitted.items()},
                      "version": f"pandas {pd.__version__}, scikit-learn {sklearn.__version__}, "
                                 f"uproot {uproot.__version__}"}))


if __name__ == "__main__":
    main()
