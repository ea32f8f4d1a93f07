# SPDX-License-Identifier: Apache-2.0
"""Reads every column of a file's tree with RDataFrame; asked as bench.h says: `read`, `check`,
`version`.

usage: rdataframe.py CACHE
The reading is rdataframe.cxx, which ROOT compiles into the folder CACHE where it is not yet.
More than one thread is ROOT's implicit multithreading.
"""

import json
import pathlib
import sys
import time
import warnings

warnings.simplefilter("ignore")
import ROOT  # noqa: E402  (it warns when it is imported)


def load(cache):
    ROOT.gROOT.SetBatch(True)
    ROOT.gSystem.SetBuildDir(cache, True)
    source = pathlib.Path(__file__).with_suffix(".cxx")
    if not ROOT.gSystem.CompileMacro(str(source), "kO"):
        sys.exit("ROOT cannot compile rdataframe.cxx")


def only_tree(path):
    with ROOT.TFile.Open(path) as file:
        return next(key.GetName() for key in file.GetListOfKeys() if key.GetClassName() == "TTree")


def set_threads(threads):
    if ROOT.IsImplicitMTEnabled():
        ROOT.DisableImplicitMT()
    if threads > 1:
        ROOT.EnableImplicitMT(threads)


def read(path, threads, check):
    set_threads(threads)
    tree = only_tree(path)
    start = time.perf_counter()
    tallies = ROOT.read_all(tree, path, check)
    seconds = time.perf_counter() - start
    columns = {str(name): [tally.n, tally.sum] for name, tally in tallies} if check else {}
    return {"seconds": seconds, "columns": columns}


def main():
    load(sys.argv[1])
    for line in sys.stdin:
        way, threads, path = line.rstrip("\n").split(" ", 2)
        if way == "version":
            answer = {"version": ROOT.__version__}
        else:
            answer = read(path, int(threads), way == "check")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
