# SPDX-License-Identifier: Apache-2.0
"""ROOT reads scores that `beamline predict` wrote, alone and as friends of their input: the values
that uproot reads, aligned with the entries they are of.

usage: root_reads_predictions.py FOLDER
"""

import sys

import numpy as np
import ROOT


def check(chain, friend, wanted):
    """A tree or chain of the input with its scores beside it."""
    chain.AddFriend(friend, "Scores")
    assert chain.GetEntries() == friend.GetEntries() == len(wanted["event"])
    values = ROOT.RDataFrame(chain).AsNumpy(["event", "pt", "Scores.event", "Scores.score_low",
                                             "Scores.score_high"])
    assert (values["event"] == wanted["event"]).all()
    assert (values["Scores.event"] == wanted["event"]).all()
    for name in ("score_low", "score_high"):
        assert values[f"Scores.{name}"].dtype == np.float32
        assert np.array_equal(values[f"Scores.{name}"], wanted[name], equal_nan=True)
    takes = values["pt"] > 30
    assert 0 < takes.sum() < len(takes) and (np.isnan(wanted["score_low"]) == ~takes).all()
    n = chain.GetEntries("Scores.score_high > 0.5")
    assert 0 < n == (wanted["score_high"] > 0.5).sum()
    return len(takes)


def chain_of(*files):
    chain = ROOT.TChain("Events")
    for file in files:
        chain.Add(file)
    return chain


folder = sys.argv[1]
names = ("high", "low")
wanted = {name: dict(np.load(f"{folder}/{name}.npz")) for name in names}
both = {key: np.concatenate([wanted[name][key] for name in names]) for key in wanted["low"]}
n_checked = 0
for name in names:
    n_checked += check(chain_of(f"{folder}/{name}.root"), chain_of(f"{folder}/scores/{name}.root"),
                       wanted[name])
inputs = [f"{folder}/{name}.root" for name in names]
n_checked += check(chain_of(*inputs), chain_of(f"{folder}/scores.root"), both)
n_checked += check(chain_of(*inputs), chain_of(*(f"{folder}/scores/{n}.root" for n in names)), both)
print(f"{n_checked} entries with their scores as friends")
