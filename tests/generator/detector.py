# SPDX-License-Identifier: Apache-2.0
"""A fast detector like Delphes' of CMS: particles in, the collections of a Delphes file out.

The numbers are those of Delphes' public cards of CMS, the one with pile-up among them, but for the
significance of towers: 1 brings as many as the published samples have, 2 half. GeV, mm, rad.
Left out: the bending of tracks on their way to the calorimeter, the correction of tracks by the
calorimeter, fake leptons and the isolation of leptons (the recipe has its own).
"""

from collections.abc import Callable
from typing import NamedTuple

import awkward as ak
import fastjet
import numpy as np

PARTICLE = np.dtype([("pid", "i4"), ("charge", "i4"), ("pt", "f8"), ("eta", "f8"), ("phi", "f8"),
                     ("energy", "f8"), ("x", "f8"), ("y", "f8"), ("z", "f8"), ("pile_up", "?")])
HADRON, ELECTRON, MUON = range(3)

# ---- the parameters ----

TRACK_PT, TRACK_ETA, TRACK_RADIUS, TRACK_LENGTH = 0.1, 2.5, 1290, 3000
# Efficiency: |η| below 1.5, above; PT below 1 GeV, below 100 GeV, above.
EFFICIENCY_ETA, EFFICIENCY_PT = 1.5, (1, 100)
EFFICIENCY = np.array([[[0.70, 0.95, 0.95], [0.60, 0.85, 0.85]],   # hadrons
                       [[0.73, 0.95, 0.99], [0.50, 0.83, 0.90]],   # electrons
                       [[0.75, 0.99, 0.99], [0.70, 0.98, 0.98]]])  # muons
# σ(PT)/PT = √(a² + (b·PT)²), a then b for |η| below 0.5, 1.5, 2.5.
RESOLUTION_ETA = (0.5, 1.5)
RESOLUTION = np.array([[[0.06, 0.10, 0.25], [1.3e-3, 1.7e-3, 3.1e-3]],
                       [[0.03, 0.05, 0.15], [1.3e-3, 1.7e-3, 3.1e-3]],
                       [[0.010, 0.015, 0.025], [1.0e-4, 1.5e-4, 3.5e-4]]])
# Leptons that are found as such: PT, |η|, and efficiency below |η| of 1.5 and above.
LEPTON_PT, LEPTON_ETA = 10, {ELECTRON: 2.5, MUON: 2.4}
LEPTON_EFFICIENCY = {ELECTRON: (0.95, 0.85), MUON: (0.95, 0.95)}
# A jet with a lepton that is isolated is that lepton, and is left out. Isolated: Σ PT of the others
# above 0.5 GeV in a cone of 0.5, without what pile-up brings, over the lepton's PT.
ISOLATION_CONE, ISOLATION_PT, ISOLATION_MAX = 0.5, 0.5, {ELECTRON: 0.12, MUON: 0.25}
# Share of the energy that ECAL takes, where HCAL does not take it all; leptons leave nothing there.
ECAL_SHARE = {11: 1, 22: 1, 111: 1, 310: 0.3, 3122: 0.3}
INVISIBLE = (12, 13, 14, 16)
JET_RADIUS, JET_PT, FLAVOUR_ETA = 0.5, 20, 2.5
JET_VERTEX = 0.1  # charged pile-up farther than this from the vertex along z is kept out of jets
MEDIAN_GRID = (np.linspace(-5, 5, 11), np.linspace(-np.pi, np.pi, 7))  # for the density of pile-up


def ecal_sigma(eta, energy):
    inner = np.sqrt((0.008 * energy)**2 + 0.11**2 * energy + 0.40**2)
    return np.where(eta < 1.5, (1 + 0.64 * eta**2) * inner,
                    np.where(eta < 2.5, (2.16 + 5.6 * (eta - 2)**2) * inner,
                             np.sqrt((0.107 * energy)**2 + 2.08**2 * energy)))


def hcal_sigma(eta, energy):
    a, b = np.where(eta < 3, 0.05, 0.13), np.where(eta < 3, 1.5, 2.7)
    return np.sqrt((a * energy)**2 + b**2 * energy)


class Calorimeter(NamedTuple):
    edges: np.ndarray  # of its rings in η
    n_phi: np.ndarray  # towers of each ring
    sigma: Callable  # of |η| and energy
    energy_min: float
    significance_min: float


def calorimeter(sigma, *parts, energy_min, significance_min=1):
    """parts: upper edges in |η|, and how many towers go round between them."""
    edges = np.concatenate([edges for edges, _ in parts])
    n_phi = np.concatenate([np.full(len(edges), n) for edges, n in parts])
    return Calorimeter(np.concatenate([-edges[::-1], [0], edges]),
                       np.concatenate([n_phi[::-1], n_phi]), sigma, energy_min, significance_min)


FORWARD = (3.125, 3.3, 3.475, 3.65, 3.825, 4, 4.175, 4.35, 4.525)
ECAL = calorimeter(ecal_sigma, (0.0174 * np.arange(1, 171), 360), ((*FORWARD, 4.7, 5), 36),
                   energy_min=0.5)
HCAL = calorimeter(hcal_sigma, (0.087 * np.arange(1, 20), 72),
                   ((1.74, 1.83, 1.93, 2.043, 2.172, 2.322, 2.5, 2.65, 2.868, 2.95, *FORWARD), 36),
                   ((4.7, 5), 18), energy_min=1)


def tag_efficiency(flavour, pt):
    """Of a jet with a b hadron (5), a c hadron (4) or none (0)."""
    return np.select([flavour == 5, flavour == 4],
                     [0.85 * np.tanh(0.0025 * pt) * 25 / (1 + 0.063 * pt),
                      0.25 * np.tanh(0.018 * pt) / (1 + 0.0013 * pt)], 0.01 + 3.8e-5 * pt)


# ---- the response ----

def smeared(rng, mean, sigma):
    """Log-normal of this mean and width, so that nothing becomes negative."""
    width = np.sqrt(np.log1p((sigma / np.maximum(mean, 1e-9))**2))
    return mean * np.exp(width * rng.standard_normal(len(mean)) - width**2 / 2)


def kind_of(pid):
    return np.select([np.abs(pid) == 11, np.abs(pid) == 13], [ELECTRON, MUON], HADRON)


def relative_resolution(tracks):
    a, b = np.moveaxis(RESOLUTION[kind_of(tracks["pid"]), :, np.searchsorted(
        RESOLUTION_ETA, np.abs(tracks["eta"]))], -1, 0)
    return np.sqrt(a**2 + (b * tracks["pt"])**2)


def find_tracks(rng, particles):
    """The charged particles that are found, smeared; and the relative error of each."""
    eta = np.abs(particles["eta"])
    tracks = particles[(particles["charge"] != 0) & (eta < TRACK_ETA) &
                       (particles["pt"] > TRACK_PT) & (np.abs(particles["z"]) < TRACK_LENGTH) &
                       (np.hypot(particles["x"], particles["y"]) < TRACK_RADIUS)]
    found = EFFICIENCY[kind_of(tracks["pid"]), (np.abs(tracks["eta"]) > EFFICIENCY_ETA).astype(int),
                       np.searchsorted(EFFICIENCY_PT, tracks["pt"])]
    tracks = tracks[rng.random(len(tracks)) < found]
    relative = relative_resolution(tracks)
    factor = smeared(rng, np.ones(len(tracks)), relative)
    tracks["pt"] *= factor
    tracks["energy"] *= factor
    return tracks, relative


def ecal_share(pid):
    return sum(share * (np.abs(pid) == kind) for kind, share in ECAL_SHARE.items())


def energies(pid):
    """Shares of ECAL and HCAL."""
    ecal = ecal_share(pid)
    return ecal, np.where(np.isin(np.abs(pid), INVISIBLE), 0, 1 - ecal)


def neutral_excess(rng, where, particles, tracks, shares):
    """What towers show beyond the tracks that hit them. shares: of the energy, for each particle
    and for each track; then the relative error of each track."""
    of_particles, of_tracks, track_errors = shares
    first = np.concatenate([[0], np.cumsum(where.n_phi)])

    def towers(of):
        ring = np.searchsorted(where.edges, of["eta"], "right") - 1
        step = ((of["phi"] + np.pi) / (2 * np.pi) * where.n_phi[ring]).astype(int)
        return first[ring] + np.minimum(step, where.n_phi[ring] - 1)

    hit = (of_particles > 0) & (np.abs(particles["eta"]) < where.edges[-1])
    energy = np.bincount(towers(particles[hit]), (of_particles * particles["energy"])[hit],
                         first[-1])
    tower = np.flatnonzero(energy)
    ring = np.searchsorted(first, tower, "right") - 1
    middle = np.abs(where.edges[ring] + where.edges[ring + 1]) / 2
    energy = smeared(rng, energy[tower], where.sigma(middle, energy[tower]))
    sigma = where.sigma(middle, energy)
    energy[(energy < where.energy_min) | (energy < where.significance_min * sigma)] = 0
    charged = of_tracks * tracks["energy"]
    at = towers(tracks)
    excess = energy - np.bincount(at, charged, first[-1])[tower]
    sigma = np.sqrt(sigma**2 + np.bincount(at, (charged * track_errors)**2, first[-1])[tower])
    kept = (excess > where.energy_min) & (excess > where.significance_min * sigma)
    tower, ring, excess = tower[kept], ring[kept], excess[kept]
    eta = rng.uniform(where.edges[ring], where.edges[ring + 1])
    phi = (tower - first[ring] + rng.random(len(tower))) / where.n_phi[ring] * 2 * np.pi - np.pi
    return {"ET": excess / np.cosh(eta), "Eta": eta, "Phi": phi, "E": excess}


def find_leptons(rng, tracks, kind):
    """Electrons or muons: their tracks, if they are hard enough and luck has it."""
    eta = np.abs(tracks["eta"])
    near, far = LEPTON_EFFICIENCY[kind]
    found = (kind_of(tracks["pid"]) == kind) & (tracks["pt"] > LEPTON_PT) & (
        eta < LEPTON_ETA[kind]) & (rng.random(len(tracks)) < np.where(eta < 1.5, near, far))
    tracks = np.sort(tracks[found], order="pt")[::-1]
    return {"PT": tracks["pt"], "Eta": tracks["eta"], "Phi": tracks["phi"],
            "Charge": tracks["charge"]}


def distance(eta, phi, of):
    """ΔR of each pair: [one at eta and phi, one of the others]."""
    delta = np.abs(np.subtract.outer(phi, of["phi"]))
    return np.hypot(np.subtract.outer(eta, of["eta"]), np.minimum(delta, 2 * np.pi - delta))


def flow(tracks, *towers):
    """Everything as PT, η, φ, massless."""
    parts = [(tracks["pt"], tracks["eta"], tracks["phi"])]
    parts += [(tower["ET"], tower["Eta"], tower["Phi"]) for tower in towers]
    return np.concatenate(parts, axis=1)


def density(objects):
    """Of transverse momentum per η and φ: the median of a grid's cells."""
    pt, eta, phi = objects
    areas = np.multiply.outer(*map(np.diff, MEDIAN_GRID))
    return np.median(np.histogram2d(eta, phi, MEDIAN_GRID, weights=pt)[0] / areas)


def isolated(lepton, kind, objects, rho):
    """η and φ of those leptons that are no jets; objects are all but electrons and muons."""
    pt, eta, phi = objects
    near = distance(lepton["Eta"], lepton["Phi"], {"eta": eta, "phi": phi}) < ISOLATION_CONE
    around = near @ np.where(pt > ISOLATION_PT, pt, 0) - rho * np.pi * ISOLATION_CONE**2
    kept = around < ISOLATION_MAX[kind] * lepton["PT"]
    return np.stack([lepton["Eta"][kept], lepton["Phi"][kept]])


def find_jets(rng, objects, leptons, heavy, rho):
    """Anti-kT; the area times the density of the event is taken from each. leptons are η and φ of
    those that are no jets, heavy the b and c hadrons: pid (5 or 4), eta, phi."""
    pt, eta, phi = objects
    momenta = ak.zip({"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta),
                      "E": pt * np.cosh(eta)}, with_name="Momentum4D")
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, JET_RADIUS)
    jets = fastjet.ClusterSequence(momenta, definition).inclusive_jets(min_pt=JET_PT)
    px, py, pz, energy = (ak.to_numpy(jets[axis]) for axis in ("px", "py", "pz", "E"))
    hard = np.hypot(px, py)
    kept = 1 - rho * np.pi * JET_RADIUS**2 / hard
    mass = kept * np.sqrt(np.maximum(energy**2 - hard**2 - pz**2, 0))
    jet = {"PT": kept * hard, "Eta": np.arcsinh(pz / hard), "Phi": np.arctan2(py, px),
           "Mass": mass}
    is_lepton = np.any(distance(jet["Eta"], jet["Phi"], {"eta": leptons[0], "phi": leptons[1]})
                       < JET_RADIUS, axis=1)
    order = np.argsort(-jet["PT"])
    order = order[((jet["PT"] > JET_PT) & ~is_lepton)[order]]
    jet = {name: values[order] for name, values in jet.items()}
    inside = (distance(jet["Eta"], jet["Phi"], heavy) < JET_RADIUS) * heavy["pid"]
    flavour = inside.max(axis=1, initial=0)
    chance = np.where(np.abs(jet["Eta"]) < FLAVOUR_ETA, tag_efficiency(flavour, jet["PT"]), 0)
    return jet | {"BTag": rng.random(len(flavour)) < chance}


def missing(objects):
    pt, _, phi = objects
    px, py = -np.sum(pt * np.cos(phi)), -np.sum(pt * np.sin(phi))
    return {"MET": np.array([np.hypot(px, py)]), "Eta": np.zeros(1),
            "Phi": np.array([np.arctan2(py, px)])}


def respond(rng, particles, heavy, vertex_z):
    """The collections of one event, each a dictionary of leaves. particles are all that are stable,
    pile-up among them; heavy the b and c hadrons, with pid 5 and 4; vertex_z is where the hard
    collision was."""
    tracks, errors = find_tracks(rng, particles)
    photons, neutral = (neutral_excess(rng, where, particles, tracks, (*shares, errors))
                        for where, *shares in zip((ECAL, HCAL), energies(particles["pid"]),
                                                  energies(tracks["pid"]), strict=True))
    near = ~tracks["pile_up"] | (np.abs(tracks["z"] - vertex_z) < JET_VERTEX)
    close = flow(tracks[near], photons, neutral)
    others = flow(tracks[kind_of(tracks["pid"]) == HADRON], photons, neutral)
    electrons, muons = (find_leptons(rng, tracks, kind) for kind in (ELECTRON, MUON))
    rho = density(close)
    alone = np.concatenate([isolated(leptons, kind, others, rho) for leptons, kind in
                            ((electrons, ELECTRON), (muons, MUON))], axis=1)
    return {"EFlowTrack": {"PID": tracks["pid"], "Charge": tracks["charge"], "PT": tracks["pt"],
                           "Eta": tracks["eta"], "Phi": tracks["phi"], "X": tracks["x"],
                           "Y": tracks["y"], "Z": tracks["z"]},
            "EFlowPhoton": photons, "EFlowNeutralHadron": neutral,
            "Electron": electrons, "MuonTight": muons,
            "Jet": find_jets(rng, close, alone, heavy, rho),
            "MissingET": missing(flow(tracks, photons, neutral))}
