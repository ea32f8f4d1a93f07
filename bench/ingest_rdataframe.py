# SPDX-License-Identifier: Apache-2.0
"""RDataFrame's side of bench/ingest.py.

usage: ingest_rdataframe.py QUERY THREADS FILE FEW [SKIM]
Prints one line of JSON: rows, the sum of each column (of lists, of all items), and the seconds of a
run over FILE less those of a run over FEW, a file of few events: what ROOT compiles for a graph, it
compiles again each time. SKIM: the columns are written into this file, uncompressed.
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import ingest_queries  # noqa: E402
import ROOT  # noqa: E402  (it warns when it is imported)


def build(path, query):
    steps, columns = ingest_queries.RDATAFRAME[query]
    frame = ROOT.RDataFrame("Events", path)
    for kind, *words in steps:
        frame = getattr(frame, kind)(*words)
    return frame, columns


def run(path, query):
    frame, columns = build(path, query)
    sums = {}
    for name in columns:
        is_list = "RVec" in frame.GetColumnType(name)
        used = f"sum_of_{name}"
        of_list = f"std::accumulate({name}.begin(), {name}.end(), 0.)"
        frame = frame.Define(used, of_list if is_list else f"double({name})")
        sums[name] = used
    handles = {name: frame.Sum(used) for name, used in sums.items()}
    count = frame.Count()
    return count.GetValue(), {name: handle.GetValue() for name, handle in handles.items()}


def skim(path, query, target):
    frame, columns = build(path, query)
    options = ROOT.RDF.RSnapshotOptions()
    options.fCompressionLevel = 0
    names = ROOT.std.vector("string")(columns)
    count = frame.Count()
    frame.Snapshot("Events", target, names, options)
    return count.GetValue(), {}


def timed(path, query, target):
    start = time.perf_counter()
    rows, sums = skim(path, query, target) if target else run(path, query)
    return time.perf_counter() - start, rows, sums


def main():
    query, threads, path, few = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]
    target = sys.argv[5] if len(sys.argv) > 5 else None
    if threads > 1:
        ROOT.EnableImplicitMT(threads)
    timed(few, query, target)
    compiling, _, _ = timed(few, query, target)
    seconds, rows, sums = timed(path, query, target)
    print(json.dumps({"rows": rows, "sums": sums, "seconds": seconds - compiling}))


main()
