# SPDX-License-Identifier: Apache-2.0
"""Frames that pandas stores in HDF5, by PyTables, are what we read of them; each value.

usage: pandas_frames.py BEAMLINE FOLDER
"""

import json
import pathlib
import subprocess
import sys

import numpy
import pandas

N_ROWS = 3000


def frames():
    rng = numpy.random.default_rng(5)
    plain = pandas.DataFrame({"pt": rng.normal(size=N_ROWS), "n": rng.integers(0, 9, N_ROWS),
                              "eta": rng.normal(size=N_ROWS).astype("f4"),
                              "é": rng.normal(size=N_ROWS),
                              "flag": rng.integers(0, 2, N_ROWS).astype(bool)})
    texts = plain.assign(name=[f"jet{i % 7}" for i in range(N_ROWS)])
    yield "table", texts, {"format": "table"}
    yield "columns", texts, {"format": "table", "data_columns": True}
    yield "packed", plain, {"format": "table", "complib": "zlib", "complevel": 5}
    yield "fixed", plain, {"format": "fixed"}
    yield "few", plain[plain.n > 4], {"format": "fixed", "complib": "zlib", "complevel": 1}


def main():
    beamline, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    for name, frame, options in frames():
        path = folder / f"{name}.h5"
        frame.to_hdf(path, key="some/frame", mode="w", **options)
        told = subprocess.run([beamline, "cat", "--quiet", "--format", "jsonl", "--entries", "0:",
                               path], check=True, capture_output=True, text=True).stdout
        rows = [json.loads(line) for line in told.splitlines()]
        ours = pandas.DataFrame(rows)
        if len(ours) != len(frame) or set(ours.columns) != {"index", *frame.columns}:
            sys.exit(f"{name}: {len(ours)} rows of {list(ours.columns)}")
        wanted = frame.reset_index()
        for column in ours.columns:
            is_float = wanted[column].dtype.kind == "f"
            theirs = wanted[column].astype("f8").to_list() if is_float else wanted[column].to_list()
            if is_float and wanted[column].dtype == "f4":
                same = (ours[column].astype("f4") == wanted[column]).all()
            else:
                same = ours[column].to_list() == theirs
            if not same:
                sys.exit(f"{name}: column {column} is another")
    print("5 frames")


if __name__ == "__main__":
    main()
