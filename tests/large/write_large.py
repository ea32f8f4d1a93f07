#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a file past the border of 2 GB, where offsets get wide, and reads it back: by us, uproot
and ROOT. Not a part of the tests: it needs disk space and minutes.

usage: write_large.py BUILD FOLDER [--gigabytes 5] [--codec none] [--root PYTHON]

Every value is a formula of its row, so that any row can be checked alone: the first, the last, and
some in between, near both ends of each gigabyte. --root names a Python that has ROOT.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy
import pyarrow
import uproot

TOP = pathlib.Path(__file__).resolve().parents[2]
FLAT, BATCH_ROWS, CHECKED_ROWS = 10, 400_000, 5
ROW_BYTES = 8 + 8 * FLAT + 4 + 4 * 1.5  # of values: row, x0 ..., nJet, Jet_pt

READ_BY_ROOT = """
import json, sys, ROOT
file = ROOT.TFile.Open(sys.argv[1])
tree = file.Get("Events")
rows = []
for row in map(int, sys.argv[2:]):
    tree.GetEntry(row)
    rows.append([row, tree.row, tree.x9, list(tree.Jet_pt)])
print(json.dumps([tree.GetEntries(), rows]))
"""


def wanted(row, name):
    if name == "row":
        return row
    return row / 4 + 9 if name == "x9" else [float(row % 1000 + k) for k in range(row % 4)]


def batch(first, n):
    row = numpy.arange(first, first + n)
    counts = (row % 4).astype("i4")
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("i4")
    place = numpy.arange(offsets[-1]) - numpy.repeat(offsets[:-1], counts)
    jets = (numpy.repeat(row % 1000, counts) + place).astype("f4")
    columns = {"row": row, **{f"x{i}": row / 4 + i for i in range(FLAT)}, "nJet": counts}
    arrays = {name: pyarrow.array(column) for name, column in columns.items()}
    arrays["Jet_pt"] = pyarrow.ListArray.from_arrays(pyarrow.array(offsets), pyarrow.array(jets))
    return pyarrow.RecordBatch.from_pydict(arrays)


def write(path, n_rows, codec):
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, path, codec=codec, overwrite=True) as output:
        writer = output.add(batch(0, 1), {"Jet_pt": {"counter": "nJet"}}, path="Events")
        seconds = 0.0
        for first in range(0, n_rows, BATCH_ROWS):
            made = batch(first, min(BATCH_ROWS, n_rows - first))
            start = time.perf_counter()
            output.write(writer, made)
            seconds += time.perf_counter() - start
        start = time.perf_counter()
        output.finish()
        return seconds + time.perf_counter() - start


def read_by_us(path, rows):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path, "Events") as table:
        found = [table.find(name).index for name in ("row", "x9", "Jet_pt")]
        answers = []
        for row in rows:
            arrays = table.read(found, row, row + 1)
            answers.append([row, *(array[0].as_py() for array in arrays)])
        return table.n_rows(), answers


def read_by_uproot(path, rows):
    with uproot.open(path) as file:
        tree = file["Events"]
        return tree.num_entries, [
            [row, *(tree[name].array(entry_start=row, entry_stop=row + 1)[0].tolist()
                    for name in ("row", "x9", "Jet_pt"))] for row in rows]


def check(reader, n_rows, answer):
    entries, rows = answer
    if entries != n_rows:
        sys.exit(f"{reader}: {entries} entries of {n_rows}")
    for row, *values in rows:
        expected = [wanted(row, name) for name in ("row", "x9", "Jet_pt")]
        if values != expected:
            sys.exit(f"{reader}: row {row} is {values}, wrote {expected}")
    print(f"{reader}: {entries} entries, {len(rows)} rows looked at: as written", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--codec", default="none")
    parser.add_argument("--root", help="a Python that has ROOT")
    arguments = parser.parse_args()
    load(arguments.build)
    path = arguments.folder / "large.root"
    n_rows = int(arguments.gigabytes * 1e9 / ROW_BYTES)
    try:
        seconds = write(path, n_rows, arguments.codec)
        raw = n_rows * ROW_BYTES
        print(f"written: {n_rows} rows, {raw / 1e9:.2f} GB of values, "
              f"{path.stat().st_size / 1e9:.2f} GB in {seconds:.1f} s: {raw / seconds / 1e6:.0f} "
              "MB/s", flush=True)
        edges = {n_rows * part // 20 for part in range(20)} | {n_rows - CHECKED_ROWS}
        rows = sorted({row + k for row in edges for k in range(CHECKED_ROWS)})
        check("beamline", n_rows, read_by_us(path, rows))
        check("uproot", n_rows, read_by_uproot(path, rows))
        if arguments.root:
            run = subprocess.run([arguments.root, "-c", READ_BY_ROOT, path, *map(str, rows)],
                                 capture_output=True, text=True, check=True)
            check("ROOT", n_rows, json.loads(run.stdout.splitlines()[-1]))
    finally:
        path.unlink(missing_ok=True)


def load(build):
    """The modules that find the library in the environment."""
    global beamline_arrow, beamline_write
    os.environ["BEAMLINE_LIBRARY"] = str(build / "src" / "libbeamline.so")
    sys.path.insert(0, str(TOP / "tests" / "support"))
    import beamline_arrow
    import beamline_write


if __name__ == "__main__":
    main()
