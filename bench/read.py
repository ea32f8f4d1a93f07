#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast all columns of a tree are read, beside others and beside the limits.

usage: read.py BUILD [--trees nano,…] [--codecs lz4,…] [--megabytes N] [--runs N] [--minutes N]
               [--threads 1,2] [--subjects NAME,…] [--output FILE] [--json FILE]
               [--folder FOLDER] [--fresh]

Trees like CMS's NanoAOD, ATLAS's PHYSLITE and Delphes' are made once (inputs.py) and read from the
page cache, on one thread and on two, by
  beamline    libbeamline: opening, fetching, uncompressing, decoding into columns (read_columns.c)
  uproot      the same into awkward arrays; two threads are its own executors (uproot_reads.py)
  RDataFrame  ROOT's: every value handed to compiled code (rdataframe.cxx); left out where ROOT is
              not installed (scripts/setup --peers)
  codec       only uncompressing the baskets, which are in memory already (codec_only.c): the limit
  memcpy-hot, memcpy-large
              of uncompressed files: copying the stored bytes in memory, into a place that stays in
              the caches or into as much memory
Before, the number of values of every column and their sum are compared between the readers, for the
smallest file of each tree. Then the subjects take turns: the one that has had the least time so far
is next, until each has had its runs or the input its share of the minutes; then those without a run
have one, and those whose runs are short all of theirs. Past all minutes, what is left stays empty.
MB are of uncompressed baskets, 10^6 bytes. It prints Markdown; `make bench` writes it to
bench/results.md.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

import inputs
import report
from subjects import Subjects

SHORT_RUN_SECONDS = 1.5  # such runs are repeated whatever the input's share of the time
INSPECT_RUNS = 20
INSPECT_MEGABYTES = 10


def measure(subjects, source, arguments, deadline, end):
    """What the file is, and the seconds of every run of every way."""
    sizes = subjects.sizes(source.path)
    columns = len(subjects.values(source.path, max(arguments.threads)))
    taken = {way: [] for way in subjects.ways(source.codec, arguments.threads)}
    while time.monotonic() < end:
        open_ways = [way for way in taken if len(taken[way]) < arguments.runs]
        if time.monotonic() > deadline:
            open_ways = [way for way in open_ways
                         if not taken[way] or min(taken[way]) < SHORT_RUN_SECONDS]
        if not open_ways:
            break
        way = min(open_ways, key=lambda way: sum(taken[way]))
        taken[way].append(subjects.run(way, source.path)["seconds"])
    return {"tree": source.tree, "codec": source.codec, "columns": columns, **sizes,
            "runs": [{"name": way.name, "threads": way.threads, "seconds": seconds}
                     for way, seconds in taken.items()]}


def check_all(subjects, sources, threads):
    """Compares the readers' values, for the smallest file of each tree."""
    for tree in {source.tree for source in sources}:
        files = [source.path for source in sources if source.tree == tree]
        subjects.check(min(files, key=lambda path: path.stat().st_size), threads)


def measure_all(arguments):
    sources = [inputs.make(arguments.build, arguments.folder, tree, codec, arguments.megabytes,
                           arguments.fresh)
               for tree in arguments.trees for codec in arguments.codecs]
    rows = []
    with Subjects(arguments.build, arguments.subjects) as subjects:
        end = time.monotonic() + 60 * arguments.minutes
        check_all(subjects, sources, max(arguments.threads))
        for i, source in enumerate(sources):
            now = time.monotonic()
            share = (end - now) / (len(sources) - i)
            rows.append(measure(subjects, source, arguments, now + share, end))
            print(f"{source.path.name}: {time.monotonic() - now:.0f} s", file=sys.stderr)
        return rows, subjects.versions


def measure_inspect(arguments):
    """Seconds of whole processes: `beamline inspect` of a file with 2,000 columns."""
    source = inputs.make(arguments.build, arguments.folder, "wide", "zstd",
                         min(INSPECT_MEGABYTES, arguments.megabytes), arguments.fresh)
    taken = []
    for _ in range(INSPECT_RUNS):
        start = time.perf_counter()
        subprocess.run([arguments.build / "src" / "beamline", "inspect", source.path],
                       stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - start)
    return {"seconds": statistics.median(taken), "least": min(taken), "runs": INSPECT_RUNS}


def words(text):
    return text.split(",")


def numbers(text):
    return [int(word) for word in words(text)]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with the target bench built")
    parser.add_argument("--trees", type=words, default=inputs.TREES)
    parser.add_argument("--codecs", type=words, default=list(inputs.CODECS))
    parser.add_argument("--megabytes", type=float, default=1000, help="of uncompressed baskets")
    parser.add_argument("--runs", type=int, default=7, help="of each subject at most")
    parser.add_argument("--minutes", type=float, default=25, help="for all inputs")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--subjects", type=words, help="such as codec,beamline; default: all")
    parser.add_argument("--output", type=pathlib.Path, help="write the Markdown there too")
    parser.add_argument("--json", type=pathlib.Path, help="write all seconds there")
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache(), help="of the trees")
    parser.add_argument("--fresh", action="store_true", help="make the trees again")
    return parser.parse_args()


def main():
    arguments = parse()
    rows, versions = measure_all(arguments)
    inspect = measure_inspect(arguments)
    text = report.markdown(rows, inspect, versions)
    print(text)
    if arguments.output:
        arguments.output.write_text(text, "utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": rows, "inspect": inspect}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
