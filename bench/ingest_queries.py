# SPDX-License-Identifier: Apache-2.0
"""Ten selections of growing jaggedness, after the queries of the benchmark of analysis description
languages, for `beamline ingest` and for RDataFrame. Each gives columns of the events that it takes.
"""

SKIMMED = ("run", "luminosityBlock", "event", "PV_npvs", "MET_pt", "MET_phi", "nMuon", "Muon_pt",
           "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge", "nJet", "Jet_pt", "Jet_eta",
           "Jet_phi", "Jet_mass", "Jet_btag")
MUON = "zip(pt=Muon_pt, eta=Muon_eta, phi=Muon_phi, mass=Muon_mass, charge=Muon_charge)"
JET = "zip(pt=Jet_pt, eta=Jet_eta, phi=Jet_phi, mass=Jet_mass, btag=Jet_btag)"
LEPTON = ("zip(" + ", ".join(f"{field}=concat(Muon_{field}, Electron_{field})" for field in
                             ("pt", "eta", "phi", "mass", "charge")) +
          ", flavour=concat(zeros_like(Muon_pt), ones_like(Electron_pt))"
          ", i=local_index(concat(Muon_pt, Electron_pt)))")

# Ours: cuts, hidden variables, columns that are variables, columns that are taken along.
OURS = {
    1: ([], {}, {}, ["MET_pt"]),
    2: ([], {}, {}, ["Jet_pt"]),
    3: ([], {}, {"pts": "Jet_pt[abs(Jet_eta) < 1]"}, []),
    4: (["sum(Jet_pt > 40) >= 2"], {}, {}, ["MET_pt"]),
    5: (["any(opposite & (m > 60) & (m < 120))"],
        {"pair": f"combinations({MUON}, 2)", "m": 'mass(pair["0"], pair["1"])',
         "opposite": 'pair["0"]["charge"] != pair["1"]["charge"]'}, {}, ["MET_pt"]),
    6: (["nJet >= 3"],
        {"jets": f"combinations({JET}, 3)", "a": 'jets["0"]', "b": 'jets["1"]', "c": 'jets["2"]',
         "best": "argmin(abs(mass(a, b, c) - 172.5))"},
        {"pt3": "pt(a, b, c)[best]",
         "btag3": 'maximum(maximum(a["btag"], b["btag"]), c["btag"])[best]'}, []),
    7: ([], {"leptons": "zip(eta=concat(Muon_eta[Muon_pt > 10], Electron_eta[Electron_pt > 10]), "
                        "phi=concat(Muon_phi[Muon_pt > 10], Electron_phi[Electron_pt > 10]))",
             "hard": "Jet_pt > 30",
             "near": "nearest(zip(eta=Jet_eta[hard], phi=Jet_phi[hard]), leptons, 0.4)"},
        {"sumpt": "sum(Jet_pt[hard][is_none(near)])"}, []),
    8: (["nMuon + nElectron >= 3", "any(good)"],
        {"lepton": LEPTON, "pair": "combinations(lepton, 2)", "a": 'pair["0"]', "b": 'pair["1"]',
         "good": '(a["flavour"] == b["flavour"]) & (a["charge"] != b["charge"])',
         "best": "argmin(where(good, abs(mass(a, b) - 91.2), np.inf))",
         "other": '(lepton["i"] != a["i"][best]) & (lepton["i"] != b["i"][best])',
         "lead": 'argmax(where(other, lepton["pt"], -1))'},
        {"mt": 'mt(lepton["pt"][lead], lepton["phi"][lead], MET_pt, MET_phi)'}, []),
    9: (["nMuon >= 2"], {}, {}, list(SKIMMED)),
    10: (["nMuon >= 1 and nJet >= 2"],
         {"hard": "Jet_pt > 30", "jpt": "Jet_pt[hard]", "jphi": "Jet_phi[hard]"},
         {"ht": "sum(jpt)", "mht": "hypot(sum(jpt * cos(jphi)), sum(jpt * sin(jphi)))",
          "lead": "max(Jet_pt)", "mt": "mt(Muon_pt[0], Muon_phi[0], MET_pt, MET_phi)"}, []),
}

# RDataFrame: steps of ("Filter", text) and ("Define", name, text), then the columns.
MASS = """
double px = 0, py = 0, pz = 0, e = 0;
for (auto i : {%s}) {
  double p = %s_pt[i], x = p * cos(%s_phi[i]), y = p * sin(%s_phi[i]), z = p * sinh(%s_eta[i]);
  px += x; py += y; pz += z; e += sqrt(x*x + y*y + z*z + %s_mass[i] * %s_mass[i]);
}
"""


def mass(names, indices):
    return MASS % ((indices,) + (names,) * 6)


RDATAFRAME = {
    1: ([], ["MET_pt"]),
    2: ([], ["Jet_pt"]),
    3: ([("Define", "pts", "Jet_pt[abs(Jet_eta) < 1]")], ["pts"]),
    4: ([("Filter", "Sum(Jet_pt > 40) >= 2")], ["MET_pt"]),
    5: ([("Filter", "for (size_t i = 0; i < nMuon; i++) for (size_t j = i + 1; j < nMuon; j++) {"
          " if (Muon_charge[i] == Muon_charge[j]) continue;" + mass("Muon", "i, j") +
          " double m = sqrt(e*e - px*px - py*py - pz*pz); if (m > 60 && m < 120) return true; }"
          " return false;")], ["MET_pt"]),
    6: ([("Filter", "nJet >= 3"),
         ("Define", "best", "double off = 1e300; std::vector<double> r(2);"
          " for (size_t i = 0; i < nJet; i++) for (size_t j = i + 1; j < nJet; j++)"
          " for (size_t k = j + 1; k < nJet; k++) {" + mass("Jet", "i, j, k") +
          " double m = sqrt(e*e - px*px - py*py - pz*pz); if (std::abs(m - 172.5) < off) {"
          " off = std::abs(m - 172.5); r[0] = sqrt(px*px + py*py);"
          " r[1] = std::max({Jet_btag[i], Jet_btag[j], Jet_btag[k]}); } } return r;"),
         ("Define", "pt3", "best[0]"), ("Define", "btag3", "best[1]")], ["pt3", "btag3"]),
    7: ([("Define", "sumpt", """double sum = 0; for (size_t i = 0; i < nJet; i++) {
          if (Jet_pt[i] <= 30) continue; bool near = false;
          auto look = [&](float pt, float eta, float phi) { if (pt <= 10) return;
            double d = remainder(double(phi) - Jet_phi[i], 2 * M_PI), h = double(eta) - Jet_eta[i];
            near = near || d * d + h * h < 0.16; };
          for (size_t k = 0; k < nMuon; k++) look(Muon_pt[k], Muon_eta[k], Muon_phi[k]);
          for (size_t k = 0; k < nElectron; k++)
            look(Electron_pt[k], Electron_eta[k], Electron_phi[k]);
          if (!near) sum += Jet_pt[i]; } return sum;""")], ["sumpt"]),
    8: ([("Filter", "nMuon + nElectron >= 3"),
         ("Define", "L_pt", "Concatenate(Muon_pt, Electron_pt)"),
         ("Define", "L_eta", "Concatenate(Muon_eta, Electron_eta)"),
         ("Define", "L_phi", "Concatenate(Muon_phi, Electron_phi)"),
         ("Define", "L_mass", "Concatenate(Muon_mass, Electron_mass)"),
         ("Define", "L_charge", "Concatenate(Muon_charge, Electron_charge)"),
         ("Define", "mt", "double off = 1e300; size_t a = 0, b = 0, n = L_pt.size();"
          " for (size_t i = 0; i < n; i++) for (size_t j = i + 1; j < n; j++) {"
          " if ((i < nMuon) != (j < nMuon) || L_charge[i] == L_charge[j]) continue;" +
          mass("L", "i, j") + " double d = std::abs(sqrt(e*e - px*px - py*py - pz*pz) - 91.2);"
          " if (d < off) { off = d; a = i; b = j; } } if (off == 1e300) return -1.;"
          " size_t lead = n;"
          " for (size_t i = 0; i < n; i++)"
          "  if (i != a && i != b && (lead == n || L_pt[i] > L_pt[lead])) lead = i;"
          " return sqrt(2. * L_pt[lead] * MET_pt * (1 - cos(double(L_phi[lead]) - MET_phi)));"),
         ("Filter", "mt >= 0")], ["mt"]),
    9: ([("Filter", "nMuon >= 2")], list(SKIMMED)),
    10: ([("Filter", "nMuon >= 1 && nJet >= 2"), ("Define", "hard", "Jet_pt > 30"),
          ("Define", "jpt", "ROOT::RVec<double>(Jet_pt[hard])"),
          ("Define", "jphi", "ROOT::RVec<double>(Jet_phi[hard])"), ("Define", "ht", "Sum(jpt)"),
          ("Define", "mht", "hypot(Sum(jpt * cos(jphi)), Sum(jpt * sin(jphi)))"),
          ("Define", "lead", "Max(Jet_pt)"),
          ("Define", "mt",
           "sqrt(2. * Muon_pt[0] * MET_pt * (1 - cos(double(Muon_phi[0]) - MET_phi)))")],
         ["ht", "mht", "lead", "mt"]),
}
TITLES = {1: "MET", 2: "pt of all jets", 3: "pt of central jets", 4: "two jets above 40 GeV",
          5: "opposite-charge muon pair near the Z", 6: "three jets nearest to the top mass",
          7: "jets away from leptons", 8: "lepton beside a Z", 9: "skim of 18 columns",
          10: "HT, MHT, leading jet, mT"}
