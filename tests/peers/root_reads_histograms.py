# SPDX-License-Identifier: Apache-2.0
"""ROOT reads histograms that `beamline hist` wrote: contents, errors, statistics, axes.

usage: root_reads_histograms.py FILE.root FILE.json
"""

import json
import math
import sys

import ROOT


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


file = ROOT.TFile(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as text:
    wanted = json.load(text)["histograms"]
for k, of in enumerate(wanted):
    h = file.Get(f"h{k}")
    assert h.ClassName() == "TH1D" and h.GetXaxis().GetTitle() == of["expr"]
    assert h.GetNbinsX() == len(of["contents"]) and h.GetEntries() == of["entries"]
    for i, (content, error) in enumerate(zip(of["contents"], of["errors"], strict=True), 1):
        assert close(h.GetBinContent(i), content) and close(h.GetBinError(i), error), (k, i)
        assert close(h.GetXaxis().GetBinLowEdge(i), of["edges"][i - 1])
    assert close(h.GetBinContent(0), of["underflow"])
    assert close(h.GetBinContent(h.GetNbinsX() + 1), of["overflow"])
    assert close(h.GetMean(), of["mean"]) and math.isclose(h.GetStdDev(), of["std"], rel_tol=1e-6)
    twice = h.Clone()
    twice.Add(h)
    assert close(twice.Integral(), 2 * sum(of["contents"]))
print(f"{len(wanted)} histograms")
