#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Preparation, from features to what networks are trained on, beside PySpark and beside pandas +
scikit-learn: the same events for everybody.

usage: prepare.py BUILD [--output FILE] [--events N] [--runs N] [--threads N,…] [--subjects S,…]
                  [--folder CACHE]

Features are those of the topology recipe, of generated events, a file a class. Each subject reads
them, scales the vector to [0, 1] and the particles to mean 0 and σ 1, with statistics of all events
as in the published pipeline, brings the classes to equal numbers at random, parts them 80 to 20,
shuffles, and writes Parquet. beamline does it with `prepare` and `prepare --export`; its seconds
are those of both commands. What was fitted, and how many events there are, is compared first.
Subjects are processes of their own and take turns; the best of N runs counts.
"""

import argparse
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import exchange
import inputs
import subjects

HERE = pathlib.Path(__file__).resolve().parent
CLASSES = ("qcd", "ttbar", "wjets")
SUBJECTS = ("beamline", "pandas", "spark")
TRAIN = 0.8
CONFIG = """\
samples:
{samples}
inputs:
  HLF_input: {{column: hfeatures, scale: minmax}}
  GRU_input: {{column: lfeatures, scale: standard}}
weights: {{balance: {{method: undersample, part: all}}}}
preprocess: {{fit: all}}
split: {{train: {train}, test: {test}, by: entry}}
"""


class Way(NamedTuple):
    """A subject on so many threads."""
    subject: str
    threads: int

    @property
    def title(self):
        return f"{self.threads} thread{'s' * (self.threads > 1)}"


def features(beamline, folder, n):
    """ROOT files of features by class, there already or new."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for process in CLASSES:
        events = folder / f"topology-{process}-{n // len(CLASSES)}.root"
        paths[process] = folder / f"features-{process}-{n // len(CLASSES)}.root"
        if not events.exists():
            subprocess.run([beamline, "generate", "--process", process, "--events",
                            str(n // len(CLASSES)), "-o", events, "-q"], check=True)
        if not paths[process].exists():
            subprocess.run([beamline, "ingest", "--recipe", "topology:mode=fixed,type=float32",
                            events, "-o", paths[process], "-q"], check=True)
    return paths


class Bench:
    """What all runs share. Each gives {"seconds", "before", "after", "fitted"}: events by class,
    {part: events by class}, {input: [[offset, width] of a number]}."""

    def __init__(self, beamline, folder, files):
        self.beamline, self.folder, self.files = beamline, pathlib.Path(folder), files
        self.python = subjects.peers_python()
        self.versions = {}

    def run(self, way):
        found = {"beamline": self.ours, "pandas": self.pandas, "spark": self.spark}[
            way.subject](way, self.folder / "out")
        if "version" in found:
            self.versions[way.subject] = found.pop("version")
        for path in (self.folder / "out", self.folder / "prepared"):
            shutil.rmtree(path, ignore_errors=True)
        return found

    def command(self, *words, threads):
        environment = os.environ | {name: str(threads) for name in
                                    ("OMP_NUM_THREADS", "ARROW_NUM_THREADS")}
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              env=environment)
        if done.returncode:
            sys.exit(f"{words[0]}: {done.stderr[-2000:]}")
        return done.stdout.splitlines()[-1] if done.stdout else ""

    def ours(self, way, target):
        samples = "\n".join(f"  {name}: {{files: ['{path}'], label: {label}}}"
                            for label, (name, path) in enumerate(self.files.items()))
        config, prepared = self.folder / "data.yaml", self.folder / "prepared"
        config.write_text(CONFIG.format(samples=samples, train=TRAIN, test=round(1 - TRAIN, 3)),
                          encoding="utf-8")
        start = time.perf_counter()
        self.command(self.beamline, "prepare", "-c", config, "-o", prepared, "-q", "-t",
                     way.threads, threads=way.threads)
        middle = time.perf_counter()
        self.command(self.beamline, "prepare", prepared, "--export", target, "--codec", "snappy",
                     "-q", "-t", way.threads, threads=way.threads)
        end = time.perf_counter()
        return {"seconds": end - start, "prepare_s": middle - start,
                **described(json.loads((prepared / "prepared.json").read_text("utf-8")))}

    def pandas(self, way, target):
        return json.loads(self.command(self.python, HERE / "prepare_pandas.py", target,
                                       *self.files.values(), threads=way.threads))

    def spark(self, way, target):
        files = [self.as_parquet(path) for path in self.files.values()]
        return json.loads(self.command(self.python, HERE / "prepare_spark.py", target, *files,
                                       "--processors", way.threads, threads=way.threads))

    def as_parquet(self, path):
        """Features for Spark, which reads no ROOT, in row groups that it can share out."""
        parquet = self.folder / f"{path.stem}.parquet"
        if not parquet.exists():
            subprocess.run([self.beamline, "convert", path, "-o", parquet, "--codec", "snappy",
                            "-q", "--cluster", "8M"], check=True)
        return parquet


def described(said):
    """What prepared.json says, in the bench's terms."""
    before = [0] * len(CLASSES)
    for part in said["parts"]:
        before = [n + one["events"] for n, one in zip(before, part["before"], strict=True)]
    after = {part["name"]: [one["events"] for one in part["classes"]] for part in said["parts"]
             if part["events"]}
    fitted = {one["name"]: [[column.get("offset", 0), 1 / column.get("scale", 1)]
                            for column in one["columns"]]
              for one in said["transforms"][0]["inputs"]}
    return {"before": before, "after": after, "fitted": fitted}


# ---- the measurement ----

def near(a, b):
    """Widths of 0 are taken as 1, as everybody does."""
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1e-3)


def check_fit(way, ours, theirs):
    for name, columns in ours["fitted"].items():
        for i, (mine, other) in enumerate(zip(columns, theirs["fitted"][name], strict=True)):
            if not (near(mine[0], other[0]) and near(mine[1], other[1] or 1)):
                sys.exit(f"{way.subject}: {name}, number {i}: offset and width are {other}, where "
                         f"beamline has {mine}")


def check(way, ours, theirs):
    """Stops unless counts and statistics agree; what is drawn at random, within 6 σ."""
    if ours["before"] != theirs["before"]:
        sys.exit(f"{way.subject}: {theirs['before']} events, where beamline has {ours['before']}")
    check_fit(way, ours, theirs)
    for part, share in (("train", TRAIN), ("test", 1 - TRAIN)):
        wanted = min(ours["before"]) * share
        for name, n in zip(CLASSES, theirs["after"][part], strict=True):
            if abs(n - wanted) > 6 * math.sqrt(wanted):
                sys.exit(f"{way.subject}: {part}: {n} events of {name}, where {wanted:.0f} are due")


def measure(bench, ways, n_runs):
    """{way: the best run}."""
    best, ours = {}, bench.run(Way("beamline", 2))
    for way in dict.fromkeys(Way(way.subject, 2) for way in ways):
        check(way, ours, bench.run(way))
        print(f"{way.subject}: the same counts and statistics", file=sys.stderr, flush=True)
    for _ in range(n_runs):
        for way in ways:
            found = bench.run(way)
            check(way, ours, found)
            if way not in best or found["seconds"] < best[way]["seconds"]:
                best[way] = found
            print(f"{way.subject}, {way.title}: {sum(found['before']) / found['seconds']:,.0f} "
                  "events/s", file=sys.stderr, flush=True)
    return best


# ---- the report ----

def rates_table(best):
    yield "| subject | | events | written | seconds | events/s | seconds over beamline's |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for way, one in best.items():
        n, written = sum(one["before"]), sum(map(sum, one["after"].values()))
        mine = best.get(Way("beamline", way.threads))
        ratio = f"{one['seconds'] / mine['seconds']:.1f}" if mine else ""
        yield (f"| {way.subject} | {way.title} | {n:,} | {written:,} | {one['seconds']:.1f} | "
               f"{n / one['seconds']:,.0f} | {ratio} |")


def report(best, files, versions):
    megabytes = sum(path.stat().st_size for path in files.values()) / 1e6
    yield "# Preparation: from features to what networks are trained on\n"
    yield f"Made by bench/prepare.py, which says how, on {exchange.machine()}."
    yield f"{', '.join(path.name for path in files.values())}: {megabytes:,.0f} MB."
    yield f"{'; '.join(versions.values())}. All write Parquet with Snappy.\n"
    yield "Numbers of events, minima, maxima, means and σ agree to 1e-6.\n"
    yield from rates_table(best)
    if any(way.subject == "beamline" for way in best):
        yield "\nOf beamline's seconds `prepare` takes " + ", ".join(
            f"{one['prepare_s']:.1f} ({way.title})" for way, one in best.items()
            if way.subject == "beamline") + "; the rest is the export."
    yield "\n- *pandas* reads with uproot, scales with scikit-learn and writes with pyarrow, all"
    yield "  events in memory; its seconds begin when all is imported."
    yield "- *spark* begins with Parquet that beamline made of the ROOT files, and with warm"
    yield "  processes: both favour it."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache())
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--subjects", default=",".join(SUBJECTS))
    options = parser.parse_args()
    beamline = options.build.resolve() / "src" / "beamline"
    names = options.subjects.split(",")
    if not subjects.peers_python():
        names = ["beamline"]
        print("no peers here (scripts/setup --peers): beamline alone", file=sys.stderr)
    files = features(beamline, options.folder, options.events)
    threads = {name: options.threads.split(",") for name in names}
    threads |= {"pandas": ["1"]} if "pandas" in names else {}  # NumPy's loops have one
    ways = [Way(name, int(n)) for name in names for n in threads[name]]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(beamline, folder, files)
        for path in files.values():
            inputs.read_from_disk(path)
        best = measure(bench, ways, options.runs)
        text = "\n".join(report(best, files, bench.versions)) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
