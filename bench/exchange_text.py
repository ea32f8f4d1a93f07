#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CSV and JSON lines beside pyarrow: reading and writing, the same data, results compared first.

usage: exchange_text.py BUILD [MEGABYTES]

One thread each, and two of ours: best of several runs, which alternate. Times are of the processor
for one thread, of the clock for two.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.json

TOP = pathlib.Path(__file__).resolve().parent.parent
RUNS, SEED, N_COLUMNS = 5, 20240229, 8
MEMORY = "/dev/shm"


def floats(rng, n):
    return rng.normal(50, 30, n)


def float32s(rng, n):
    return (20 + rng.exponential(25, n)).astype("f4")


def integers(rng, n):
    return rng.integers(-10**6, 10**6, n)


def texts(rng, n):
    words = numpy.array(["muon", "electron", "a longer text", "x", "photon, isolated"])
    return words[rng.integers(0, len(words), n)]


# name: what makes a column, bytes of a cell
FLAT = {"float64": (floats, 18), "float32": (float32s, 9), "int64": (integers, 7),
        "text": (texts, 9)}


def flat(make, n):
    rng = numpy.random.default_rng(SEED)
    return pyarrow.table({f"x{i}": make(rng, n) for i in range(N_COLUMNS)})


def jagged(n):
    rng = numpy.random.default_rng(SEED)
    counts = rng.poisson(5, n)
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("i4")
    pt = pyarrow.array((20 + rng.exponential(25, int(counts.sum()))).round(4))
    charge = pyarrow.array(rng.integers(-1, 2, int(counts.sum())))
    return pyarrow.table({"event": numpy.arange(n), "met": rng.exponential(30, n),
                          "pt": pyarrow.ListArray.from_arrays(offsets, pt),
                          "charge": pyarrow.ListArray.from_arrays(offsets, charge),
                          "name": texts(rng, n)})


def read_csv(path):
    return pyarrow.csv.read_csv(path, read_options=pyarrow.csv.ReadOptions(use_threads=False))


def read_json(path):
    return pyarrow.json.read_json(path, read_options=pyarrow.json.ReadOptions(use_threads=False))


def best(ways, clock):
    """{way: seconds} of functions that are run in turns."""
    taken = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, run in ways.items():
            start = clock()
            run()
            taken[way].append(clock() - start)
    return {way: min(seconds) for way, seconds in taken.items()}


def row(what, ours, peer, megabytes, note=""):
    rates = f"{megabytes / ours:.0f} MB/s, pyarrow {megabytes / peer:.0f}"
    return {"what": what, "ours_s": ours, "peer_s": peer, "note": f"{rates}{note}",
            "peer": f"pyarrow {pyarrow.__version__}"}


def both(what, path, ours, theirs, megabytes):
    """Rows of one thread and of two. \"ours\" takes the number of threads."""
    one = best({"ours": lambda: ours(1), "peer": theirs}, time.process_time)
    two = best({"ours": lambda: ours(2), "peer": theirs}, time.perf_counter)
    yield row(what, one["ours"], one["peer"], megabytes)
    yield row(f"{what}, two threads", two["ours"], two["peer"], megabytes, " with one thread")


def reading(what, path, theirs):
    if not text_tables.read(path).cast(theirs(path).schema).equals(theirs(path)):
        sys.exit(f"exchange_text.py: {what}: the results differ")
    yield from both(what, path, lambda n: text_tables.read(path, n), lambda: theirs(path),
                    path.stat().st_size / 1e6)


def writing(what, path, table):
    def ours(n_threads):
        path.unlink(missing_ok=True)
        text_tables.write(path, table, n_threads, rows=65536)
    ours(1)
    if not read_csv(path).cast(table.schema).equals(table):
        sys.exit(f"exchange_text.py: {what}: the results differ")
    yield from both(what, path, ours, lambda: pyarrow.csv.write_csv(table, path),
                    path.stat().st_size / 1e6)


def measure(build, folder, megabytes):
    """Yields {"what", "ours_s", "peer_s", "peer", "note"}."""
    load(build)
    folder = pathlib.Path(folder)
    pyarrow.set_cpu_count(1)
    for kind, (make, cell_bytes) in FLAT.items():
        table = flat(make, int(megabytes * 1e6 / N_COLUMNS / cell_bytes))
        path = folder / f"{kind}.csv"
        pyarrow.csv.write_csv(table, path)
        if kind != "float32":
            yield from reading(f"CSV read, {kind}", path, read_csv)
        yield from writing(f"CSV write, {kind}", path, table)
        path.unlink()
    path = folder / "jagged.jsonl"
    with open(path, "w") as file:
        for record in jagged(int(megabytes * 1e6 / 130)).to_pylist():
            file.write(json.dumps(record) + "\n")
    yield from reading("JSON lines read, jagged", path, read_json)
    path.unlink()


def load(build):
    """The modules that find the library in the environment."""
    global text_tables
    os.environ["BEAMLINE_LIBRARY"] = str(pathlib.Path(build) / "src" / "libbeamline.so")
    sys.path.insert(0, str(TOP / "tests" / "support"))
    import text_tables


def main():
    megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 40
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        for found in measure(sys.argv[1], folder, megabytes):
            print(f'{found["what"]:<38}{found["ours_s"]:>8.3f} s{found["peer_s"]:>8.3f} s'
                  f'{found["peer_s"] / found["ours_s"]:>7.2f} x  {found["note"]}', flush=True)


if __name__ == "__main__":
    main()
