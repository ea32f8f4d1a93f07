# SPDX-License-Identifier: Apache-2.0
"""Random events for the topology recipe, as uproot writes them: no physics, but every rule of the
recipe decides something in a few hundred of them, and values lie on every limit.

usage: topology_events.py FILE N_EVENTS [SEED]
"""

import sys

import awkward as ak
import numpy as np
import uproot

PIECE = 500
FLAVOURS = {"Electron": 11, "MuonTight": 13}


def particles(rng, mean, steps):
    """pt, eta, phi of as many as Poisson draws; where steps, pt is a multiple of 1/4: ties, and
    some on the thresholds."""
    n = rng.poisson(mean)
    pt = rng.exponential(1.5, n) + 0.2
    pt = np.round(4 * pt) / 4 if steps else pt
    return {"PT": pt, "Eta": rng.normal(0, 2, n), "Phi": rng.uniform(-np.pi, np.pi, n)}


def leptons(rng, pid):
    n = rng.choice([0, 1, 2, 3], p=[0.4, 0.4, 0.15, 0.05])
    phi = np.where(rng.random(n) < 0.3, np.copysign(3.1, rng.normal(size=n)), 1) \
        * rng.uniform(0.99, 1.013, n)
    return {"PT": np.where(rng.random(n) < 0.1, 23, rng.uniform(10, 90, n)),
            "Eta": rng.normal(0, 1.2, n), "Phi": phi, "Charge": rng.choice([-1, 1], n),
            "PID": np.full(n, pid)}


def with_tracks_of(rng, tracks, found):
    """Most leptons are among the tracks, some twice, a hair apart; at any place."""
    n = len(tracks["PT"])
    columns = {**tracks, "PID": rng.choice([211, -211, 321, -2212, 0], n),
               "Charge": rng.choice([-1, 1], n)}
    for lepton in found:
        times = rng.choice([0, 1, 2], len(lepton["PT"]), p=[0.1, 0.8, 0.1])
        again = {name: np.repeat(values, times) for name, values in lepton.items()}
        again["PID"] = -again["PID"] * again["Charge"]
        again["Eta"] = again["Eta"] + rng.choice([0, 5e-5, 2e-4], len(again["PT"]))
        columns = {name: np.concatenate([columns[name], again[name]]) for name in columns}
    order = rng.permutation(len(columns["PT"]))
    columns = {name: values[order] for name, values in columns.items()}
    return columns | {axis: rng.normal(0, 10, len(order)) for axis in "XYZ"}


def event(rng):
    steps, size = rng.random() < 0.5, rng.choice([0.1, 0.8, 1.1])
    photons, neutral = (particles(rng, mean * size, steps) for mean in (280, 380))
    if rng.random() < 0.04:
        neutral["PT"] = np.minimum(neutral["PT"], 1)
    found = {name: leptons(rng, pid) for name, pid in FLAVOURS.items()}
    tracks = with_tracks_of(rng, particles(rng, 600 * size, steps), found.values())
    n = rng.poisson(6)
    jets = {"PT": rng.choice([20., 30., 31.5, 80.25, 300.], n), "BTag": rng.choice([0, 1, 2], n),
            "Eta": rng.choice([-2.6, -2.5, 0.1, 1.7, 2.6, 4.], n)}
    met = {"MET": rng.exponential(40, 1), "Phi": rng.uniform(-np.pi, np.pi, 1)}
    for towers in (photons, neutral):
        towers["ET"] = towers.pop("PT")
    for lepton in found.values():
        del lepton["PID"]
    return {"EFlowTrack": tracks, "EFlowPhoton": photons, "EFlowNeutralHadron": neutral, **found,
            "MissingET": met, "Jet": jets}


def make(path, n, seed=1):
    rng = np.random.default_rng(seed)
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        tree = None
        for done in range(0, n, PIECE):
            events = [event(rng) for _ in range(min(PIECE, n - done))]
            columns = {}
            for name, leaves in events[0].items():
                for leaf in leaves:
                    kind = "i4" if leaf in ("PID", "Charge", "BTag") else "f4"
                    values = [one[name][leaf].astype(kind) for one in events]
                    columns[f"{name}.{leaf}"] = ak.unflatten(np.concatenate(values),
                                                             [len(one) for one in values])
            if not tree:
                tree = file.mktree("Delphes", {name: str(ak.type(values)).split(" * ", 1)[1]
                                               for name, values in columns.items()})
            tree.extend(columns)


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:]))
