#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast columns are read, on one thread and from the page cache.

usage: read.py BUILD [--json] [--runs N] [FILE...]

Reads the same columns (numbers and lists of numbers) of the same files with
  codec   only decompressing their baskets, which are in memory already: the limit
  read    libbeamline: opening, fetching, decompressing, decoding (read_columns.c)
  stats   the command `beamline stats`, its start included
  uproot  the same into awkward arrays; its import is not counted
and prints medians of MB/s, where MB are uncompressed baskets. Each file is read as a chain of some
copies of itself, so that a run takes long enough. Without FILEs: the demo's sample, and the largest
files of the folder BEAMLINE_DATA where that is set.
"""

import argparse
import collections
import itertools
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

import awkward
import uproot
from uproot.interpretation.numerical import Numerical

N_REAL_FILES = 4
MIN_BYTES = 1e6  # less is no measurement of a rate
RUN_SECONDS = 0.5
PATIENCE_SECONDS = 2
MAX_COPIES = 200
WAYS = ("codec", "read", "stats", "uproot")
TOP = pathlib.Path(__file__).resolve().parent.parent


def numeric_bytes(tree):
    return sum(branch.uncompressed_bytes for branch in tree.itervalues(recursive=True)
               if not branch.branches and is_numeric(branch))


def largest_tree(file):
    """The tree with the most bytes of numbers, or None."""
    trees = [file[key] for key in file.keys(recursive=True, filter_classname="TTree")]
    return max(trees, key=numeric_bytes, default=None)


def is_numeric(branch):
    kind = branch.interpretation
    if isinstance(kind, uproot.AsJagged):
        kind = kind.content
    if isinstance(kind, uproot.AsDtype):
        return kind.to_dtype.fields is None
    return isinstance(kind, Numerical)


def choose_columns(beamline, path, tree):
    """Paths of numeric columns that both read and that uproot can be asked for by name."""
    run = subprocess.run([beamline, "stats", "--json", "--tree", tree_path(tree), str(path)],
                         capture_output=True, text=True)
    ours = {row["column"]: row["values"] for row in map(json.loads, run.stdout.splitlines())
            if row.get("entries") == tree.num_entries and "duplicate" not in row}
    names = collections.Counter(branch.name for branch in tree.itervalues(recursive=True))
    chosen = {}
    for name, branch in tree.iteritems(recursive=True, full_paths=True):
        if name in ours and names[branch.name] == 1 and not branch.branches and is_numeric(branch):
            chosen[name] = ours[name]
    return chosen


def tree_path(tree):
    return tree.object_path.strip("/").split(";")[0]


class Subject:
    """One file's columns, read in every way."""

    def __init__(self, build, path, work):
        self.build, self.path = build, path
        self.beamline = str(build / "src" / "beamline")
        with uproot.open(path) as file:
            tree = largest_tree(file)
            self.tree = tree_path(tree)
            self.columns = choose_columns(self.beamline, path, tree)
        self.names = {column.split("/")[-1] for column in self.columns}
        self.list = work / "columns"
        self.list.write_text("".join(f"{column}\n" for column in self.columns), "utf-8")

    def program(self, name, runs, copies):
        command = [self.build / "bench" / name, str(runs), self.tree, self.list]
        run = subprocess.run([*command, *[self.path] * copies], capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{self.path.name}: {name}: {run.stderr}")
        return json.loads(run.stdout)

    def codec(self, runs):
        """Seconds for one copy, and what it says of bytes."""
        answer = self.program("codec_only", 1, 1)
        rounds = max(1, round(RUN_SECONDS / max(answer["seconds"][0], 1e-6)))
        answer = self.program("codec_only", runs * min(rounds, MAX_COPIES), 1)
        return statistics.median(answer["seconds"]), answer

    def read(self, runs):
        copies = self.copies_for(self.program("read_columns", 3, 1)["seconds"][-1])
        answer = self.program("read_columns", runs, copies)
        if answer["values"] != copies * sum(self.columns.values()):
            sys.exit(f"{self.path.name}: read_columns read other values than stats")
        return statistics.median(answer["seconds"]) / copies, copies

    def stats(self, runs, copies):
        patterns = ",".join(re.sub(r"[][*?,\\]", "?", column) for column in self.columns)
        command = [self.beamline, "stats", "--json", "--threads", "1", "--tree", self.tree,
                   "--columns", patterns, *[str(self.path)] * copies]
        return median_seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL,
                                                     check=True), runs) / copies

    def uproot(self, runs):
        first = median_seconds(lambda: self.read_by_uproot(check=True), 1)
        if first > PATIENCE_SECONDS:  # thousands of small columns; the first pass is as good
            return first
        copies = self.copies_for(first)
        return median_seconds(lambda: [self.read_by_uproot() for _ in range(copies)], runs) / copies

    def read_by_uproot(self, check=False):
        values = 0
        with uproot.open(self.path, object_cache=None, array_cache=None, num_workers=1) as file:
            batches = file[self.tree].iterate(
                filter_branch=lambda branch: branch.name in self.names and not branch.branches,
                library="ak", how=tuple, step_size="100 MB")
            for batch in batches:
                if check:
                    values += sum(awkward.count(array, axis=None) for array in batch)
        if check and values != sum(self.columns.values()):
            sys.exit(f"{self.path.name}: uproot reads {values} values, we "
                     f"{sum(self.columns.values())}")

    @staticmethod
    def copies_for(seconds):
        return max(1, min(MAX_COPIES, round(RUN_SECONDS / seconds)))


def median_seconds(work, runs):
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def measure(build, path, runs):
    with tempfile.TemporaryDirectory() as work:
        subject = Subject(build, path, pathlib.Path(work))
        if not subject.columns:
            return None
        seconds = {}
        seconds["codec"], said = subject.codec(runs)
        seconds["read"], copies = subject.read(runs)
        seconds["stats"] = subject.stats(runs, copies)
        seconds["uproot"] = subject.uproot(runs)
        rates = {way: said["raw_bytes"] / seconds[way] / 1e6 for way in WAYS}
        return {"file": path.name, "tree": subject.tree, "columns": len(subject.columns),
                "raw_bytes": said["raw_bytes"], "stored_bytes": said["stored_bytes"],
                "copies": copies, "runs": runs, "mb_per_s": rates,
                "read_over_uproot": rates["read"] / rates["uproot"],
                "read_over_codec": rates["read"] / rates["codec"]}


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text("utf-8")
        return re.search(r"model name\s*:\s*(.*)", text).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def demo_samples():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path(os.environ.get("BEAMLINE_CACHE") or pathlib.Path(cache, "beamline"))
    return sorted(cache.glob("samples/*/events.root"), key=lambda path: path.stat().st_mtime)[-1:]


def default_files(beamline):
    if not demo_samples():
        subprocess.run([TOP / "scripts" / "demo", beamline], stdout=subprocess.DEVNULL, check=True)
    files = demo_samples()
    data = os.environ.get("BEAMLINE_DATA")
    if data:
        real = sorted(pathlib.Path(data, "root").rglob("*.root"), key=lambda p: -p.stat().st_size)
        real = real[: 3 * N_REAL_FILES]
        files += itertools.islice(filter(is_worth_it, real), N_REAL_FILES)
    return files


def is_worth_it(path):
    try:
        with uproot.open(path) as file:
            tree = largest_tree(file)
            return tree is not None and numeric_bytes(tree) >= MIN_BYTES
    except Exception:  # uproot raises whatever its parts raise; then there is nothing to compare
        return False


def print_table(rows):
    head = f'{"file":<28}{"columns":>8}{"MB raw":>8}{"ratio":>7}' \
           + "".join(f"{way:>9}" for way in WAYS) + f'{"/uproot":>9}{"/codec":>8}'
    print(head)
    for row in rows:
        print(f'{row["file"][-27:]:<28}{row["columns"]:>8}{row["raw_bytes"] / 1e6:>8.1f}'
              f'{row["raw_bytes"] / row["stored_bytes"]:>7.2f}'
              + "".join(f'{row["mb_per_s"][way]:>9.1f}' for way in WAYS)
              + f'{row["read_over_uproot"]:>9.1f}{row["read_over_codec"]:>8.2f}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with the target bench built")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--json", action="store_true", help="one JSON object a file and line")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_intermixed_args()
    files = arguments.files or default_files(arguments.build / "src" / "beamline")
    rows = []
    for path in files:
        row = measure(arguments.build, path, arguments.runs)
        if row and arguments.json:
            print(json.dumps(row | {"processor": processor()}), flush=True)
        elif row:
            rows.append(row)
    if not arguments.json:
        print(f"{processor()}, one thread, medians of {arguments.runs} runs; MB/s of uncompressed "
              "baskets")
        print_table(rows)


if __name__ == "__main__":
    main()
