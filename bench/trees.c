// SPDX-License-Identifier: Apache-2.0
// What is in each tree. Collections, their lengths, the kinds of their members and the bits kept of
// a float follow the files that the experiments publish; names that say no more than others are
// numbered.
#include "bench/trees.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MEMBERS(...) \
    COUNT(((const bench_member[]){__VA_ARGS__})), (const bench_member[]) { __VA_ARGS__ }

// CMS NanoAOD: the sizes of its collections, some hundred triggers, floats cut to about 10 bits.
#define FOUR_MOMENTUM                                                                    \
    {"pt", BENCH_FALLING, 1, 0}, {"eta", BENCH_ETA, 1, 0}, {"phi", BENCH_ANGLE, 1, 0}, { \
        "mass", BENCH_FALLING, 1, 0                                                      \
    }
// clang-format off
static const bench_group nano[] = {
    {"", NULL, 0, MEMBERS({"run", BENCH_RUN, 1, 0}, {"luminosityBlock", BENCH_LUMI, 1, 0},
                          {"event", BENCH_EVENT, 1, 0}, {"genWeight", BENCH_CONSTANT, 1, 0},
                          {"PV_z", BENCH_GAUSS, 1, 0}, {"fixedGridRhoFastjet", BENCH_FALLING, 9, 0},
                          {"MET_pt", BENCH_FALLING, 14, 0}, {"MET_phi", BENCH_ANGLE, 14, 0},
                          {"MET_cov", BENCH_FALLING, 20, 0}, {"Generator_x", BENCH_UNIT, 8, 0},
                          {"Pileup", BENCH_SMALL, 6, 0}, {"PV_n", BENCH_SMALL, 4, 0},
                          {"BeamSpot", BENCH_CONSTANT, 6, 0}, {"Flag_filter", BENCH_FLAG, 30, 0},
                          {"HTXS", BENCH_BYTE, 8, 0}, {"L1PreFiringWeight", BENCH_UNIT, 9, 0})},
    {"HLT_Path", NULL, 0, MEMBERS({"", BENCH_RARE, 560, 0})},
    {"Electron_", "nElectron", 1.1, MEMBERS(FOUR_MOMENTUM, {"charge", BENCH_PDG, 1, 0},
        {"mva", BENCH_UNIT, 8, 0}, {"iso", BENCH_FALLING, 8, 0}, {"dxy", BENCH_GAUSS, 14, 0},
        {"cutBased", BENCH_SMALL, 4, 0}, {"Idx", BENCH_INDEX, 6, 0}, {"bitmap", BENCH_BITS, 2, 0},
        {"flag", BENCH_FLAG, 10, 0}, {"code", BENCH_BYTE, 4, 0})},
    {"Muon_", "nMuon", 1.3, MEMBERS(FOUR_MOMENTUM, {"charge", BENCH_PDG, 1, 0},
        {"mva", BENCH_UNIT, 4, 0}, {"iso", BENCH_FALLING, 8, 0}, {"dxy", BENCH_GAUSS, 12, 0},
        {"nHits", BENCH_SMALL, 4, 0}, {"Idx", BENCH_INDEX, 4, 0}, {"flag", BENCH_FLAG, 16, 0},
        {"Id", BENCH_BYTE, 10, 0})},
    {"Photon_", "nPhoton", 1.7, MEMBERS(FOUR_MOMENTUM, {"shape", BENCH_UNIT, 12, 0},
        {"iso", BENCH_FALLING, 6, 0}, {"cutBased", BENCH_SMALL, 3, 0}, {"Idx", BENCH_INDEX, 3, 0},
        {"flag", BENCH_FLAG, 6, 0})},
    {"Tau_", "nTau", 1.1, MEMBERS(FOUR_MOMENTUM, {"raw", BENCH_UNIT, 16, 0},
        {"iso", BENCH_FALLING, 6, 0}, {"dxy", BENCH_GAUSS, 4, 0}, {"mode", BENCH_SMALL, 3, 0},
        {"Idx", BENCH_INDEX, 3, 0}, {"id", BENCH_BYTE, 14, 0}, {"flag", BENCH_FLAG, 2, 0})},
    {"Jet_", "nJet", 7.5, MEMBERS(FOUR_MOMENTUM, {"btag", BENCH_UNIT, 10, 0},
        {"EF", BENCH_UNIT, 6, 0}, {"factor", BENCH_GAUSS, 4, 0}, {"area", BENCH_UNIT, 1, 0},
        {"nConstituents", BENCH_SMALL, 6, 0}, {"Id", BENCH_SMALL, 3, 0}, {"Idx", BENCH_INDEX, 6, 0},
        {"flavour", BENCH_PDG, 2, 0}, {"clean", BENCH_BYTE, 2, 0})},
    {"FatJet_", "nFatJet", 0.7, MEMBERS(FOUR_MOMENTUM, {"score", BENCH_UNIT, 24, 0},
        {"tau", BENCH_UNIT, 8, 0}, {"factor", BENCH_GAUSS, 3, 0}, {"Id", BENCH_SMALL, 3, 0},
        {"Idx", BENCH_INDEX, 5, 0})},
    {"SubJet_", "nSubJet", 1.3, MEMBERS(FOUR_MOMENTUM, {"btag", BENCH_UNIT, 2, 0},
        {"tau", BENCH_UNIT, 8, 0}, {"flavour", BENCH_PDG, 2, 0})},
    {"SV_", "nSV", 1.5, MEMBERS(FOUR_MOMENTUM, {"dlen", BENCH_FALLING, 6, 0},
        {"x", BENCH_GAUSS, 5, 0}, {"ntracks", BENCH_SMALL, 2, 0})},
    {"TrigObj_", "nTrigObj", 9, MEMBERS(FOUR_MOMENTUM, {"l1pt", BENCH_FALLING, 3, 0},
        {"id", BENCH_PDG, 1, 0}, {"filterBits", BENCH_BITS, 1, 0}, {"l1iso", BENCH_SMALL, 2, 0})},
    {"SoftActivityJet_", "nSoftActivityJet", 5.5, MEMBERS(FOUR_MOMENTUM)},
    {"CorrT1METJet_", "nCorrT1METJet", 9, MEMBERS(FOUR_MOMENTUM, {"area", BENCH_UNIT, 2, 0})},
    {"IsoTrack_", "nIsoTrack", 0.6, MEMBERS(FOUR_MOMENTUM, {"dxy", BENCH_GAUSS, 4, 0},
        {"pdgId", BENCH_PDG, 1, 0}, {"flag", BENCH_FLAG, 3, 0})},
    {"LowPtElectron_", "nLowPtElectron", 1.2, MEMBERS(FOUR_MOMENTUM, {"ID", BENCH_UNIT, 6, 0},
        {"dxy", BENCH_GAUSS, 10, 0}, {"Idx", BENCH_INDEX, 3, 0}, {"flag", BENCH_FLAG, 3, 0})},
    {"GenPart_", "nGenPart", 45, MEMBERS(FOUR_MOMENTUM, {"pdgId", BENCH_PDG, 1, 0},
        {"status", BENCH_SMALL, 1, 0}, {"statusFlags", BENCH_BITS, 1, 0},
        {"genPartIdxMother", BENCH_INDEX, 1, 0})},
    {"GenJet_", "nGenJet", 8, MEMBERS(FOUR_MOMENTUM, {"flavour", BENCH_PDG, 1, 0},
        {"hadronFlavour", BENCH_BYTE, 1, 0})},
    {"GenVisTau_", "nGenVisTau", 0.3, MEMBERS(FOUR_MOMENTUM, {"status", BENCH_SMALL, 3, 0})},
    {"LHEPart_", "nLHEPart", 6, MEMBERS(FOUR_MOMENTUM, {"pdgId", BENCH_PDG, 1, 0},
        {"status", BENCH_SMALL, 2, 0})},
    {"LHEPdfWeight", "nLHEPdfWeight", 103, MEMBERS({"", BENCH_WEIGHT, 1, 0})},
    {"LHEScaleWeight", "nLHEScaleWeight", 9, MEMBERS({"", BENCH_WEIGHT, 1, 0})},
    {"PSWeight", "nPSWeight", 4, MEMBERS({"", BENCH_WEIGHT, 1, 0})},
    {"GenJetAK8_", "nGenJetAK8", 0.8, MEMBERS(FOUR_MOMENTUM, {"flavour", BENCH_PDG, 2, 0})},
    {"GenDressedLepton_", "nGenDressedLepton", 1.2, MEMBERS(FOUR_MOMENTUM, {"pdgId", BENCH_PDG, 1, 0},
        {"hasTauAnc", BENCH_FLAG, 1, 0})},
    {"FsrPhoton_", "nFsrPhoton", 0.2, MEMBERS(FOUR_MOMENTUM, {"iso", BENCH_FALLING, 3, 0},
        {"Idx", BENCH_INDEX, 2, 0})},
    {"OtherPV_", "nOtherPV", 3, MEMBERS({"z", BENCH_GAUSS, 1, 0}, {"score", BENCH_FALLING, 1, 0})},
    {"Jet_variation_", "nJet_variation", 7.5, MEMBERS({"pt", BENCH_SPARSE, 60, 0})},
    {"Boosted_", "nBoosted", 0.4, MEMBERS(FOUR_MOMENTUM, {"raw", BENCH_UNIT, 12, 0},
        {"iso", BENCH_FALLING, 6, 0}, {"Idx", BENCH_INDEX, 3, 0}, {"id", BENCH_BYTE, 8, 0})},
};

// ATLAS DAOD_PHYSLITE: vectors in vectors, links, detector words, floats cut to about 12 bits.
#define XAOD \
    {"pt", BENCH_FALLING, 1, 0}, {"eta", BENCH_ETA, 1, 0}, {"phi", BENCH_ANGLE, 1, 0}, \
        {"Link_key", BENCH_KEY, 2, 0}, {"Link_index", BENCH_LINK, 2, 0}
static const bench_group physlite[] = {
    {"EventInfoAuxDyn.", NULL, 0, MEMBERS({"runNumber", BENCH_RUN, 1, 0},
        {"lumiBlock", BENCH_LUMI, 1, 0}, {"eventNumber", BENCH_EVENT, 1, 0},
        {"InteractionsPerCrossing", BENCH_FALLING, 2, 0}, {"beamPos", BENCH_GAUSS, 6, 0},
        {"eventFlags", BENCH_ZERO, 8, 0}, {"passed", BENCH_RARE, 12, 0},
        {"weight", BENCH_GAUSS, 1, 0})},
    {"EventInfoAuxDyn.mcEventWeights", NULL, 30, MEMBERS({"", BENCH_WEIGHT, 1, 0})},
    {"AnalysisElectronsAuxDyn.", NULL, 2.2, MEMBERS(XAOD, {"iso", BENCH_FALLING, 10, 0},
        {"LH", BENCH_UNIT, 6, 0}, {"author", BENCH_SMALL, 4, 0}, {"OQ", BENCH_BITS, 2, 0},
        {"DFCommon", BENCH_BYTE, 10, 0}, {"trackLinks", BENCH_LINK, 2, 1.6})},
    {"AnalysisMuonsAuxDyn.", NULL, 1.4, MEMBERS(XAOD, {"iso", BENCH_FALLING, 10, 0},
        {"chi2", BENCH_FALLING, 6, 0}, {"nLayers", BENCH_BYTE, 12, 0}, {"type", BENCH_SMALL, 4, 0},
        {"segmentLinks", BENCH_LINK, 2, 3})},
    {"AnalysisPhotonsAuxDyn.", NULL, 1.6, MEMBERS(XAOD, {"iso", BENCH_FALLING, 8, 0},
        {"shape", BENCH_UNIT, 14, 0}, {"OQ", BENCH_BITS, 2, 0}, {"vertexLinks", BENCH_LINK, 2, 1})},
    {"AnalysisTauJetsAuxDyn.", NULL, 1.5, MEMBERS(XAOD, {"score", BENCH_UNIT, 8, 0},
        {"nTracks", BENCH_SMALL, 4, 0}, {"trackLinks", BENCH_LINK, 2, 3.5})},
    {"AnalysisJetsAuxDyn.", NULL, 9, MEMBERS(XAOD, {"m", BENCH_FALLING, 6, 0},
        {"Width", BENCH_UNIT, 6, 0}, {"Jvt", BENCH_UNIT, 4, 0}, {"flag", BENCH_BYTE, 6, 0},
        {"NumTrkPt", BENCH_SMALL, 3, 12}, {"SumPtTrkPt", BENCH_FALLING, 3, 12},
        {"EnergyPerSampling", BENCH_FALLING, 1, 28}, {"GhostTrack", BENCH_LINK, 2, 8})},
    {"BTagging_AntiKt4EMPFlowAuxDyn.", NULL, 9, MEMBERS({"p", BENCH_UNIT, 18, 0},
        {"SV1_N", BENCH_SMALL, 4, 0}, {"SV1_mass", BENCH_SPARSE, 8, 0},
        {"weight", BENCH_GAUSS, 2, 4})},
    {"InDetTrackParticlesAuxDyn.", NULL, 34, MEMBERS({"theta", BENCH_ETA, 1, 0},
        {"phi", BENCH_ANGLE, 1, 0}, {"d0", BENCH_GAUSS, 2, 0}, {"qOverP", BENCH_GAUSS, 1, 0},
        {"chiSquared", BENCH_FALLING, 2, 0}, {"hits", BENCH_BYTE, 14, 0},
        {"hitPattern", BENCH_BITS, 1, 0}, {"patternRecoInfo", BENCH_WORD, 1, 0},
        {"definingParametersCovMatrixDiag", BENCH_GAUSS, 1, 5},
        {"definingParametersCovMatrixOffDiag", BENCH_GAUSS, 1, 10}, {"vertexLink", BENCH_LINK, 2, 0})},
    {"PrimaryVerticesAuxDyn.", NULL, 22, MEMBERS({"x", BENCH_GAUSS, 3, 0},
        {"chiSquared", BENCH_FALLING, 2, 0}, {"sumPt2", BENCH_FALLING, 1, 0},
        {"vertexType", BENCH_BYTE, 1, 0}, {"trackLinks", BENCH_LINK, 2, 4})},
    {"egammaClustersAuxDyn.", NULL, 3.5, MEMBERS({"calEta", BENCH_ETA, 2, 0},
        {"calPhi", BENCH_ANGLE, 2, 0}, {"calE", BENCH_FALLING, 2, 0},
        {"E_sampl", BENCH_FALLING, 2, 14}, {"eta_sampl", BENCH_ETA, 2, 14},
        {"clusterSize", BENCH_WORD, 1, 0})},
    {"TruthParticlesAuxDyn.", NULL, 14, MEMBERS({"pdgId", BENCH_PDG, 1, 0},
        {"barcode", BENCH_LINK, 1, 0}, {"status", BENCH_SMALL, 1, 0}, {"px", BENCH_GAUSS, 3, 0},
        {"e", BENCH_FALLING, 2, 0}, {"parentLinks", BENCH_LINK, 2, 1.2},
        {"childLinks", BENCH_LINK, 2, 1.5}, {"classifier", BENCH_LINK, 4, 0})},
    {"HLTNav_SummaryAuxDyn.", NULL, 12, MEMBERS({"name", BENCH_LINK, 1, 0},
        {"linkColIndices", BENCH_LINK, 2, 3}, {"decisions", BENCH_LINK, 1, 5},
        {"word", BENCH_WORD, 2, 2})},
    {"METAssocAuxDyn.", NULL, 8, MEMBERS({"calpx", BENCH_GAUSS, 4, 3}, {"trkpx", BENCH_GAUSS, 4, 3},
        {"isJet", BENCH_BYTE, 1, 0}, {"overlapIndices", BENCH_WORD, 2, 2})},
};

// Delphes: members of split TClonesArrays, long lists, floats as they were computed.
#define TOBJECT {"fUniqueID", BENCH_ZERO, 1, 0}, {"fBits", BENCH_ZERO, 1, 0}
#define PT_ETA_PHI {"PT", BENCH_FALLING, 1, 0}, {"Eta", BENCH_ETA, 1, 0}, {"Phi", BENCH_ANGLE, 1, 0}
static const bench_group delphes[] = {
    {"Event.", "Event_size", 1, MEMBERS(TOBJECT, {"Number", BENCH_SMALL, 1, 0},
        {"Weight", BENCH_GAUSS, 8, 0}, {"ProcessID", BENCH_SMALL, 2, 0})},
    {"Particle.", "Particle_size", 420, MEMBERS(TOBJECT, {"PID", BENCH_PDG, 1, 0},
        {"Status", BENCH_SMALL, 1, 0}, {"M", BENCH_INDEX, 2, 0}, {"D", BENCH_INDEX, 2, 0},
        {"Charge", BENCH_INDEX, 1, 0}, {"Mass", BENCH_SPARSE, 1, 0}, {"E", BENCH_FALLING, 1, 0},
        {"P", BENCH_GAUSS, 4, 0}, PT_ETA_PHI, {"Rapidity", BENCH_ETA, 2, 0},
        {"Vertex", BENCH_SPARSE, 6, 0})},
    {"Track.", "Track_size", 75, MEMBERS(TOBJECT, {"PID", BENCH_PDG, 1, 0},
        {"Charge", BENCH_INDEX, 1, 0}, {"P", BENCH_FALLING, 1, 0}, PT_ETA_PHI,
        {"Outer", BENCH_GAUSS, 6, 0}, {"D0", BENCH_GAUSS, 4, 0}, {"Error", BENCH_FALLING, 6, 0},
        {"VertexIndex", BENCH_SMALL, 1, 0})},
    {"Tower.", "Tower_size", 210, MEMBERS(TOBJECT, {"ET", BENCH_FALLING, 1, 0},
        {"Eta", BENCH_ETA, 1, 0}, {"Phi", BENCH_ANGLE, 1, 0}, {"E", BENCH_FALLING, 1, 0},
        {"T", BENCH_GAUSS, 1, 0}, {"NTimeHits", BENCH_SMALL, 1, 0}, {"Eem", BENCH_SPARSE, 1, 0},
        {"Ehad", BENCH_SPARSE, 1, 0})},
    {"EFlowPhoton.", "EFlowPhoton_size", 110, MEMBERS(TOBJECT, {"ET", BENCH_FALLING, 1, 0},
        {"Eta", BENCH_ETA, 1, 0}, {"Phi", BENCH_ANGLE, 1, 0}, {"E", BENCH_FALLING, 2, 0},
        {"T", BENCH_GAUSS, 1, 0}, {"NTimeHits", BENCH_SMALL, 1, 0})},
    {"Jet.", "Jet_size", 5, MEMBERS(TOBJECT, PT_ETA_PHI, {"T", BENCH_GAUSS, 1, 0},
        {"Mass", BENCH_FALLING, 1, 0}, {"DeltaEta", BENCH_UNIT, 2, 0}, {"Flavor", BENCH_PDG, 3, 0},
        {"BTag", BENCH_SMALL, 3, 0}, {"Charge", BENCH_SMALL, 3, 0}, {"Tau", BENCH_UNIT, 5, 0},
        {"MeanSqDeltaR", BENCH_UNIT, 4, 0}, {"SoftDrop", BENCH_FALLING, 8, 0})},
    {"GenJet.", "GenJet_size", 5, MEMBERS(TOBJECT, PT_ETA_PHI, {"Mass", BENCH_FALLING, 1, 0},
        {"DeltaEta", BENCH_UNIT, 2, 0}, {"Charge", BENCH_SMALL, 3, 0}, {"Tau", BENCH_UNIT, 5, 0})},
    {"Electron.", "Electron_size", 0.4, MEMBERS(TOBJECT, PT_ETA_PHI, {"T", BENCH_GAUSS, 1, 0},
        {"Charge", BENCH_SMALL, 1, 0}, {"Isolation", BENCH_UNIT, 6, 0})},
    {"Photon.", "Photon_size", 0.6, MEMBERS(TOBJECT, PT_ETA_PHI, {"E", BENCH_FALLING, 1, 0},
        {"T", BENCH_GAUSS, 1, 0}, {"Isolation", BENCH_UNIT, 6, 0}, {"Status", BENCH_SMALL, 1, 0})},
    {"Muon.", "Muon_size", 0.4, MEMBERS(TOBJECT, PT_ETA_PHI, {"T", BENCH_GAUSS, 1, 0},
        {"Charge", BENCH_SMALL, 1, 0}, {"Isolation", BENCH_UNIT, 6, 0})},
    {"MissingET.", "MissingET_size", 1, MEMBERS(TOBJECT, {"MET", BENCH_FALLING, 1, 0},
        {"Eta", BENCH_ETA, 1, 0}, {"Phi", BENCH_ANGLE, 1, 0})},
    {"ScalarHT.", "ScalarHT_size", 1, MEMBERS(TOBJECT, {"HT", BENCH_FALLING, 1, 0})},
};

// For programs that look at a file without reading its columns: 2,000 of them.
static const bench_group wide[] = {
    {"flat", NULL, 0, MEMBERS({"", BENCH_GAUSS, 1400, 0})},
    {"item", "n_items", 3, MEMBERS({"", BENCH_FALLING, 599, 0})},
};
// clang-format on

// Clusters: NanoAOD flushes after 10 MB compressed, Delphes after ROOT's 30 MB, PHYSLITE after
// some hundred events. Baskets: one a cluster and column where that is less than these.
static const bench_tree trees[] = {
    {"nano", "Events", COUNT(nano), nano, 10, 40 << 20, 256 << 10},
    {"physlite", "CollectionTree", COUNT(physlite), physlite, 12, 16 << 20, 128 << 10},
    {"delphes", "Delphes", COUNT(delphes), delphes, 23, 60 << 20, 64 << 10},
    {"wide", "Events", COUNT(wide), wide, 10, 16 << 20, 32 << 10},
};

const bench_tree *bench_tree_find(const char *name) {
    for (size_t i = 0; i < COUNT(trees); i++)
        if (strcmp(trees[i].name, name) == 0)
            return &trees[i];
    return NULL;
}

static size_t count_columns(const bench_tree *tree) {
    size_t n = 0;
    for (size_t g = 0; g < tree->n_groups; g++) {
        n += tree->groups[g].counter != NULL;
        for (size_t m = 0; m < tree->groups[g].n_members; m++)
            n += tree->groups[g].members[m].n_columns;
    }
    return n;
}

static void name_column(bench_column *column, unsigned i) {
    const char *prefix = column->group->prefix, *name = column->member->name;
    if (column->member->n_columns == 1)
        snprintf(column->name, sizeof column->name, "%s%s", prefix, name);
    else
        snprintf(column->name, sizeof column->name, "%s%s%u", prefix, name, i);
}

size_t bench_tree_columns(const bench_tree *tree, bench_column **ret_columns) {
    size_t n = count_columns(tree), k = 0;
    bench_column *columns = n ? calloc(n, sizeof *columns) : NULL;
    if (!columns)
        return 0;
    for (size_t g = 0; g < tree->n_groups; g++) {
        const bench_group *group = &tree->groups[g];
        if (group->counter) {
            columns[k] = (bench_column){.group = group, .group_index = g};
            snprintf(columns[k++].name, sizeof columns->name, "%s", group->counter);
        }
        for (size_t m = 0; m < group->n_members; m++)
            for (unsigned i = 0; i < group->members[m].n_columns; i++) {
                columns[k] =
                    (bench_column){.group = group, .group_index = g, .member = &group->members[m]};
                name_column(&columns[k++], i);
            }
    }
    *ret_columns = columns;
    return n;
}

static double width(bl_type_id type) {
    return type == BL_BOOL || type == BL_UINT8 ? 1 : type == BL_UINT64 ? 8 : 4;
}

static double member_bytes(const bench_group *group, const bench_member *member) {
    enum { POSITION = 4, VECTOR_HEADER = 10, VECTOR_SIZE = 4 };
    double item = width(bench_kind_type(member->kind));
    if (group->mean <= 0)
        return item;
    if (member->mean > 0)
        item = VECTOR_SIZE + member->mean * item;
    return POSITION + (group->counter ? 0 : VECTOR_HEADER) + group->mean * item;
}

double bench_tree_row_bytes(const bench_tree *tree) {
    double bytes = 0;
    for (size_t g = 0; g < tree->n_groups; g++) {
        const bench_group *group = &tree->groups[g];
        bytes += group->counter ? 4 : 0;
        for (size_t m = 0; m < group->n_members; m++)
            bytes += group->members[m].n_columns * member_bytes(group, &group->members[m]);
    }
    return bytes;
}
