# SPDX-License-Identifier: Apache-2.0
"""A few events of each process by Pythia and the fast detector: is that physics, does the detector
measure as its table says, and do the files hold it?

usage: pythia_check.py FOLDER
"""

import pathlib
import sys

import awkward as ak
import numpy as np
import pyarrow.parquet
import pythia_events as reference
import uproot
from detector import PARTICLE, respond

N = 30
W_GEV = 80.4
LEPTON_PT = 8  # lower than elsewhere, so that QCD takes no minute


def hardest(particles, pids):
    of_kind = particles[np.isin(np.abs(particles["pid"]), pids)]
    return of_kind[np.argmax(of_kind["pt"])] if len(of_kind) else None


def w_mass(particles):
    """Of the hardest e or μ and the hardest neutrino of its flavour."""
    lepton = hardest(particles, (11, 13))
    neutrino = hardest(particles, (abs(lepton["pid"]) + 1,))
    if neutrino is None:
        return 0
    angles = np.cosh(lepton["eta"] - neutrino["eta"]) - np.cos(lepton["phi"] - neutrino["phi"])
    return np.sqrt(2 * lepton["pt"] * neutrino["pt"] * angles)


def check_particles(process):
    """Before the detector."""
    made = list(reference.hard_events(process, N, 1, LEPTON_PT))
    assert len(made) == N
    for particles, _ in made:
        pt, phi = particles["pt"], particles["phi"]
        assert np.hypot(np.sum(pt * np.cos(phi)), np.sum(pt * np.sin(phi))) < 0.01
        assert abs(np.sum(particles["energy"]) - 13000) < 1
        assert np.sum(particles["charge"]) == 2  # of two protons
        assert hardest(particles, (11, 13))["pt"] > LEPTON_PT
    if process == "ttbar":  # soft ones are not told
        assert sum(np.sum(heavy["pid"] == 5) >= 2 for _, heavy in made) > 0.8 * N
    if process == "wjets":
        assert abs(np.median([w_mass(particles) for particles, _ in made]) - W_GEV) < 3


def fired(pid, charge, n):
    """Particles of 50 GeV in transverse momentum, all around."""
    particles = np.zeros(n, PARTICLE)
    particles["pid"], particles["charge"], particles["pt"], particles["eta"] = pid, charge, 50, 0.3
    particles["phi"] = (np.arange(n) + 0.5) / n * 2 * np.pi - np.pi
    particles["energy"] = 50 * np.cosh(0.3)
    return particles


def check_response():
    rng = np.random.default_rng(1)
    muons = respond(rng, fired(13, -1, 20000), np.empty(0, PARTICLE), 0)
    pt = muons["EFlowTrack"]["PT"]
    assert abs(len(pt) / 20000 - 0.99) < 0.003
    assert abs(len(muons["MuonTight"]["PT"]) / len(pt) - 0.95) < 0.006
    assert abs(pt.mean() - 50) < 0.02 and abs(pt.std() / 50 / np.hypot(0.01, 0.005) - 1) < 0.03
    assert not len(muons["EFlowPhoton"]["E"]) and not len(muons["EFlowNeutralHadron"]["E"])
    photons = respond(rng, fired(22, 0, 360), np.empty(0, PARTICLE), 0)  # in a tower each
    energy, true = photons["EFlowPhoton"]["E"], 50 * np.cosh(0.3)
    sigma = (1 + 0.64 * 0.3**2) * np.sqrt((0.008 * true)**2 + 0.11**2 * true + 0.4**2)
    assert len(energy) == 360 and not len(photons["EFlowTrack"]["PT"])
    assert abs(energy.mean() / true - 1) < 0.01 and abs(energy.std() / sigma - 1) < 0.15


def check_leptons(event):
    """A lepton is its track, to the bit: the recipe finds it so."""
    tracks = event["EFlowTrack"]
    for name, pid in (("Electron", 11), ("MuonTight", 13)):
        for i in range(len(event[name]["PT"])):
            same = np.all([tracks[leaf] == event[name][leaf][i]
                           for leaf in ("PT", "Eta", "Phi")], axis=0)
            assert np.sum(same) == 1
            assert tracks["PID"][same] == -pid * event[name]["Charge"][i]


def check_events(process, folder):
    """After it, and in files."""
    def some(n):
        return list(reference.events(process, n, pile_up=4, lepton_pt=LEPTON_PT))

    made = some(N)
    for event in made:
        check_leptons(event)
        assert np.all(np.abs(event["EFlowTrack"]["Eta"]) < 2.5)
        assert np.all(event["Jet"]["PT"] > 20)
    if process == "ttbar":
        assert sum(np.any(event["Jet"]["BTag"]) for event in made) > N / 3
    again = some(N)
    reference.write(folder / f"{process}.root", made)
    reference.write(folder / f"{process}.parquet", again)
    tree = uproot.open(folder / f"{process}.root")["Delphes"]
    rows = ak.from_arrow(pyarrow.parquet.read_table(folder / f"{process}.parquet"))
    for name, leaves in made[0].items():
        for leaf in leaves:
            values = tree[f"{name}.{leaf}"].array()
            assert ak.to_list(values) == ak.to_list(rows[name, leaf])
            flat = ak.to_numpy(ak.flatten(values))
            assert np.array_equal(flat, np.concatenate(
                [event[name][leaf] for event in made]).astype(flat.dtype))


def main():
    folder = pathlib.Path(sys.argv[1])
    check_response()
    for process in reference.PROCESSES:
        check_particles(process)
        check_events(process, folder)
    print(f"{len(reference.PROCESSES)} processes, {N} events of each")


if __name__ == "__main__":
    main()
