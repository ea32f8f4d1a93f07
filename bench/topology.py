#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The topology recipe, from ROOT to Parquet, beside PySpark and beside uproot + awkward-array +
numba: the same events for everybody.

usage: topology.py BUILD [--output FILE] [--events N] [--spark-events N|all] [--runs N]
                   [--check-events N] [--codec C] [--modes M,…] [--subjects S,…] [--folder CACHE]
                   [--input FILE …]

Events are generated, a third of each process, unless --input names files that Delphes wrote. Before
anything is timed, every subject writes the features of the first events of each file, and they are
compared with tests/support/topology_reference.py; with --runs 0 that is all. Each subject is a
process of its own, and they take turns; the best of N runs counts. beamline's seconds are those of
the whole command; numba's begin when it has compiled, Spark's when Java and Python are warm.
"""

import argparse
import json
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
import pyarrow.parquet as pq
import subjects

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
import topology_results  # noqa: E402

MODES = ("fixed", "compat")
SUBJECTS = ("beamline", "numba", "spark")
TRIAL_EVENTS = 1000  # of each file, to choose numba's kernel by


class Way(NamedTuple):
    """A subject, and what is asked of it."""
    subject: str
    mode: str
    type: str = "float64"
    threads: int = 1
    variant: str = ""  # numba's kernel

    @property
    def title(self):
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        return ", ".join(word for word in (self.mode, self.type, self.variant, threads) if word)


class Bench:
    """What all runs share; each gives {"events", "taken", "seconds"} and the seconds of stages."""

    def __init__(self, options, beamline, folder):
        self.beamline, self.folder, self.codec = beamline, pathlib.Path(folder), options.codec
        self.python = subjects.peers_python()
        self.versions = {}

    def run(self, way, files, n_events=None, keep=False):
        target = self.folder / "out.parquet"
        runs = {"beamline": self.ours, "numba": self.numba, "spark": self.spark}
        result = runs[way.subject](way, files, target, n_events)
        if "version" in result:
            self.versions[way.subject] = result.pop("version")
        if not keep:
            remove(target)
        return result

    def command(self, *words):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(self.folder / "numba")}
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              env=environment)
        if done.returncode:
            sys.exit(f"{words[0]}: {done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def ours(self, way, files, target, n_events):
        entries = ["--entries", f":{n_events}"] if n_events else []
        start = time.perf_counter()
        found = self.command(self.beamline, "ingest", "--recipe",
                             f"topology:mode={way.mode},type={way.type}", *files, "-o", target,
                             "--codec", self.codec, "-t", way.threads, *entries, "--profile",
                             "--json", "-q", "--overwrite")
        return {"events": found["events_in"], "taken": found["events_out"],
                "seconds": time.perf_counter() - start, **found["profile"]}

    def numba(self, way, files, target, n_events):
        return self.command(self.python, HERE / "topology_numba.py", target, *files, "--mode",
                            way.mode, "--kernel", way.variant or "pairs", "--type", way.type,
                            "--codec", self.codec, *(["--events", n_events] if n_events else []))

    def spark(self, way, files, target, n_events):
        nested = [self.nested(file, n_events) for file in files]
        found = self.command(self.python, HERE / "topology_spark.py", self.nested(files[0], 5),
                             target, *nested, "--mode", way.mode, "--processors", way.threads)
        return found | {"events": sum(pq.read_metadata(path).num_rows for path in nested)}

    def nested(self, file, n_events):
        """The first events of a ROOT file as Parquet, in row groups that Spark can share out."""
        path = self.folder / f"{file.stem}-{n_events or 'all'}.parquet"
        if not path.exists():
            entries = ["--entries", f":{n_events}"] if n_events else []
            subprocess.run([self.beamline, "convert", file, "-o", path, "--codec", "snappy", "-q",
                            "--skip-unreadable", "--cluster", "4M", *entries], check=True)
        return path


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# ---- the measurement ----

def check(bench, ways, files, n_events):
    """Stops unless every way gives what the reference does of the first events of each file."""
    for file in files:
        for mode in dict.fromkeys(way.mode for way in ways):
            right, _ = topology_results.wanted(file, mode, n_events)
            for way in ways:
                if way.mode != mode:
                    continue
                bench.run(way, [file], n_events, keep=True)
                target = bench.folder / "out.parquet"
                wrong = topology_results.difference(list(topology_results.read(target)), right)
                remove(target)
                if wrong:
                    sys.exit(f"{file.name}: {way.subject}, {way.title}: {wrong}")
                print(f"{file.name}: {way.subject}, {way.title}: {len(right)} events are right",
                      file=sys.stderr, flush=True)


def checked_ways(names, modes):
    ways = [Way("beamline", mode, kind) for mode in modes for kind in ("float64", "float32")]
    ways += [Way("numba", mode, variant=kernel) for mode in modes for kernel in ("cells", "pairs")]
    ways += [Way("spark", mode) for mode in modes]
    return [way for way in ways if way.subject in names]


def timed_ways(bench, names, modes, files):
    """All events; of numba's kernels the one that is faster on the first events."""
    ways = [Way("beamline", mode, kind, threads) for mode in modes
            for kind in ("float64", "float32") for threads in (1, 2)]
    for mode in modes if "numba" in names else ():
        tried = [Way("numba", mode, variant=kernel) for kernel in ("cells", "pairs")]
        ways.append(min(tried, key=lambda way: bench.run(way, files, TRIAL_EVENTS)["compute_s"]))
    ways += [Way("spark", mode, threads=threads) for mode in modes for threads in (1, 2)]
    return [way for way in ways if way.subject in names]


def measure(bench, ways, files, options):
    """{way: the best run}."""
    few = None if options.spark_events == "all" else int(options.spark_events) // len(files)
    best = {}
    for run in range(options.runs):
        for way in ways:
            if way.subject == "spark" and run > 0:
                continue  # its first run is long enough
            found = bench.run(way, files, few if way.subject == "spark" else None)
            if way not in best or found["seconds"] < best[way]["seconds"]:
                best[way] = found
            print(f"{way.subject}, {way.title}: {found['events'] / found['seconds']:,.0f} events/s",
                  file=sys.stderr, flush=True)
    return best


# ---- the report ----

def rate(result):
    return result["events"] / result["seconds"]


def rates_table(best):
    yield "| subject | | events | taken | seconds | events/s | events/s per core |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for way, one in best.items():
        yield (f"| {way.subject} | {way.title} | {one['events']:,} | {one['taken']:,} | "
               f"{one['seconds']:.1f} | {rate(one):,.0f} | {rate(one) / way.threads:,.0f} |")


def ratios_table(best):
    """Of rates on one thread."""
    alone = {way: one for way, one in best.items() if way.threads == 1}
    ours = {way: one for way, one in alone.items() if way.subject == "beamline"}
    yield "| beamline over | " + " | ".join(way.title for way in ours) + " |"
    yield "|---" + "|--:" * len(ours) + "|"
    for other, one in alone.items():
        if other.subject != "beamline":
            cells = [f"{rate(mine) / rate(one):,.1f}" if way.mode == other.mode else ""
                     for way, mine in ours.items()]
            yield f"| {other.subject}, {other.title} | " + " | ".join(cells) + " |"


def stages_table(best):
    """Microseconds of an event that was read."""
    yield "| subject | | reading | cuts and features | writing | rest |"
    yield "|---|---|--:|--:|--:|--:|"
    for way, one in best.items():
        if way.threads > 1 or way.subject == "spark":
            continue
        reading = one["read_s"] + one.get("late_read_s", 0)
        making = one["compute_s"] + one.get("cut_s", 0) + one.get("recipe_s", 0)
        parts = [reading, making, one["write_s"]]
        parts.append(one["seconds"] - sum(parts))
        yield (f"| {way.subject} | {way.title} | "
               + " | ".join(f"{1e6 * part / one['events']:.1f}" for part in parts) + " |")


def report(best, files, options, versions):
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    yield "# The topology recipe: from ROOT to Parquet\n"
    yield f"Made by bench/topology.py, which says how, on {exchange.machine()}."
    yield f"{', '.join(file.name for file in files)}: {megabytes:,.0f} MB. Written with"
    yield f"{options.codec}, by Spark with Snappy. {'; '.join(versions.values())}."
    yield "\nOf the first events of each file every subject gave the features that the reference"
    yield "gives, to 1e-12 in float64. Rates count the events that are read, taken or not.\n"
    yield from rates_table(best)
    if any(way.subject != "beamline" for way in best):
        yield "\nRates on one thread, of the same mode:\n"
        yield from ratios_table(best)
    yield "\nMicroseconds an event that was read, on one thread:\n"
    yield from stages_table(best)
    yield "\n- *numba* reads with uproot, 100 MB of events at a time, and writes with pyarrow;"
    yield "  of two kernels the faster is shown: cones by all pairs, vectorised, or by cells."
    if any(way.subject == "spark" for way in best):
        yield "- *spark* begins with Parquet that beamline made of the ROOT files, and with warm"
        yield "  processes: both favour it. It takes the first events of each file only, as many as"
        yield "  the table says. \"1 thread\" is local[1]: a thread of Java beside one of Python."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--input", type=pathlib.Path, nargs="+")
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache())
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--spark-events", default="2400")
    parser.add_argument("--check-events", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--codec", default="zstd:1")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--subjects", default=",".join(SUBJECTS))
    options = parser.parse_args()
    beamline = options.build.resolve() / "src" / "beamline"
    names = options.subjects.split(",")
    if not subjects.peers_python():
        names = ["beamline"]
        print("no peers here (scripts/setup --peers): beamline alone", file=sys.stderr)
    files = options.input or inputs.generate(beamline, options.folder, options.events)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench, modes = Bench(options, beamline, folder), options.modes.split(",")
        check(bench, checked_ways(names, modes), files, options.check_events)
        if options.runs == 0:
            return
        for file in files:
            inputs.read_from_disk(file)
        best = measure(bench, timed_ways(bench, names, modes, files), files, options)
        text = "\n".join(report(best, files, options, bench.versions)) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
