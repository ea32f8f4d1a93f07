#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writing rates beside uproot's: the same columns in memory, the same codec and level, in one run.

usage: write.py BUILD [--json] [--runs N] [--megabytes N] [--kinds A,B] [--codecs A,B]

Each number is the median of N runs, which alternate between the writers: MB/s of the values' own
bytes. beamline writes with one thread and with two, uproot with its one. Both get record batches of
the same rows, and write a basket of a branch no larger than the other's. The file is new each time
and lies in memory where the system offers a folder for that: ours is synced before it appears,
uproot's is not, and this is not about disks. Before the runs, our file is read
back by uproot and compared.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
import typing

import awkward
import numpy
import pyarrow
import uproot

TOP = pathlib.Path(__file__).resolve().parent.parent
BASKET_BYTES = 256 << 10
SEED = 20240229
MEMORY = "/dev/shm"
# name: uproot's compression, share of the megabytes (the slow ones get less)
CODECS = {
    "none": (None, 1), "lz4:1": (uproot.LZ4(1), 1), "zlib:1": (uproot.ZLIB(1), 1),
    "zlib:6": (uproot.ZLIB(6), 0.5), "zstd:5": (uproot.ZSTD(5), 1), "lzma:6": (uproot.LZMA(6), 0.1),
}


def floats(rng, n):
    """As NanoAOD keeps them: 12 bits of mantissa."""
    values = (20 + rng.exponential(25, n)).astype("f4")
    return (values.view("u4") & 0xFFFFF800).view("f4")


def ints(rng, n):
    return rng.poisson(4, n).astype("i4")


def flat(draw):
    def make(rng, n_columns, n_values):
        return {f"x{i}": draw(rng, n_values // n_columns) for i in range(n_columns)}
    return make


def jagged(rng, n_columns, n_values):
    counts = rng.poisson(5, n_values // n_columns // 5).astype("i4")
    return {"Jet": awkward.zip({f"x{i}": awkward.unflatten(floats(rng, int(counts.sum())), counts)
                                for i in range(n_columns)})}


class Kind(typing.NamedTuple):
    make: typing.Callable
    n_columns: int
    rows: int  # of a record batch


FULL_BASKET = BASKET_BYTES // 4
KINDS = {
    "float32": Kind(flat(floats), 16, FULL_BASKET),
    "int32": Kind(flat(ints), 16, FULL_BASKET),
    "list<float32>": Kind(jagged, 16, FULL_BASKET // 6),
    "400 x float32": Kind(flat(floats), 400, 2500),
}


class Data:
    """Columns as each writer wants them, cut into the same rows."""

    def __init__(self, kind, megabytes):
        make, n_columns, step = KINDS[kind]
        columns = make(numpy.random.default_rng(SEED), n_columns, int(megabytes * 1e6 / 4))
        n = len(next(iter(columns.values())))
        self.for_uproot = [{name: awkward.to_packed(column[at:at + step])
                            if isinstance(column, awkward.Array) else column[at:at + step]
                            for name, column in columns.items()} for at in range(0, n, step)]
        self.for_us = [self.record_batch(chunk) for chunk in self.for_uproot]
        self.specs = {name: {"counter": "nJet"} for name in self.for_us[0].schema.names
                      if name.startswith("Jet_")}
        self.types = {name: getattr(column, "dtype", None) or column.type.content
                      for name, column in columns.items()}
        self.value_bytes = sum(batch.nbytes for batch in self.for_us)

    @staticmethod
    def record_batch(chunk):
        arrays = {}
        for name, column in chunk.items():
            if not isinstance(column, awkward.Array):
                arrays[name] = pyarrow.array(column)
                continue
            arrays[f"n{name}"] = pyarrow.array(awkward.num(column[column.fields[0]]).to_numpy()
                                               .astype("i4"))
            for field in column.fields:
                layout = awkward.to_packed(column[field]).layout
                offsets = numpy.asarray(layout.offsets).astype("i4")
                arrays[f"{name}_{field}"] = pyarrow.ListArray.from_arrays(
                    pyarrow.array(offsets), pyarrow.array(numpy.asarray(layout.content.data)))
        return pyarrow.RecordBatch.from_pydict(arrays)


def write_by_us(held, path, data, codec):
    with beamline_write.Output(held, path, codec=codec) as output:
        writer = output.add(data.for_us[0], data.specs, path="Events", chunk_bytes=BASKET_BYTES)
        for batch in data.for_us:
            output.write(writer, batch)
        output.finish()


def write_by_uproot(path, data, codec):
    with uproot.recreate(path, compression=CODECS[codec][0]) as file:
        tree = file.mktree("Events", data.types)
        for chunk in data.for_uproot:
            tree.extend(chunk)


def check(path, data):
    """uproot reads from our file what went into it."""
    with uproot.open(path) as file:
        tree = file["Events"]
        for name in data.for_us[0].schema.names:
            theirs = tree[name].array()
            at = 0
            for batch in data.for_us:
                found = same_values.difference(batch.column(name),
                                               theirs[at:at + batch.num_rows])
                if found:
                    sys.exit(f"write.py: {name}, from row {at}: {found}")
                at += batch.num_rows


def timed(path, write):
    path.unlink(missing_ok=True)
    start = time.perf_counter()
    write(path)
    seconds = time.perf_counter() - start
    return seconds, path.stat().st_size


def measure(kind, codec, arguments, folder):
    data = Data(kind, arguments.megabytes * CODECS[codec][1])
    with beamline_arrow.context(1) as one, beamline_arrow.context(2) as two:
        ways = {"1 thread": lambda path: write_by_us(one, path, data, codec),
                "2 threads": lambda path: write_by_us(two, path, data, codec),
                "uproot": lambda path: write_by_uproot(path, data, codec)}
        taken, sizes = {way: [] for way in ways}, {}
        for run in range(arguments.runs):
            for way, write in ways.items():
                path = folder / way / "events.root"  # a file holds its own name
                path.parent.mkdir(exist_ok=True)
                seconds, sizes[way] = timed(path, write)
                taken[way].append(seconds)
                if run == 0 and way != "uproot":
                    check(path, data)
        ours = {(folder / way / path.name).read_bytes() for way in ways if way != "uproot"}
        if len(ours) > 1:
            sys.exit(f"write.py: {kind}, {codec}: two threads write other bytes than one")
    rates = {way: data.value_bytes / statistics.median(seconds) / 1e6
             for way, seconds in taken.items()}
    return {"kind": kind, "codec": codec, "megabytes": data.value_bytes / 1e6, "mb_per_s": rates,
            "over_uproot": rates["1 thread"] / rates["uproot"],
            "file_megabytes": {way: size / 1e6 for way, size in sizes.items()
                               if way != "2 threads"}}


def print_row(row):
    print(f'{row["kind"]:<16}{row["codec"]:<8}{row["megabytes"]:>7.1f}'
          + "".join(f"{rate:>11.1f}" for rate in row["mb_per_s"].values())
          + f'{row["over_uproot"]:>9.2f}'
          + "".join(f"{size:>10.2f}" for size in row["file_megabytes"].values()), flush=True)


def words(known):
    def parse(text):
        chosen = text.split(",")
        if set(chosen) - set(known):
            raise argparse.ArgumentTypeError(f"there are: {', '.join(known)}")
        return chosen
    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with the library built")
    parser.add_argument("--json", action="store_true", help="one JSON object a row and line")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--kinds", type=words(KINDS), default=list(KINDS))
    parser.add_argument("--codecs", type=words(CODECS), default=list(CODECS))
    arguments = parser.parse_args()
    load(arguments.build)
    if not arguments.json:
        print(f"medians of {arguments.runs} runs, MB/s of values; uproot {uproot.__version__}")
        print(f'{"columns":<16}{"codec":<8}{"MB":>7}{"1 thread":>11}{"2 threads":>11}{"uproot":>11}'
              f'{"/uproot":>9}{"MB ours":>10}{"uproot":>10}')
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        for kind in arguments.kinds:
            for codec in arguments.codecs:
                row = measure(kind, codec, arguments, pathlib.Path(folder))
                if arguments.json:
                    print(json.dumps(row), flush=True)
                else:
                    print_row(row)


def load(build):
    """The modules that find the library in the environment."""
    global beamline_arrow, beamline_write, same_values
    os.environ["BEAMLINE_LIBRARY"] = str(build / "src" / "libbeamline.so")
    sys.path.insert(0, str(TOP / "tests" / "support"))
    import beamline_arrow
    import beamline_write
    import same_values


if __name__ == "__main__":
    main()
