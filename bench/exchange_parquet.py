# SPDX-License-Identifier: Apache-2.0
"""Parquet beside pyarrow: the same Arrow data, codec and level, one thread each.

usage: scripts/python bench/exchange_parquet.py BUILD [FOLDER] [--megabytes N]
Seconds are the best of several runs taken in turns; of writing, those of the processor. What was
written is read back by pyarrow and compared.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

import numpy
import pyarrow
from pyarrow import parquet

RUNS = 5
BATCH_ROWS = 1 << 17
CODECS = (("zstd", 1), ("zstd", 3), ("lz4", 1), ("snappy", None), ("none", None))


def subjects(megabytes):
    """Names, and tables of about so many bytes: what physics data looks like."""
    rng = numpy.random.default_rng(1)
    n = megabytes * 250_000
    counts = rng.poisson(4, n // 4)
    offsets = pyarrow.array(numpy.concatenate([[0], numpy.cumsum(counts)]).astype("int32"))
    n_items = int(counts.sum())

    def momenta(n):
        return pyarrow.array(rng.exponential(30, n).astype("float32"))

    def angles(n):
        return pyarrow.array(rng.normal(0, 2, n).astype("float32"))

    def lists(values):
        return pyarrow.ListArray.from_arrays(offsets, values)

    def table(**columns):
        return pyarrow.table(columns)

    yield "flat float32", table(a=momenta(n // 4), b=angles(n // 4), c=momenta(n // 4),
                                d=angles(n // 4))
    yield "flat int32", table(
        run=pyarrow.array(numpy.sort(rng.integers(0, 200, n // 3)).astype("int32")),
        event=pyarrow.array(numpy.cumsum(rng.integers(1, 9, n // 3)).astype("int32")),
        any=pyarrow.array(rng.integers(0, 1 << 30, n // 3).astype("int32")))
    yield "list<float32>", table(pt=lists(momenta(n_items)))
    rng = numpy.random.default_rng(2)
    counts = rng.poisson(4, n // 16)
    offsets = pyarrow.array(numpy.concatenate([[0], numpy.cumsum(counts)]).astype("int32"))
    n_items = int(counts.sum())
    members = {"pt": momenta(n_items), "eta": angles(n_items), "phi": angles(n_items),
               "charge": pyarrow.array(rng.integers(0, 2, n_items).astype("int32") * 2 - 1)}
    yield "list<struct>", table(
        jets=lists(pyarrow.StructArray.from_arrays(list(members.values()), list(members))))
    words = numpy.array([f"trigger_{i}" for i in range(40)])
    yield "texts", table(path=pyarrow.array(words[rng.integers(0, 40, n // 4)]))


def write_ours(path, batches, codec, encoding=None):
    import beamline_arrow
    import beamline_write
    with (beamline_arrow.context(n_threads=1) as held,
          beamline_write.Output(held, path, codec=codec, overwrite=True,
                                encoding=encoding) as output):
        writer = output.add(batches[0])
        for batch in batches:
            output.write(writer, batch)
        output.finish()


def write_theirs(path, table, codec, level, **options):
    parquet.write_table(table, path, compression=codec, compression_level=level, **options)


def write_theirs_plain(path, table, codec, level):
    """As somebody does who knows that values do not repeat."""
    write_theirs(path, table, codec, level, use_dictionary=False)


def timed(function, *arguments):
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def is_same(ours, table):
    read = parquet.read_table(ours)
    wanted = table.cast(read.schema)
    return all(read[name].combine_chunks().equals(wanted[name].combine_chunks())
               for name in table.column_names)


def written(what, table, codec, level, ours, theirs):
    """One row: we and pyarrow, with or without dictionaries, whichever file is as large as ours."""
    name = codec if level is None else f"{codec}:{level}"
    level = None if codec == "lz4" else level  # level 1 is their only one
    batches = table.to_batches(max_chunksize=BATCH_ROWS)
    seconds = {write_ours: [], write_theirs: [], write_theirs_plain: []}
    sizes = {}
    for _ in range(RUNS):
        seconds[write_ours].append(timed(write_ours, ours, batches, name))
        for way in (write_theirs, write_theirs_plain):
            seconds[way].append(timed(way, theirs, table, codec, level))
            sizes[way] = os.path.getsize(theirs)
    if not is_same(ours, table):
        raise SystemExit(f"{what}, {name}: what was written is not what was given")
    size = os.path.getsize(ours)
    way = min(sizes, key=lambda way: abs(sizes[way] - size))
    return {"what": f"write {what}, {name}", "ours_s": min(seconds[write_ours]),
            "peer_s": min(seconds[way]), "peer": f"pyarrow {pyarrow.__version__}",
            "note": f"{size / 1e6:.1f} MB, theirs {sizes[way] / 1e6:.1f} MB"
                    f"{', without dictionaries' if way == write_theirs_plain else ''}"}


def was_read(what, table, codec, level, reader, theirs):
    """One row: a file of pyarrow's without dictionaries, read by us and by pyarrow."""
    write_theirs_plain(theirs, table, codec, None if codec == "lz4" else level)
    ours, two, peer = [], [], []
    for _ in range(RUNS):
        ours.append(reader.ask("read", 1, theirs)["seconds"])
        two.append(reader.ask("read", 2, theirs)["seconds"])
        start = time.perf_counter()
        read = parquet.read_table(theirs, use_threads=False, pre_buffer=False)
        peer.append(time.perf_counter() - start)
        del read
    return {"what": f"read {what}, {codec}", "ours_s": min(ours), "peer_s": min(peer),
            "peer": f"pyarrow {pyarrow.__version__}",
            "note": f"2 threads {min(ours) / min(two):.2f}x"}


def measure(build, folder, megabytes, codecs=CODECS):
    """Yields {"what", "ours_s", "peer_s", "peer", "note"}."""
    os.environ.setdefault("BEAMLINE_LIBRARY", str(pathlib.Path(build) / "src/libbeamline.so"))
    here = pathlib.Path(__file__).resolve().parent
    sys.path[:0] = [str(here), str(here.parent / "tests/support")]
    from subjects import Subject
    pyarrow.set_cpu_count(1)
    ours, theirs = os.path.join(folder, "ours.parquet"), os.path.join(folder, "theirs.parquet")
    reader = Subject([pathlib.Path(build) / "bench" / "read_columns"])
    for what, table in subjects(megabytes):
        for codec, level in codecs:
            yield written(what, table, codec, level, ours, theirs)
        for codec, level in codecs:
            yield was_read(what, table, codec, level, reader, theirs)
    reader.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--codecs", help="such as zstd:5,none")
    arguments = parser.parse_args()
    more = {}
    if arguments.codecs:
        pairs = [text.partition(":") for text in arguments.codecs.split(",")]
        more["codecs"] = [(name, int(level) if level else None) for name, _, level in pairs]
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for row in measure(arguments.build, folder, arguments.megabytes, **more):
            row["ratio"] = row["peer_s"] / row["ours_s"]
            print(json.dumps({key: round(value, 3) if isinstance(value, float) else value
                              for key, value in row.items()}), flush=True)


if __name__ == "__main__":
    main()
