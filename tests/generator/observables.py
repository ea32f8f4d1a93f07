#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What events of the topology classifier look like: efficiencies, and distributions before and
after the selection, of one sample or of several side by side.

usage: observables.py NAME=FILE … [--events N] [--mode fixed|compat] [--output FILE.md]
                      [--draw FOLDER --beamline COMMAND]

Files have a tree Delphes, as Delphes writes it. The first sample is what the others are compared
with: "distance" is the largest difference of the two cumulative distributions (0: the same, 1:
nothing in common), beside it in brackets what two samples of this size differ by in 1 of 20 cases.
"""

import argparse
import collections
import itertools
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import topology_reference as reference  # noqa: E402

TOP_GEV = 172.5


class Observable(NamedTuple):
    title: str
    low: float
    high: float
    n_bins: int


# Of all events.
BEFORE = {
    "n_tracks": Observable("tracks", 0, 1000, 50),
    "n_photons": Observable("photons", 0, 1000, 50),
    "n_neutral": Observable("neutral hadrons", 0, 1000, 50),
    "n_tracks_cut": Observable("tracks, PT > 0.5 GeV", 0, 1000, 50),
    "n_photons_cut": Observable("photons, ET > 1 GeV", 0, 600, 50),
    "n_neutral_cut": Observable("neutral hadrons, ET > 1 GeV", 0, 600, 50),
    "n_electrons": Observable("electrons", 0, 5, 5),
    "n_muons": Observable("muons", 0, 5, 5),
    "track_pt": Observable("PT of tracks, GeV", 0, 20, 50),
    "track_eta": Observable("η of tracks", -5, 5, 50),
    "track_phi": Observable("φ of tracks", -3.2, 3.2, 32),
    "track_r": Observable("distance of a track's origin from the beam, mm", 0, 5, 50),
    "track_z": Observable("z of a track's origin, mm", -200, 200, 50),
    "photon_et": Observable("ET of photons, GeV", 0, 20, 50),
    "photon_eta": Observable("η of photons", -5, 5, 50),
    "neutral_et": Observable("ET of neutral hadrons, GeV", 0, 20, 50),
    "neutral_eta": Observable("η of neutral hadrons", -5, 5, 50),
    "jet_pt": Observable("PT of jets, GeV", 0, 400, 50),
    "jet_eta": Observable("η of jets", -5, 5, 50),
    "jet_phi": Observable("φ of jets", -3.2, 3.2, 32),
    "jet_mass": Observable("mass of jets, GeV", 0, 80, 40),
    "met_before": Observable("MET, GeV, all events", 0, 300, 50),
    "lepton_pt": Observable("PT of leptons, GeV", 0, 200, 50),
    "isolation": Observable("isolation of leptons with PT > 23 GeV", 0, 5, 50),
}
# Of selected events: HIGH_LEVEL under its names, MT with its root, and these.
AFTER = {
    "HT": Observable("HT, GeV", 0, 1500, 50),
    "MET": Observable("MET, GeV", 0, 300, 50),
    "PhiMET": Observable("φ of MET", -3.2, 3.2, 32),
    "MT": Observable("transverse mass of lepton and MET, GeV", 0, 200, 50),
    "nJets": Observable("jets, PT > 30 GeV, |η| < 2.6", 0, 15, 15),
    "nBjets": Observable("b-tagged jets of those", 0, 8, 8),
    "LepPt": Observable("PT of the lepton, GeV", 0, 200, 50),
    "LepEta": Observable("η of the lepton", -3, 3, 30),
    "LepPhi": Observable("φ of the lepton", -3.2, 3.2, 32),
    "LepIsoCh": Observable("isolation, charged", 0, 0.45, 45),
    "LepIsoGamma": Observable("isolation, photons", 0, 0.45, 45),
    "LepIsoNeu": Observable("isolation, neutral hadrons", 0, 0.45, 45),
    "LepCharge": Observable("charge of the lepton", -1, 2, 3),
    "LepIsEle": Observable("lepton is an electron", 0, 2, 2),
    "rows": Observable("rows of the sequence", 0, 810, 54),
    "top_mass": Observable("mass of b, j, j nearest to 172.5 GeV, GeV", 100, 300, 50),
    "top_mass_hardest": Observable("mass of the b, j, j of largest PT, GeV", 0, 500, 50),
    "w_mass": Observable("mass of that j, j, GeV", 0, 300, 50),
}
OBSERVABLES = BEFORE | AFTER


def momentum(pt, eta, phi, mass):
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.array([np.sqrt(px**2 + py**2 + pz**2 + mass**2), px, py, pz])


def mass_of(p):
    return float(np.sqrt(max(p[0]**2 - p[1]**2 - p[2]**2 - p[3]**2, 0)))


def before_cuts(event, maps):
    yield from (("n_electrons", len(event["Electron.PT"])), ("n_muons", len(event["MuonTight.PT"])))
    for short, name, pt in (("tracks", "EFlowTrack", "PT"), ("photons", "EFlowPhoton", "ET"),
                            ("neutral", "EFlowNeutralHadron", "ET")):
        yield f"n_{short}", len(event[f"{name}.{pt}"])
        yield f"n_{short}_cut", len(maps[name].pt)
        one = short.removesuffix("s")
        yield f"{one}_{pt.lower()}", event[f"{name}.{pt}"]
        yield f"{one}_eta", event[f"{name}.Eta"]
    yield "track_phi", event["EFlowTrack.Phi"]
    yield "track_r", np.hypot(event["EFlowTrack.X"], event["EFlowTrack.Y"])
    yield "track_z", event["EFlowTrack.Z"]
    for leaf in ("PT", "Eta", "Phi", "Mass"):
        yield f"jet_{leaf.lower()}", event[f"Jet.{leaf}"]
    yield "met_before", event["MissingET.MET"][0]
    for name in ("Electron", "MuonTight"):
        yield "lepton_pt", event[f"{name}.PT"]
        yield "isolation", [sum(around) for around in isolations(event, name, maps)]


def isolations(event, name, maps):
    """Of every lepton that is hard enough, in mode "fixed"."""
    for pt, eta, phi in zip(*(event[f"{name}.{leaf}"].astype("f8")
                              for leaf in ("PT", "Eta", "Phi")), strict=True):
        if pt > 23:
            vector = reference.particle(pt, eta, phi)
            tracks = maps["EFlowTrack"]
            same = np.flatnonzero(reference.distance(vector, tracks.eta, tracks.phi) <= 1e-4)
            own = ("EFlowTrack", same[0]) if len(same) else None
            yield reference.isolations(vector, maps, "fixed", own)


def after_cuts(event, lepton, maps):
    high = reference.high_level(event, lepton, "fixed")
    yield from zip(reference.HIGH_LEVEL, high, strict=True)
    tracks = maps["EFlowTrack"]
    others = (reference.distance(lepton.vector, tracks.eta, tracks.phi) > 1e-4).sum()
    counts = {name: len(around.pt) for name, around in maps.items()} | {"EFlowTrack": others}
    yield "rows", 1 + sum(min(n, reference.CAPS[name]) for name, n in counts.items())
    yield from tops(event)


def tops(event):
    """Masses of a b-tagged jet and two others; none where there are not so many."""
    good = (event["Jet.PT"] > 30) & (np.abs(event["Jet.Eta"]) < 2.6)
    jets = momentum(*(event[f"Jet.{leaf}"][good].astype("f8")
                      for leaf in ("PT", "Eta", "Phi", "Mass"))).T
    tagged = event["Jet.BTag"][good] > 0
    pairs = [a + b for a, b in itertools.combinations(jets[~tagged], 2)]
    triples = [(b + pair, pair) for b in jets[tagged] for pair in pairs]
    if triples:
        yield "top_mass", min((mass_of(p) for p, _ in triples), key=lambda m: abs(m - TOP_GEV))
        top, pair = max(triples, key=lambda two: np.hypot(two[0][1], two[0][2]))
        yield from (("top_mass_hardest", mass_of(top)), ("w_mass", mass_of(pair)))


class Sample(NamedTuple):
    name: str
    cuts: dict  # how many events each of reference.CUTS got
    values: dict  # of each observable


def measure(name, path, mode="fixed", n_events=None):
    """Reads a sample; muons are MuonTight, where there is such a branch, or Muon."""
    cuts, values = dict.fromkeys(reference.CUTS, 0), collections.defaultdict(list)
    with uproot.open(path) as file:
        tree = file["Delphes"]
        names = {key.rsplit("/", 1)[-1] for key in tree.keys()}
        muons = "MuonTight" if "MuonTight.PT" in names else "Muon"
        for event in reference.read_events(tree, muons, stop=n_events,
                                           more=("Jet.Phi", "Jet.Mass")):
            cut, lepton, maps = reference.select(event, mode)
            cuts[cut] += 1
            found = [*before_cuts(event, maps)]
            found += after_cuts(event, lepton, maps) if lepton else ()
            for observable, value in found:
                values[observable].append(np.atleast_1d(value))
    return Sample(name, cuts, {key: np.concatenate(values[key]).astype("f8") if values[key]
                               else np.empty(0) for key in OBSERVABLES})


# ---- side by side ----

def distance(a, b):
    """Kolmogorov's: of the cumulative distributions, the largest difference; and its 95 % limit."""
    if not len(a) or not len(b):
        return np.nan, np.nan
    where = np.concatenate([a, b])
    steps = [np.searchsorted(np.sort(x), where, "right") / len(x) for x in (a, b)]
    return np.abs(steps[0] - steps[1]).max(), 1.36 * np.sqrt(1 / len(a) + 1 / len(b))


def line(words):
    return "| " + " | ".join(map(str, words)) + " |"


def cuts_table(samples):
    yield line(["", *(sample.name for sample in samples)])
    yield line(["---", *["---:"] * len(samples)])
    yield line(["events", *(f"{sum(sample.cuts.values()):,}" for sample in samples)])
    for cut in reference.CUTS:
        cells = []
        for sample in samples:
            n, total = sample.cuts[cut], sum(sample.cuts.values())
            share = n / total
            cells.append(f"{share:.4f} ± {np.sqrt(share * (1 - share) / total):.4f}")
        yield line([cut, *cells])


def cell(values):
    if not len(values):
        return "–"
    error = values.std() / np.sqrt(len(values))
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return f"{values.mean():.4g} ± {error:.2g} ({low:.3g}, {middle:.3g}, {high:.3g})"


def values_table(samples, observables):
    first, *others = samples
    yield line(["mean ± its error (quantiles 0.1, 0.5, 0.9)", *(sample.name for sample in samples),
                *(f"distance {sample.name}" for sample in others)])
    yield line(["---", *["---:"] * (len(samples) + len(others))])
    for key, observable in observables.items():
        far = [distance(first.values[key], sample.values[key]) for sample in others]
        yield line([observable.title.replace("|", "\\|"),
                    *(cell(sample.values[key]) for sample in samples),
                    *(f"{d:.3f} ({limit:.3f})" for d, limit in far)])


def report(samples):
    yield from ["## Selection\n", *cuts_table(samples)]
    yield from ["\n## Before the selection\n", *values_table(samples, BEFORE)]
    yield from ["\n## After the selection\n", *values_table(samples, AFTER)]


def draw(beamline, folder, samples):
    """A picture an observable, a curve a sample, all of area 1. A row of the file that is drawn is
    a sample, and has values in its own column only."""
    import pyarrow as pa
    import pyarrow.parquet
    folder.mkdir(parents=True, exist_ok=True)
    for key, observable in OBSERVABLES.items():
        shown = [sample for sample in samples if len(sample.values[key])]
        if not shown:
            continue
        columns = {sample.name: pa.array([sample.values[key] if other is sample else []
                                          for other in shown], pa.list_(pa.float64()))
                   for sample in shown}
        columns["share"] = pa.array([1 / len(sample.values[key]) for sample in shown])
        with tempfile.TemporaryDirectory() as work:
            path = pathlib.Path(work, "values.parquet")
            pyarrow.parquet.write_table(pa.table(columns), path)
            curves = [word for sample in shown for word in ("--expr", f"`{sample.name}`")]
            subprocess.run([beamline, "hist", "-q", path, *curves, "--weight", "share", "--bins",
                            f"{observable.n_bins},{observable.low},{observable.high}",
                            "--x-title", observable.title, "--y-title", "share of a bin",
                            "--overwrite", "-o", folder / f"{key}.svg"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("samples", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--events", type=int)
    parser.add_argument("--mode", choices=reference.MODES, default="fixed")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--draw", type=pathlib.Path)
    parser.add_argument("--beamline", default="beamline")
    options = parser.parse_args()
    samples = [measure(*sample.split("=", 1), options.mode, options.events)
               for sample in options.samples]
    text = "\n".join(report(samples)) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)
    if options.draw:
        draw(options.beamline, options.draw, samples)


if __name__ == "__main__":
    main()
