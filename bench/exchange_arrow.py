#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arrow files beside pyarrow, beside memcpy, and beside what the kernel takes to give the bytes.

usage: exchange_arrow.py BUILD [MEGABYTES]

Read: all columns of a file in memory, by us (bench/read_columns), by pyarrow (ipc.open_file without
a memory map), as a copy of the file's bytes from memory to memory that is there already, and as
reads of the file into 2 MB that are used again and again: no reader of files is faster. Write:
record batches in memory to a new file. Best of several runs; one thread but where it is said
otherwise. What is read and written is compared first.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
import pyarrow
import pyarrow.ipc

TOP = pathlib.Path(__file__).resolve().parent.parent
MEMORY = "/dev/shm"
RUNS = 7
CODECS = ["none", "lz4", "zstd"]
SEED = 20240229


def floats(rng, n):
    return (20 + rng.exponential(25, n)).astype("f4")


def jagged(rng, n, values):
    offsets = numpy.zeros(n + 1, "i4")
    numpy.cumsum(rng.poisson(5, n), out=offsets[1:])
    return pyarrow.ListArray.from_arrays(offsets, values(rng, int(offsets[-1])))


def nested(rng, n):
    inner = jagged(rng, 5 * n, floats)
    offsets = numpy.arange(n + 1, dtype="i4") * 5
    record = pyarrow.StructArray.from_arrays([inner, rng.poisson(4, 5 * n).astype("i4")],
                                             ["v", "i"])
    return pyarrow.ListArray.from_arrays(offsets, record)


def some_null(rng, n):
    return pyarrow.array(floats(rng, n), mask=rng.random(n) < 0.1)


def texts(rng, n):
    return pyarrow.array([f"event {i}" for i in rng.integers(0, 10**9, n)])


# name: columns, bytes a row of one, how to make them
KINDS = {
    "float32": (16, 4, floats),
    "int32": (16, 4, lambda rng, n: rng.poisson(4, n).astype("i4")),
    "list<float32>": (16, 24, lambda rng, n: jagged(rng, n, floats)),
    "list<struct<list<float32>, int32>>": (4, 144, nested),
    "float32?": (16, 4, some_null),
    "utf8": (2, 20, texts),
}


def make_table(kind, megabytes):
    n_columns, row_bytes, make = KINDS[kind]
    rng = numpy.random.default_rng(SEED)
    n = int(megabytes * 1e6 / n_columns / row_bytes)
    return pyarrow.table({f"x{i}": make(rng, n) for i in range(n_columns)})


def best(run):
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


class Reader:
    """bench/read_columns, which is asked for one run after the other."""

    def __init__(self, build):
        program = pathlib.Path(build) / "bench" / "read_columns"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def best(self, path, n_threads):
        found = []
        for _ in range(RUNS):
            self.process.stdin.write(f"read {n_threads} {path}\n")
            self.process.stdin.flush()
            found.append(json.loads(self.process.stdout.readline())["seconds"])
        return min(found)


def read_by_pyarrow(path):
    with pyarrow.OSFile(str(path)) as source, pyarrow.ipc.open_file(source) as file:
        for i in range(file.num_record_batches):
            file.get_batch(i)


def write_by_us(beamline_arrow, beamline_write, path, batches, codec, n_threads):
    with beamline_arrow.context(n_threads) as held, \
            beamline_write.Output(held, path, codec, overwrite=True) as output:
        writer = output.add(batches[0])
        for batch in batches:
            output.write(writer, batch)
        output.finish()


def write_by_pyarrow(path, batches, codec):
    options = pyarrow.ipc.IpcWriteOptions(compression=None if codec == "none" else codec,
                                          use_threads=False)
    path.unlink(missing_ok=True)
    with pyarrow.OSFile(str(path), "wb") as sink, \
            pyarrow.ipc.new_file(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def copy_of(path):
    """Copies a file's bytes within memory."""
    source = numpy.fromfile(path, "u1")
    target = numpy.zeros_like(source)
    return lambda: numpy.copyto(target, source)


def reads_of(path):
    """Reads a file's bytes and does nothing with them."""
    target = numpy.zeros(2 << 20, "u1")

    def run():
        with open(path, "rb", buffering=0) as file:
            while file.readinto(target):
                pass
    return run


def measure(build, folder, megabytes):
    """Yields what was measured, one dict each."""
    sys.path.insert(0, str(TOP / "tests" / "support"))
    import beamline_arrow
    import beamline_write

    pyarrow.set_cpu_count(1)
    peer = f"pyarrow {pyarrow.__version__}"
    reader = Reader(build)
    for kind in KINDS:
        table = make_table(kind, megabytes)
        for codec in CODECS:
            ours, theirs = pathlib.Path(folder) / "a.arrow", pathlib.Path(folder) / "b.arrow"
            batches = table.to_batches(max(1, table.num_rows * 8_000_000 // table.nbytes))

            def by_us(n_threads, path=ours, batches=batches, codec=codec):
                write_by_us(beamline_arrow, beamline_write, path, batches, codec, n_threads)

            by_us(1)
            with pyarrow.ipc.open_file(str(ours)) as file:
                assert file.read_all().equals(table), kind
            what, size = f"{kind}, {codec}", ours.stat().st_size
            note = f"{table.nbytes / 1e6:.0f} MB, {size / 1e6:.0f} MB in the file"
            for n_threads in (1, 2):
                threads = "" if n_threads == 1 else f" with {n_threads} threads"
                seconds = reader.best(ours, n_threads)
                yield {"what": f"read {what}{threads}", "ours_s": seconds,
                       "peer_s": best(lambda path=ours: read_by_pyarrow(path)), "peer": peer,
                       "note": note}
                if codec == "none":
                    yield {"what": f"read {what}{threads}", "ours_s": seconds,
                           "peer_s": best(copy_of(ours)), "peer": "memcpy", "note": note}
                if codec == "none" and n_threads == 1:
                    yield {"what": f"read {what}", "ours_s": seconds,
                           "peer_s": best(reads_of(ours)), "peer": "read()", "note": note}
            write_by_pyarrow(theirs, batches, codec)
            yield {"what": f"read {what}, written by pyarrow", "ours_s": reader.best(theirs, 1),
                   "peer_s": best(lambda path=theirs: read_by_pyarrow(path)), "peer": peer,
                   "note": note}
            for n_threads in (1, 2):
                threads = "" if n_threads == 1 else f" with {n_threads} threads"
                yield {"what": f"write {what}{threads}",
                       "ours_s": best(lambda n=n_threads: by_us(n)),
                       "peer_s": best(lambda path=theirs, batches=batches, codec=codec:
                                      write_by_pyarrow(path, batches, codec)),
                       "peer": peer, "note": note}
            ours.unlink()
            theirs.unlink()


def main():
    megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 200
    where = MEMORY if pathlib.Path(MEMORY).is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        for row in measure(sys.argv[1], folder, megabytes):
            print(f"{row['what']:60} ours {row['ours_s'] * 1e3:8.1f} ms  {row['peer']:14} "
                  f"{row['peer_s'] * 1e3:8.1f} ms  {row['peer_s'] / row['ours_s']:6.2f}",
                  flush=True)


if __name__ == "__main__":
    main()
