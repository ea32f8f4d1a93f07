// SPDX-License-Identifier: Apache-2.0
/// \file
/// The one table of what the event generator believes of nature and of the detector:
/// X(name with its unit, value, why). docs/generator.md tells it with its sources; everything that
/// depends on η besides is in detector.c.
#ifndef BL_HEP_GENERATOR_PARAMETERS_H
#define BL_HEP_GENERATOR_PARAMETERS_H

#define BL_GENERATOR_PARAMETERS(X)                                                                 \
    /* particles */                                                                                \
    X(top_mass_gev, 172.8, "PDG, direct measurements")                                             \
    X(top_width_gev, 1.42, "PDG")                                                                  \
    X(w_mass_gev, 80.38, "PDG")                                                                    \
    X(w_width_gev, 2.085, "PDG")                                                                   \
    X(bottom_mass_gev, 4.8, "of the quark in t → bW")                                              \
    X(b_hadron_mass_gev, 5.28, "B mesons")                                                         \
    X(c_hadron_mass_gev, 1.87, "D mesons")                                                         \
    X(tau_mass_gev, 1.777, "PDG")                                                                  \
    X(electron_mass_gev, 0.000511, "PDG")                                                          \
    X(muon_mass_gev, 0.1057, "PDG")                                                                \
    X(pion_mass_gev, 0.1396, "PDG")                                                                \
    X(kaon_mass_gev, 0.4937, "PDG")                                                                \
    X(b_hadron_ctau_mm, 0.46, "PDG, mean of B mesons")                                             \
    X(c_hadron_ctau_mm, 0.20, "PDG, mean of D0 and D+")                                            \
    X(tau_ctau_mm, 0.087, "PDG")                                                                   \
    /* branching fractions */                                                                      \
    X(w_to_each_lepton, 0.1086, "PDG; the rest goes to quarks")                                    \
    X(b_to_each_lepton, 0.107, "PDG, e or μ, without those of charm")                              \
    X(b_to_tau, 0.025, "PDG")                                                                      \
    X(c_to_each_lepton, 0.095, "PDG, e or μ, mean of D0 and D+")                                   \
    X(tau_to_each_lepton, 0.176, "PDG, e or μ")                                                    \
    /* hard processes */                                                                           \
    X(top_pt_scale_gev, 230, "P(> pT) = (1 + (pT/scale)²)^−power: mean pT near 115 GeV")           \
    X(top_pt_power, 4, "falls as measured at 13 TeV up to 800 GeV")                                \
    X(top_rapidity_spread, 1.0, "of the tt̄ system")                                                \
    X(top_gap_spread, 0.8, "of half the rapidity difference of the tops")                          \
    X(ttbar_pt_scale_gev, 42, "transverse momentum of the tt̄ system: median 38 GeV")               \
    X(ttbar_pt_power, 1.15, "tail of hard radiation")                                              \
    X(ttbar_extra_partons, 1.8, "mean number of further partons above their least pT")             \
    X(w_pt_scale_gev, 17, "transverse momentum of W: median 12 GeV")                               \
    X(w_pt_power, 1.45, "P(> 30 GeV) 0.13, P(> 100 GeV) 0.005")                                    \
    X(w_rapidity_reach, 3.2, "half width of the plateau in rapidity of W at 13 TeV")               \
    X(w_plus_part, 0.58, "W+ of all W: more u than d in protons")                                  \
    X(w_extra_partons, 0.7, "mean number of further partons above their least pT")                 \
    X(qcd_least_pt_gev, 28, "below it no lepton passes the filter")                                \
    X(qcd_pt_power, 3.4, "P(> pT) of the hard scattering, ~ pT^−power")                            \
    X(qcd_rapidity_spread, 1.4, "of the dijet system")                                             \
    X(qcd_gap_spread, 1.0, "of half the rapidity difference of the jets")                          \
    X(qcd_extra_partons, 0.9, "mean number of further partons above their least pT")               \
    X(qcd_bottom_part, 0.45, "bb̄ of all: cc̄ jets are twice as frequent, decay half as often to ℓ") \
    X(qcd_both_part, 0.35, "flavour creation: both hard jets are heavy")                           \
    X(qcd_splitting_part, 0.35, "gluon splitting: both heavy quarks are in one jet")               \
    X(radiation_least_pt_gev, 10, "of a further parton")                                           \
    X(radiation_power, 2.0, "P(> pT) ~ pT^−power of a further parton")                             \
    X(radiation_rapidity_spread, 1.8, "of all radiated partons")                                   \
    X(recoil_charm_part, 0.08, "of recoiling partons in W+jets: sg → Wc and gluon splitting")      \
    X(recoil_bottom_part, 0.015, "the same, b")                                                    \
    /* the filter of the samples */                                                                \
    X(filter_pt_gev, 13, "an electron or muon above it in every event of ttbar and wjets")         \
    X(filter_qcd_pt_gev, 22, "the same of qcd; they give the published lepton efficiencies")       \
    X(filter_eta, 2.5, "and within it: the tracker's reach")                                       \
    /* from partons to particles */                                                                \
    X(shower_end_gev, 1.0, "least transverse momentum of an emission")                             \
    X(shower_lambda_gev, 0.12, "α_s(kT) = 1 / (0.61 ln(kT²/Λ²)), one loop, five flavours")         \
    X(shower_reach, 1.0, "largest angle of an emission, as ΔR")                                    \
    X(hadrons_per_rapidity, 2.4, "density of hadrons along a parton")                              \
    X(hadron_kt_gev, 0.30, "Gaussian spread of each component of a hadron's kT")                   \
    X(peterson_bottom, 0.006, "ε of the b fragmentation function, LEP")                            \
    X(peterson_charm, 0.04, "ε of the c fragmentation function, LEP")                              \
    /* soft particles */                                                                           \
    X(pileup_mean, 12, "interactions besides the hard one: published multiplicities")              \
    X(beam_length_mm, 53, "spread of interactions along the beam")                                 \
    X(beam_width_mm, 0.015, "across it")                                                           \
    X(soft_charged_per_eta, 7.3, "charged hadrons of an inelastic collision, plateau")             \
    X(soft_photons_per_eta, 5.6, "photons, most from π0")                                          \
    X(soft_neutral_per_eta, 1.3, "K_L, K_S, n, Λ")                                                 \
    X(soft_pt_scale_gev, 0.66, "P(> pT) = (1 + (pT/scale)²)^−power: mean pT 0.55 GeV")             \
    X(soft_pt_power, 1.8, "tail of charged hadrons at 13 TeV")                                     \
    X(soft_photon_softness, 0.6, "pT scale of photons to that of hadrons")                         \
    X(underlying_factor, 2.6, "activity under a hard collision to an inelastic one")               \
    X(underlying_hardness, 1.25, "its pT scale to that of an inelastic collision")                 \
    /* detector */                                                                                 \
    X(track_eta, 2.5, "reach of the tracker")                                                      \
    X(calorimeter_eta, 5.0, "reach of the calorimeter")                                            \
    X(fine_photon_eta, 3.0, "up to here photons are told apart, beyond they share cells")          \
    X(least_photon_gev, 0.5, "energy of a photon that is seen")                                    \
    X(least_neutral_gev, 1.0, "energy of a neutral hadron that is seen")                           \
    X(photon_significance, 1,                                                                      \
      "and least energy in units of its resolution: published multiplicities")                     \
    X(neutral_significance, 1, "the same; so it is in files of Delphes 3.4.2")                     \
    X(k_short_as_photon, 0.3, "energy that K_S and Λ leave in the electromagnetic part")           \
    X(least_lepton_gev, 10, "pT of an Electron or MuonTight")                                      \
    /* jets */                                                                                     \
    X(jet_radius, 0.5, "of anti-kT")                                                               \
    X(jet_least_pt_gev, 20, "of a Jet")                                                            \
    X(jet_seed_pt_gev, 1.5, "softer particles join the nearest jet, they do not shape it")         \
    X(jet_track_mm, 0.1, "tracks from farther away along the beam stay out of jets")               \
    X(jet_lepton_cone, 0.5, "around a lepton: how isolated it is, pile-up taken off")              \
    X(jet_electron_isolation, 0.12, "a jet around an electron below it is that electron")          \
    X(jet_muon_isolation, 0.25, "the same of muons")

#define BL_GENERATOR_CONSTANT(name, value, why) \
    static const double name __attribute__((unused)) = (value);
BL_GENERATOR_PARAMETERS(BL_GENERATOR_CONSTANT)
#undef BL_GENERATOR_CONSTANT

#endif
