#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HDF5 files read and written beside h5py: the same tables, one thread each, best of some runs.

usage: exchange_hdf5.py BUILD [--megabytes N] [--json]

What is compared: a structured array of floats, of integers, jets with members of many types, and
tracks [n, 40], all with shuffle and gzip, floats also without; lists of floats. h5py reads whole
members at once, as its users do. Results are compared before the clock runs.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
RUNS = 3
LEVEL = 4  # h5py's own
ROWS_AT_ONCE = 50000


def floats(rng, n):
    """As NanoAOD keeps them: 12 bits of mantissa."""
    return ((20 + rng.exponential(25, n)).astype("f4").view("u4") & 0xFFFFF800).view("f4")


def filled(rng, kind, n, inner=()):
    import numpy
    values = numpy.zeros((n, *inner), kind)
    for name in kind.names:
        base = kind[name]
        if base.kind == "f":
            values[name] = floats(rng, values.size).reshape(values.shape)
        else:
            values[name] = rng.integers(0, 2 if base.kind == "b" else 100, values.shape)
    return values


def tables(rng, megabytes):
    """(name, structured array, packing)"""
    import numpy
    size = megabytes << 20
    packing = {"compression": "gzip", "compression_opts": LEVEL, "shuffle": True}
    flat = numpy.dtype([(f"x{i}", "f4") for i in range(20)])
    ints = numpy.dtype([(f"n{i}", "i4") for i in range(20)])
    jets = numpy.dtype([(f"pt{i}", "f4") for i in range(10)] + [("eta", "f2"), ("id", "i4"),
                       ("flavour", "u1"), ("valid", "?"), ("weight", "f8"), ("event", "u8")])
    tracks = numpy.dtype([(f"d{i}", "f4") for i in range(10)] + [("hits", "u1"), ("valid", "?")])
    for name, kind, inner, how in (("20 floats, none", flat, (), {}),
                                   ("20 floats, gzip", flat, (), packing),
                                   ("20 ints, gzip", ints, (), packing),
                                   ("jets, gzip", jets, (), packing),
                                   ("tracks [n, 40], gzip", tracks, (40,), packing)):
        n = size // (kind.itemsize * (inner[0] if inner else 1))
        yield name, filled(rng, kind, n, inner), how


def best(work, runs=RUNS):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def same(ours, theirs):
    import numpy
    ours = ours.flatten() if hasattr(ours, "flatten") else ours
    return numpy.array_equal(numpy.asarray(ours),
                             theirs.reshape(-1).astype("f4") if theirs.dtype == "f2"
                             else theirs.reshape(-1))


def drain(beamline_arrow, held, path, check=None):
    """Reads all columns batch by batch; keeps them only where they are to be compared."""
    with beamline_arrow.Table(held, path) as table:
        columns = [column.index for column in table.columns]
        for first in range(0, table.n_rows(), ROWS_AT_ONCE):
            last = min(first + ROWS_AT_ONCE, table.n_rows())
            arrays = table.read(columns, first, last)
            if check is not None:
                for column, array in zip(table.columns, arrays, strict=True):
                    assert same(array, check[column.path][first:last]), column.path


def measure_table(folder, name, values, how):
    import beamline_arrow
    import beamline_write
    import h5py
    import numpy
    import pyarrow
    peer = f"h5py {h5py.__version__}"
    theirs, ours = folder / "theirs.h5", folder / "ours.h5"

    def h5py_write():
        with h5py.File(theirs, "w") as file:
            file.create_dataset("t", data=values, maxshape=(None, *values.shape[1:]),
                                chunks=True, **how)

    def h5py_read():
        with h5py.File(theirs) as file:
            for first in range(0, len(values), ROWS_AT_ONCE):
                rows = file["t"][first:first + ROWS_AT_ONCE]
                for member in rows.dtype.names:  # a column that can be worked with
                    numpy.ascontiguousarray(rows[member])

    written = best(h5py_write)
    with beamline_arrow.context(n_threads=1) as held:
        drain(beamline_arrow, held, theirs, values)
        yield {"what": f"read {name}", "ours_s": best(lambda: drain(beamline_arrow, held, theirs)),
               "peer_s": best(h5py_read), "peer": peer, "note": ""}
        if values.ndim > 1:
            return
        batch = pyarrow.record_batch({
            member: pyarrow.array(numpy.ascontiguousarray(
                values[member].astype("f4") if values[member].dtype == "f2" else values[member]))
            for member in values.dtype.names})

        def our_write():
            with beamline_write.Output(held, ours, f"gzip:{LEVEL}" if how else "none",
                                       overwrite=True) as output:
                writer = output.add(batch, path="t")
                for first in range(0, len(values), ROWS_AT_ONCE):
                    output.write(writer, batch.slice(first, ROWS_AT_ONCE))
                output.finish()

        our_seconds = best(our_write)
        with h5py.File(ours) as file:
            for member in values.dtype.names:
                assert numpy.array_equal(file["t"][member], values[member]), member
        sizes = f"{ours.stat().st_size / 1e6:.1f} MB beside {theirs.stat().st_size / 1e6:.1f} MB"
        yield {"what": f"write {name}", "ours_s": our_seconds, "peer_s": written, "peer": peer,
               "note": sizes}


def measure_lists(folder, megabytes):
    import beamline_arrow
    import beamline_write
    import h5py
    import numpy
    import pyarrow
    rng = numpy.random.default_rng(3)
    counts = rng.poisson(5, (megabytes << 20) // 20)
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("i4")
    values = floats(rng, int(offsets[-1]))
    batch = pyarrow.record_batch({"x": pyarrow.ListArray.from_arrays(offsets, values)})
    rows = numpy.empty(len(counts), object)
    rows[:] = numpy.split(values, offsets[1:-1])
    theirs, ours = folder / "theirs.h5", folder / "ours.h5"

    def h5py_write():
        with h5py.File(theirs, "w") as file:
            file.create_dataset("x", data=rows, dtype=h5py.vlen_dtype("f4"), chunks=True)

    def h5py_read():
        with h5py.File(theirs) as file:
            for first in range(0, len(rows), ROWS_AT_ONCE):
                file["x"][first:first + ROWS_AT_ONCE]

    written = best(h5py_write, 1)
    with beamline_arrow.context(n_threads=1) as held:
        def our_write():
            with beamline_write.Output(held, ours, "gzip", overwrite=True) as output:
                output.write(output.add(batch), batch)
                output.finish()

        with beamline_arrow.Table(held, theirs) as table:
            assert table.read([0])[0].flatten().equals(pyarrow.array(values))
        yield {"what": "read lists of floats",
               "ours_s": best(lambda: drain(beamline_arrow, held, theirs)),
               "peer_s": best(h5py_read, 1), "peer": f"h5py {h5py.__version__}", "note": ""}
        yield {"what": "write lists of floats", "ours_s": best(our_write), "peer_s": written,
               "peer": f"h5py {h5py.__version__}", "note": ""}


def measure(build, folder, megabytes):
    """Yields one dict a comparison."""
    build, folder = pathlib.Path(build), pathlib.Path(folder)
    os.environ.setdefault("BEAMLINE_LIBRARY", str(build / "src" / "libbeamline.so"))
    sys.path.insert(0, str(TOP / "tests" / "support"))
    import numpy
    rng = numpy.random.default_rng(20240229)
    for name, values, how in tables(rng, megabytes):
        yield from measure_table(folder, name, values, how)
    yield from measure_lists(folder, max(1, megabytes // 16))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        for row in measure(arguments.build, folder, arguments.megabytes):
            if arguments.json:
                print(json.dumps(row), flush=True)
            else:
                print(f"{row['what']:28} ours {row['ours_s']:.3f} s  {row['peer']} "
                      f"{row['peer_s']:.3f} s  {row['peer_s'] / row['ours_s']:.1f}x  {row['note']}",
                      flush=True)


if __name__ == "__main__":
    main()
