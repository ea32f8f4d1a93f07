# SPDX-License-Identifier: Apache-2.0
"""The selections of ingest_queries.py for awkward-array: of the columns that each reads, a
function of an array of events.
"""

import awkward as ak
import numpy as np
import vector
from ingest_queries import SKIMMED

vector.register_awkward()


def particles(e, name, *more):
    fields = ("pt", "eta", "phi", "mass", *more)
    return ak.zip({field: e[f"{name}_{field}"] for field in fields}, with_name="Momentum4D")


def q4(e):
    return {"met": e.MET_pt[ak.sum(e.Jet_pt > 40, axis=1) >= 2]}


def q5(e):
    a, b = ak.unzip(ak.combinations(particles(e, "Muon", "charge"), 2))
    mass = (a + b).mass
    return {"met": e.MET_pt[ak.any((a.charge != b.charge) & (mass > 60) & (mass < 120), axis=1)]}


def q6(e):
    e = e[e.nJet >= 3]
    a, b, c = ak.unzip(ak.combinations(particles(e, "Jet", "btag"), 3))
    total = a + b + c
    best = ak.argmin(abs(total.mass - 172.5), axis=1, keepdims=True)
    btag = np.maximum(np.maximum(a.btag, b.btag), c.btag)
    return {"pt3": ak.flatten(total.pt[best]), "btag3": ak.flatten(btag[best])}


def q7(e):
    leptons = ak.concatenate([particles(e, name)
                              [e[f"{name}_pt"] > 10] for name in ("Muon", "Electron")], axis=1)
    jets = particles(e, "Jet")
    jets = jets[jets.pt > 30]
    pairs = ak.cartesian([jets, leptons], nested=True)
    jet, lepton = ak.unzip(pairs)
    near = ak.any(jet.deltaR(lepton) < 0.4, axis=2)
    return {"sumpt": ak.sum(jets.pt[~near], axis=1)}


def q8(e):
    e = e[e.nMuon + e.nElectron >= 3]
    leptons = ak.concatenate([ak.with_field(particles(e, name, "charge"), flavour, "flavour")
                              for flavour, name in enumerate(("Muon", "Electron"))], axis=1)
    leptons["i"] = ak.local_index(leptons.pt, axis=1)
    a, b = ak.unzip(ak.combinations(leptons, 2))
    good = (a.flavour == b.flavour) & (a.charge != b.charge)
    off = ak.where(good, abs((a + b).mass - 91.2), np.inf)
    has = ak.any(good, axis=1)
    e, leptons, a, b, off = e[has], leptons[has], a[has], b[has], off[has]
    best = ak.argmin(off, axis=1, keepdims=True)
    first, second = ak.flatten(a.i[best]), ak.flatten(b.i[best])
    others = leptons[(leptons.i != first) & (leptons.i != second)]
    lead = others[ak.argmax(others.pt, axis=1, keepdims=True)]
    pt, phi = ak.flatten(lead.pt), ak.flatten(lead.phi)
    return {"mt": np.sqrt(2. * pt * e.MET_pt * (1 - np.cos(phi - e.MET_phi)))}


def q9(e):
    return {name: e[name][e.nMuon >= 2] for name in SKIMMED}


def q10(e):
    e = e[(e.nMuon >= 1) & (e.nJet >= 2)]
    hard = e.Jet_pt > 30
    pt, phi = ak.values_astype(e.Jet_pt[hard], "f8"), ak.values_astype(e.Jet_phi[hard], "f8")
    x, y = ak.sum(pt * np.cos(phi), axis=1), ak.sum(pt * np.sin(phi), axis=1)
    return {"ht": ak.sum(pt, axis=1), "mht": np.hypot(x, y), "lead": ak.max(e.Jet_pt, axis=1),
            "mt": np.sqrt(2. * e.Muon_pt[:, 0] * e.MET_pt *
                          (1 - np.cos(e.Muon_phi[:, 0] - e.MET_phi)))}


FOUR = ("pt", "eta", "phi", "mass")
AWKWARD = {
    1: (lambda e: {"met": e.MET_pt}, ["MET_pt"]),
    2: (lambda e: {"pts": e.Jet_pt}, ["Jet_pt"]),
    3: (lambda e: {"pts": e.Jet_pt[abs(e.Jet_eta) < 1]}, ["Jet_pt", "Jet_eta"]),
    4: (q4, ["Jet_pt", "MET_pt"]),
    5: (q5, ["MET_pt", *(f"Muon_{x}" for x in (*FOUR, "charge"))]),
    6: (q6, ["nJet", *(f"Jet_{x}" for x in (*FOUR, "btag"))]),
    7: (q7, [f"{p}_{x}" for p in ("Muon", "Electron", "Jet") for x in FOUR]),
    8: (q8, ["nMuon", "nElectron", "MET_pt", "MET_phi",
             *(f"{p}_{x}" for p in ("Muon", "Electron") for x in (*FOUR, "charge"))]),
    9: (q9, list(SKIMMED)),
    10: (q10, ["nMuon", "nJet", "Jet_pt", "Jet_phi", "Muon_pt", "Muon_phi", "MET_pt", "MET_phi"]),
}
