# SPDX-License-Identifier: Apache-2.0
"""A few events of each process by Pythia and the fast detector: is that physics, and is it what the
files hold?

usage: pythia_check.py FOLDER
"""

import pathlib
import sys

import awkward as ak
import numpy as np
import pyarrow.parquet
import pythia_events as reference
import uproot

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
    for particles, heavy in made:
        pt, phi = particles["pt"], particles["phi"]
        assert np.hypot(np.sum(pt * np.cos(phi)), np.sum(pt * np.sin(phi))) < 0.01
        assert abs(np.sum(particles["energy"]) - 13000) < 1
        assert np.sum(particles["charge"]) == 2  # of two protons
        assert hardest(particles, (11, 13))["pt"] > LEPTON_PT
    if process == "ttbar":  # soft ones are not told
        assert sum(np.sum(heavy["pid"] == 5) >= 2 for _, heavy in made) > 0.8 * N
    if process == "wjets":
        assert abs(np.median([w_mass(particles) for particles, _ in made]) - W_GEV) < 3


def check_leptons(event):
    """A lepton is its track, to the bit: the recipe finds it so."""
    tracks = event["EFlowTrack"]
    for name, pid in (("Electron", 11), ("MuonTight", 13)):
        for i in range(len(event[name]["PT"])):
            same = np.all([tracks[leaf] == event[name][leaf][i] for leaf in ("PT", "Eta", "Phi")], 0)
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
            assert np.array_equal(ak.to_numpy(ak.flatten(values)), np.concatenate(
                [event[name][leaf] for event in made]).astype(ak.to_numpy(ak.flatten(values)).dtype))


def main():
    folder = pathlib.Path(sys.argv[1])
    for process in reference.PROCESSES:
        check_particles(process)
        check_events(process, folder)
    print(f"{len(reference.PROCESSES)} processes, {N} events of each")


if __name__ == "__main__":
    main()
