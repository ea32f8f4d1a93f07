# SPDX-License-Identifier: Apache-2.0
"""The topology recipe in plain NumPy, one event at a time: what ours and everybody's must give.

An event is a dictionary of its leaves, "EFlowTrack.PT" and so on, each an array; all computing is
in float64. Mode "compat" repeats the published data, their faults included, "fixed" mends those.
"""

from typing import NamedTuple

import numpy as np

MODES = ("compat", "fixed")
N_ROWS, N_COLUMNS = 801, 19
COLUMNS = ("Energy", "Px", "Py", "Pz", "Pt", "Eta", "Phi", "vtxX", "vtxY", "vtxZ", "ChPFIso",
           "GammaPFIso", "NeuPFIso", "isChHad", "isNeuHad", "isGamma", "isEle", "isMu", "Charge")
HIGH_LEVEL = ("HT", "MET", "PhiMET", "MT", "nJets", "nBjets", "LepPt", "LepEta", "LepPhi",
              "LepIsoCh", "LepIsoGamma", "LepIsoNeu", "LepCharge", "LepIsEle")
CAPS = {"EFlowTrack": 450, "EFlowPhoton": 150, "EFlowNeutralHadron": 200}
# What stops an event, in the order of the cuts; the last is not stopped.
CUTS = ("no lepton", "empty map", "no isolated lepton", "taken")
NO_LEPTON, NO_PARTICLES, NOT_ISOLATED, TAKEN = CUTS
LEAVES = {"EFlowTrack": ("PT", "Eta", "Phi", "PID", "Charge", "X", "Y", "Z"),
          "EFlowPhoton": ("ET", "Eta", "Phi"), "EFlowNeutralHadron": ("ET", "Eta", "Phi"),
          "Electron": ("PT", "Eta", "Phi", "Charge"), "MuonTight": ("PT", "Eta", "Phi", "Charge"),
          "MissingET": ("MET", "Phi"), "Jet": ("PT", "Eta", "BTag")}


class Map(NamedTuple):
    """The particles of one kind that are counted at all; eta and phi as they stand in the file."""
    pt: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    at: np.ndarray  # where each stands in its collection


class Particle(NamedTuple):
    """A massless four-vector, with pt, eta and phi computed back from it."""
    energy: float
    px: float
    py: float
    pz: float
    pt: float
    eta: float
    phi: float


class Lepton(NamedTuple):
    vector: Particle
    isolation: tuple  # charged, photons, neutral
    charge: float
    is_electron: bool


def particle(pt, eta, phi):
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = np.sqrt(px * px + py * py + pz * pz)
    cosine = pz / energy
    return Particle(energy, px, py, pz, np.sqrt(px * px + py * py),
                    -0.5 * np.log((1 - cosine) / (1 + cosine)), np.arctan2(py, px))


def folded(phi):
    """Into ±π, of a difference of two angles."""
    return np.where(phi > np.pi, phi - 2 * np.pi, np.where(phi < -np.pi, phi + 2 * np.pi, phi))


def distance(vector, eta, phi):
    return np.sqrt((eta - vector.eta) ** 2 + folded(phi - vector.phi) ** 2)


def map_of(event, name, pt, cut):
    at = np.flatnonzero(event[f"{name}.{pt}"] > cut)
    return Map(*(event[f"{name}.{leaf}"][at].astype("f8") for leaf in (pt, "Eta", "Phi")), at)


def maps_of(event):
    return {"EFlowTrack": map_of(event, "EFlowTrack", "PT", 0.5),
            "EFlowPhoton": map_of(event, "EFlowPhoton", "ET", 1.0),
            "EFlowNeutralHadron": map_of(event, "EFlowNeutralHadron", "ET", 1.0)}


def isolation(vector, around, mode, is_tracks, own):
    """Sum of pt in a cone of 0.3 over pt. "fixed" leaves out the particle itself, at index own;
    "compat" has no folding, and takes 1 from the sum of tracks, whether it is there or not."""
    if vector.pt <= 0:
        return 0.0
    phi = around.phi - vector.phi
    phi = folded(phi) if mode == "fixed" else phi
    near = (around.eta - vector.eta) ** 2 + phi ** 2 < 0.3 * 0.3
    if mode == "fixed" and own is not None:
        near[own] = False
    return np.sum(around.pt[near]) / vector.pt - (1 if mode == "compat" and is_tracks else 0)


def isolations(vector, maps, mode, own):
    """own: the particle's own collection and its index there in the map, or None."""
    return tuple(isolation(vector, maps[name], mode, name == "EFlowTrack",
                           own[1] if own and own[0] == name else None)
                 for name in ("EFlowTrack", "EFlowPhoton", "EFlowNeutralHadron"))


def lepton_of(event, name, maps, mode):
    """The first in the file that is hard and isolated."""
    for pt, eta, phi, charge in zip(*(event[f"{name}.{leaf}"].astype("f8")
                                      for leaf in LEAVES["Electron"]), strict=True):
        vector = particle(pt, eta, phi)
        tracks = maps["EFlowTrack"]
        same = np.flatnonzero(distance(vector, tracks.eta, tracks.phi) <= 1e-4)
        around = isolations(vector, maps, mode, ("EFlowTrack", same[0]) if len(same) else None)
        if pt > 23 and sum(around) < 0.45:
            return Lepton(vector, around, charge, name == "Electron")
    return None


def choose(electron, muon, mode):
    if not electron or not muon:
        return electron or muon
    key = "eta" if mode == "compat" else "pt"
    return electron if getattr(electron.vector, key) > getattr(muon.vector, key) else muon


def row(vector, isolation, *, vertex=(0, 0, 0), kind, charge):
    flags = [float(kind == name) for name in COLUMNS[13:18]]
    charged, photons, neutral = isolation
    return [*vector, *vertex, charged, photons, neutral, *flags, charge]


def track_kind(event, i, mode):
    pid = int(event["EFlowTrack.PID"][i])
    if mode == "compat":
        return "isChHad", np.sign(pid)
    return {11: "isEle", 13: "isMu"}.get(abs(pid), "isChHad"), event["EFlowTrack.Charge"][i]


def within_cap(indices, pt, cap, mode):
    """As many as may be: the first, or the hardest, then as they stood."""
    if mode == "fixed":
        indices = np.sort(indices[np.argsort(-pt[indices], kind="stable")[:cap]])
    return indices[:cap]


def rows_of(event, lepton, maps, mode):
    yield row(lepton.vector, lepton.isolation, kind="isEle" if lepton.is_electron else "isMu",
              charge=lepton.charge)
    for name, kind in (("EFlowTrack", ""), ("EFlowPhoton", "isGamma"),
                       ("EFlowNeutralHadron", "isNeuHad")):
        around, charge, vertex = maps[name], 0, (0, 0, 0)
        indices = np.arange(len(around.pt))
        if name == "EFlowTrack":
            indices = indices[distance(lepton.vector, around.eta, around.phi) > 1e-4]
        for k in within_cap(indices, around.pt, CAPS[name], mode):
            pt, eta, phi = around.pt[k], around.eta[k], around.phi[k]
            vector = particle(pt, eta, phi)
            near = isolations(vector, maps, mode, (name, k))
            if name == "EFlowTrack":
                i = around.at[k]
                kind, charge = track_kind(event, i, mode)
                vertex = [event[f"EFlowTrack.{axis}"][i] for axis in "XYZ"]
            shown = vector._replace(pt=pt, eta=eta, phi=phi)  # as they stand in the file
            yield row(shown, near, vertex=vertex, kind=kind, charge=charge)


def high_level(event, lepton, mode):
    jets = (event["Jet.PT"] > 30) & (np.abs(event["Jet.Eta"]) < 2.6)
    met, phi_met = float(event["MissingET.MET"][0]), float(event["MissingET.Phi"][0])
    vector = lepton.vector
    mt2 = 2 * met * vector.pt * (1 - np.cos(vector.phi - phi_met))
    return np.array([event["Jet.PT"][jets].astype("f8").sum(), met, phi_met,
                     mt2 if mode == "compat" else np.sqrt(mt2), jets.sum(),
                     (event["Jet.BTag"][jets] > 0).sum(), vector.pt, vector.eta, vector.phi,
                     *lepton.isolation, lepton.charge, lepton.is_electron], "f8")


def select(event, mode):
    """What stops the event or TAKEN, its lepton, its maps."""
    maps = maps_of(event)
    if len(event["Electron.PT"]) + len(event["MuonTight.PT"]) == 0:
        return NO_LEPTON, None, maps
    if any(len(around.pt) == 0 for around in maps.values()):
        return NO_PARTICLES, None, maps
    lepton = choose(*(lepton_of(event, name, maps, mode) for name in ("Electron", "MuonTight")),
                    mode)
    return TAKEN if lepton else NOT_ISOLATED, lepton, maps


def topology(event, mode):
    """What stops the event or TAKEN, its 14 high-level features, its rows of 19 (at most 801)."""
    cut, lepton, maps = select(event, mode)
    if cut != TAKEN:
        return cut, None, None
    rows = np.array(list(rows_of(event, lepton, maps, mode)), "f8")
    return cut, high_level(event, lepton, mode), rows


def padded(rows):
    return np.concatenate([rows, np.zeros((N_ROWS - len(rows), N_COLUMNS))])


def read_events(tree, muons="MuonTight", start=None, stop=None, more=()):
    """The events of an uproot tree; the muons are those of the branch named."""
    names = {f"{name}.{leaf}": f"{muons if name == 'MuonTight' else name}.{leaf}"
             for name, leaves in LEAVES.items() for leaf in leaves} | {name: name for name in more}
    columns = {name: tree[there].array(library="np", entry_start=start, entry_stop=stop)
               for name, there in names.items()}
    for values in zip(*columns.values(), strict=True):
        yield {name: np.asarray(value) for name, value in zip(columns, values, strict=True)}
