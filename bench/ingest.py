#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Selections and derived variables beside uproot + awkward-array and RDataFrame.

usage: ingest.py BUILD [--output FILE] [--runs N] [--megabytes N] [--codec C] [--queries 1,2,…]
                 [--folder CACHE]

Ten queries of growing jaggedness (ingest_queries.py) over events with muons, electrons and jets.
beamline writes what each gives into a file in memory, uncompressed: the whole command, its start
included. uproot reads 100 MB of entries at a time, only the columns needed, and awkward-array's
results are dropped. RDataFrame sums the columns, compiled beforehand; the skim it writes. *reading*
is our reader alone, of the columns that the query needs, as a process, too. Numbers are seconds,
medians of N runs, which take turns. Before, the rows taken and the sum of each column are compared.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import awkward as ak
import ingest_queries
import inputs
import numpy as np
import subjects
import uproot

HERE = pathlib.Path(__file__).resolve().parent
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
BYTES_PER_EVENT = 173  # of the columns below, about
PIECE = 100_000


def events(rng, n):
    """Events as columns; three collections, their objects sorted by pt."""
    def collection(mean, **more):
        counts = rng.poisson(mean, n)
        total = int(counts.sum())
        pt = ak.sort(ak.unflatten(5 + rng.exponential(30, total), counts), ascending=False, axis=1)
        fields = {"pt": ak.values_astype(pt, "f4")}
        draws = {"eta": rng.normal(0, 1.6, total), "phi": rng.uniform(-np.pi, np.pi, total)}
        draws |= {name: draw(total) for name, draw in more.items()}
        for name, values in draws.items():
            kind = "i4" if name == "charge" else "f4"
            fields[name] = ak.unflatten(values.astype(kind), counts)
        return ak.zip(fields)

    def charge(k):
        return rng.choice([-1, 1], k)
    return {"run": np.full(n, 1, "u4"), "luminosityBlock": rng.integers(1, 900, n).astype("u4"),
            "event": rng.integers(0, 1 << 40, n).astype("u8"),
            "PV_npvs": rng.poisson(30, n).astype("i4"),
            "MET_pt": rng.exponential(40, n).astype("f4"),
            "MET_phi": rng.uniform(-np.pi, np.pi, n).astype("f4"),
            "Muon": collection(1.0, mass=lambda k: np.full(k, 0.1057), charge=charge),
            "Electron": collection(0.8, mass=lambda k: np.full(k, 0.000511), charge=charge),
            "Jet": collection(4.5, mass=lambda k: rng.exponential(8, k), btag=rng.random)}


def make(beamline, folder, n, codec):
    """The file, there already or new: as much as a writer puts into a basket usually."""
    path = folder / f"ingest-{codec.replace(':', '')}-{n}.root"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20261125)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        raw = pathlib.Path(folder, "raw.root")
        with uproot.recreate(raw, compression=None) as file:
            first = events(rng, 1)
            types = {name: str(ak.type(values)).split(" * ", 1)[1] if isinstance(values, ak.Array)
                     else values.dtype for name, values in first.items()}
            tree = file.mktree("Events", types)
            for done in range(0, n, PIECE):
                tree.extend(events(rng, min(PIECE, n - done)))
        subprocess.run([beamline, "convert", raw, "-o", path, "--codec", codec, "-q"], check=True)
    return path


# ---- subjects: each gives {"rows", "sums", "seconds"} ----

def configuration(folder, query):
    cuts, hidden, variables, columns = ingest_queries.OURS[query]
    path = pathlib.Path(folder, f"query{query}.json")
    path.write_text(json.dumps({"selection": cuts, "new_variables": hidden | variables,
                                "observers": [*variables, *columns]}), "utf-8")
    return path


class Beamline:
    def __init__(self, command, threads, folder):
        self.command, self.threads, self.folder = command, threads, folder

    def run(self, query, path, check=False):
        out = pathlib.Path(self.folder, "out.root")
        command = [self.command, "ingest", "-c", configuration(self.folder, query), path, "-o", out,
                   "--codec", "none", "-t", self.threads, "-q", "--json"]
        start = time.perf_counter()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(done.stderr)
        result = {"rows": json.loads(done.stdout)["events_out"], "seconds": seconds}
        if check:
            _, _, variables, columns = ingest_queries.OURS[query]
            arrays = uproot.open(out)["Events"].arrays([*variables, *columns])
            result["sums"] = sums_of({name: arrays[name] for name in arrays.fields})
        out.unlink()
        return result


def sums_of(columns):
    return {name: float(ak.sum(ak.values_astype(values, "f8"), axis=None))
            for name, values in columns.items()}


def run_awkward(query, path, check=False):
    import ingest_awkward
    function, columns = ingest_awkward.AWKWARD[query]
    rows, sums = 0, {}
    start = time.perf_counter()
    for chunk in uproot.iterate({path: "Events"}, filter_name=columns, step_size="100 MB"):
        results = function(chunk)
        rows += len(next(iter(results.values())))
        if check:
            for name, value in sums_of(results).items():
                sums[name] = sums.get(name, 0) + value
    return {"rows": rows, "sums": sums, "seconds": time.perf_counter() - start}


class RDataFrame:
    def __init__(self, python, threads, folder, few):
        self.python, self.threads, self.folder, self.few = python, threads, folder, few

    def run(self, query, path, check=False):
        target = [pathlib.Path(self.folder, "skim.root")] if query == 9 and not check else []
        command = [self.python, HERE / "ingest_rdataframe.py", query, self.threads, path, self.few,
                   *target]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        return json.loads(done.stdout.splitlines()[-1])


class Reading:
    def __init__(self, build, threads):
        self.build, self.threads = build, threads

    def run(self, query, path):
        import ingest_awkward
        columns = ",".join(ingest_awkward.AWKWARD[query][1])
        start = time.perf_counter()
        subject = subjects.Subject([self.build / "bench" / "read_columns", columns])
        subject.ask("read", self.threads, path)
        subject.close()
        return {"seconds": time.perf_counter() - start}


# ---- the measurement ----

def agree(found, wanted):
    return found["rows"] == wanted["rows"] and all(
        math.isclose(found["sums"][name], wanted["sums"][name], rel_tol=1e-5)
        for name in wanted["sums"] if name in found["sums"])


def check(query, ways, path):
    """All subjects give the same; of sums in float32 the first digits."""
    ours = ways["beamline"].run(query, path, True)
    for name, run in (("awkward", run_awkward), ("RDataFrame", ways["RDataFrame"].run
                                                 if "RDataFrame" in ways else None)):
        other = run(query, path, True) if run else ours
        renamed = dict(zip(other["sums"], ours["sums"].values(), strict=True))
        if not agree({"rows": ours["rows"], "sums": renamed}, other):
            sys.exit(f"query {query}: ours {ours}, {name} {other}")
    return ours["rows"]


def measure(query, ways, path, runs):
    seconds = {name: [] for name in [*ways, "awkward"]}
    for _ in range(runs):
        for name in seconds:
            run = run_awkward if name == "awkward" else ways[name].run
            if len(seconds[name]) == 0 or sum(seconds[name]) < 30:
                seconds[name].append(run(query, path)["seconds"])
    return {name: statistics.median(times) for name, times in seconds.items()}


def report(rows, path, n, codec):
    yield "# Selections and derived variables\n"
    yield "Written by bench/ingest.py, which says how. Seconds, one thread unless said;"
    yield (f"{n:,} events, {path.stat().st_size / 1e6:.0f} MB with {codec}; uproot "
           f"{uproot.__version__}, awkward {ak.__version__}.\n")
    yield ("| query | events taken | beamline | 2 threads | reading | awkward | RDataFrame | "
           "awkward / beamline | RDataFrame / beamline | beamline / reading | 1 / 2 threads |")
    yield "| --- |" + " ---: |" * 10
    for query, taken, t in rows:
        frame = t.get("RDataFrame", math.nan)
        yield (f"| {query} {ingest_queries.TITLES[query]} | {taken:,} | {t['beamline']:.3f} | "
               f"{t['beamline 2']:.3f} | {t['reading']:.3f} | {t['awkward']:.2f} | {frame:.2f} | "
               f"{t['awkward'] / t['beamline']:.1f} | {frame / t['beamline']:.1f} | "
               f"{t['beamline'] / t['reading']:.2f} | {t['beamline'] / t['beamline 2']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache())
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--codec", default="lz4:4")
    parser.add_argument("--queries", default=",".join(map(str, ingest_queries.OURS)))
    options = parser.parse_args()
    beamline = options.build / "src" / "beamline"
    n = options.megabytes * 1_000_000 // BYTES_PER_EVENT
    path, few = (make(beamline, options.folder, size, options.codec) for size in (n, 1000))
    rows = []
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        ways = {"beamline": Beamline(beamline, 1, folder), "reading": Reading(options.build, 1),
                "beamline 2": Beamline(beamline, 2, folder)}
        if subjects.peers_python():
            ways["RDataFrame"] = RDataFrame(subjects.peers_python(), 1, folder, few)
        inputs.read_from_disk(path)
        for query in map(int, options.queries.split(",")):
            taken = check(query, ways, path)
            if options.runs == 0:  # the comparison was all
                continue
            rows.append((query, taken, measure(query, ways, path, options.runs)))
            print(*list(report(rows[-1:], path, n, options.codec))[-1:], sep="\n", flush=True)
    text = "\n".join(report(rows, path, n, options.codec)) + "\n"
    if options.output:
        options.output.write_text(text, "utf-8")


main()
