// SPDX-License-Identifier: Apache-2.0
// The detector, as Delphes has it for CMS: tracks by efficiency and momentum resolution, a
// calorimeter of cells in η and φ, and of each cell what its tracks do not explain. Objects come in
// the order of the cells, by η and then φ.
// Source: resolutions, efficiencies and thresholds of Delphes 3.4.2's CMS card (J. de Favereau et
// al., JHEP 02 (2014) 057). Left out: the way that tracks bend to the calorimeter, bremsstrahlung.
#include <string.h>

#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

// ---- cells ----

/// Rows of cells on one side: up to 1.74, 4.35 and 5.
enum {
    FINE_ROWS = 20,
    COARSE_ROWS = 15,
    FAR_ROWS = 2,
    SIDE_ROWS = FINE_ROWS + COARSE_ROWS + FAR_ROWS,
    FINE_CELLS = 72, ///< of a row, around the beam; then 36, then 18
    SIDE_CELLS = FINE_ROWS * 72 + COARSE_ROWS * 36 + FAR_ROWS * 18,
    N_CELLS = 2 * SIDE_CELLS,
    NONE = -1,
};
static const double fine_width = 0.087, coarse_width = 0.174, far_width = 0.325;
static const double fine_end = 1.74, coarse_end = 4.35;

typedef struct grid_cell {
    float hadrons, photons; ///< energy that arrives; photons only where cells are shared
    float tracks, variance; ///< energy of tracks that point here, and the square of its error
    int first_track, first_photon;
} grid_cell;

typedef struct found_track {
    bl_particle particle; ///< as measured
    int charge, next;
} found_track;

typedef struct found_photon {
    float et, eta, phi, e;
    int next;
} found_photon;

struct bl_calorimeter {
    grid_cell cells[N_CELLS];
    unsigned n_tracks, n_photons;
    found_track tracks[BL_MOST_TRACKS];
    found_photon photons[BL_MOST_TOWERS];
};

size_t bl_calorimeter_bytes(void) { return sizeof(bl_calorimeter); }

/// Where a row of cells lies. \param side row from the middle outwards
typedef struct cell_row {
    double low, width; ///< in |η|
    int n_cells, first;
} cell_row;

static cell_row row_at(int side) {
    if (side < FINE_ROWS)
        return (cell_row){side * fine_width, fine_width, FINE_CELLS, side * FINE_CELLS};
    side -= FINE_ROWS;
    int first = FINE_ROWS * FINE_CELLS;
    if (side < COARSE_ROWS)
        return (cell_row){fine_end + side * coarse_width, coarse_width, FINE_CELLS / 2,
                          first + side * FINE_CELLS / 2};
    side -= COARSE_ROWS;
    first += COARSE_ROWS * FINE_CELLS / 2;
    return (cell_row){coarse_end + side * far_width, far_width, FINE_CELLS / 4,
                      first + side * FINE_CELLS / 4};
}

static int side_row(double size) {
    if (size < fine_end)
        return (int)(size / fine_width);
    if (size < coarse_end)
        return FINE_ROWS + (int)((size - fine_end) / coarse_width);
    int i = FINE_ROWS + COARSE_ROWS + (int)((size - coarse_end) / far_width);
    return i < SIDE_ROWS ? i : SIDE_ROWS - 1;
}

/// Cells of one side are numbered outwards, those of negative η first.
static grid_cell *cell_at(bl_calorimeter *calorimeter, double eta, double phi) {
    cell_row row = row_at(side_row(fabs(eta)));
    int i = (int)((phi + BL_PI) / (2 * BL_PI) * row.n_cells);
    i = i < 0 ? 0 : i < row.n_cells ? i : row.n_cells - 1;
    return &calorimeter->cells[(eta < 0 ? 0 : SIDE_CELLS) + row.first + i];
}

static void clear(bl_calorimeter *calorimeter) {
    for (int i = 0; i < N_CELLS; i++)
        calorimeter->cells[i] = (grid_cell){.first_track = NONE, .first_photon = NONE};
    calorimeter->n_tracks = calorimeter->n_photons = 0;
}

// ---- resolutions and efficiencies ----

static double photon_spread(double e, double size) {
    double square = e * e * 0.008 * 0.008 + e * 0.11 * 0.11 + 0.40 * 0.40;
    if (size < 1.5)
        return (1 + 0.64 * size * size) * sqrt(square);
    if (size < 2.5)
        return (2.16 + 5.6 * (size - 2) * (size - 2)) * sqrt(square);
    return sqrt(e * e * 0.107 * 0.107 + e * 2.08 * 2.08);
}

static double hadron_spread(double e, double size) {
    return size < 3 ? sqrt(e * e * 0.050 * 0.050 + e * 1.50 * 1.50)
                    : sqrt(e * e * 0.130 * 0.130 + e * 2.70 * 2.70);
}

/// Never negative: a log-normal number with mean `e`.
static double smear_energy(bl_draw *draw, double e, double spread) {
    double width = sqrt(bl_ln(1 + spread * spread / (e * e)));
    return e * bl_exp(width * bl_draw_normal(draw) - 0.5 * width * width);
}

typedef struct tracking {
    double soft, middle, hard;          ///< efficiency below 1 GeV, below 100 GeV, above
    double constant[3], of_momentum[3]; ///< relative resolution below |η| 0.5, 1.5, 2.5
} tracking;

/// By |η| below and above 1.5.
static const tracking of_hadrons[] = {
    {0.70, 0.95, 0.95, {0.06, 0.10, 0.25}, {1.3e-3, 1.7e-3, 3.1e-3}},
    {0.60, 0.85, 0.85, {0.06, 0.10, 0.25}, {1.3e-3, 1.7e-3, 3.1e-3}}};
static const tracking of_electrons[] = {
    {0.73, 0.95, 0.99, {0.03, 0.05, 0.15}, {1.3e-3, 1.7e-3, 3.1e-3}},
    {0.50, 0.83, 0.90, {0.03, 0.05, 0.15}, {1.3e-3, 1.7e-3, 3.1e-3}}};
static const tracking of_muons[] = {
    {0.75, 0.99, 0.99, {0.01, 0.015, 0.025}, {1e-4, 1.5e-4, 3.5e-4}},
    {0.70, 0.98, 0.98, {0.01, 0.015, 0.025}, {1e-4, 1.5e-4, 3.5e-4}}};

/// Whether a track is found, and its momentum as measured. \return its relative error; 0: not found
static double measure(bl_draw *draw, const tracking *tables, double size, double *pt) {
    const double least = 0.1;
    const tracking *table = &tables[size > 1.5];
    double efficiency = *pt < least ? 0
                        : *pt < 1   ? table->soft
                        : *pt < 100 ? table->middle
                                    : table->hard;
    if (!bl_draw_chance(draw, efficiency))
        return 0;
    int zone = size < 0.5 ? 0 : size < 1.5 ? 1 : 2;
    double of_momentum = *pt * table->of_momentum[zone];
    double spread = sqrt(table->constant[zone] * table->constant[zone] + of_momentum * of_momentum);
    *pt = smear_energy(draw, *pt, *pt * spread);
    return spread;
}

// ---- leptons ----

static void add_lepton(bl_leptons *leptons, const bl_particle *p, int charge) {
    if (leptons->n == BL_MOST_LEPTONS)
        return;
    unsigned i = leptons->n++;
    for (; i > 0 && leptons->pt[i - 1] < (float)p->pt; i--) { // by falling pT
        leptons->pt[i] = leptons->pt[i - 1];
        leptons->eta[i] = leptons->eta[i - 1];
        leptons->phi[i] = leptons->phi[i - 1];
        leptons->charge[i] = leptons->charge[i - 1];
    }
    leptons->pt[i] = (float)p->pt;
    leptons->eta[i] = (float)p->eta;
    leptons->phi[i] = (float)p->phi;
    leptons->charge[i] = charge;
}

/// Electrons and muons that are found as such.
static void identify(bl_sim *sim, const bl_particle *p, int charge, double size) {
    const double barrel = 0.95, endcap = 0.85, muon_eta = 2.4;
    bool is_electron = p->pid == BL_PDG_ELECTRON || p->pid == -BL_PDG_ELECTRON;
    double efficiency = is_electron ? (size < 1.5 ? barrel : endcap) : size < muon_eta ? barrel : 0;
    if (p->pt > least_lepton_gev && bl_draw_chance(&sim->draw, efficiency))
        add_lepton(is_electron ? &sim->record.electrons : &sim->record.muons, p, charge);
}

// ---- particles into the detector ----

static int charge_of(int pid) {
    int kind = pid < 0 ? -pid : pid, sign = pid < 0 ? -1 : 1;
    if (kind == BL_PDG_ELECTRON || kind == BL_PDG_MUON)
        return -sign;
    bool is_charged = kind == BL_PDG_PION || kind == BL_PDG_KAON || kind == BL_PDG_PROTON;
    return is_charged ? sign : 0;
}

/// Its energy is what calorimeter cells of hadrons are compared with. \param e the particle's own
static void add_track(bl_sim *sim, grid_cell *cell, const bl_particle *p, int charge, double e) {
    bl_calorimeter *calorimeter = sim->calorimeter;
    int kind = p->pid < 0 ? -p->pid : p->pid;
    const tracking *tables = kind == BL_PDG_ELECTRON ? of_electrons
                             : kind == BL_PDG_MUON   ? of_muons
                                                     : of_hadrons;
    bl_particle measured = *p;
    double size = fabs(p->eta), error = measure(&sim->draw, tables, size, &measured.pt);
    if (!(error > 0) || calorimeter->n_tracks == BL_MOST_TRACKS)
        return;
    int i = (int)calorimeter->n_tracks++;
    calorimeter->tracks[i] =
        (found_track){.particle = measured, .charge = charge, .next = cell->first_track};
    cell->first_track = i;
    if (tables != of_hadrons) {
        identify(sim, &measured, charge, size);
        return;
    }
    double of_track = e * measured.pt / p->pt;
    cell->tracks += (float)of_track;
    cell->variance += (float)(error * error * of_track * of_track);
}

static void see_charged(bl_sim *sim, const bl_particle *p, int charge) {
    grid_cell *cell = cell_at(sim->calorimeter, p->eta, p->phi);
    int kind = p->pid < 0 ? -p->pid : p->pid;
    double e = p->pt * bl_cosh(p->eta);
    if (fabs(p->eta) < track_eta)
        add_track(sim, cell, p, charge, e);
    if (kind != BL_PDG_ELECTRON && kind != BL_PDG_MUON)
        cell->hadrons += (float)e;
}

/// \param across pT to energy
static void add_photon(bl_sim *sim, grid_cell *cell, double e, double across, double eta,
                       double phi) {
    bl_calorimeter *calorimeter = sim->calorimeter;
    double seen = smear_energy(&sim->draw, e, photon_spread(e, fabs(eta)));
    double least = photon_significance * photon_spread(seen, fabs(eta));
    if (seen < least_photon_gev || seen < least || calorimeter->n_photons == BL_MOST_TOWERS)
        return;
    int i = (int)calorimeter->n_photons++;
    calorimeter->photons[i] = (found_photon){.et = (float)(seen * across),
                                             .eta = (float)eta,
                                             .phi = (float)phi,
                                             .e = (float)seen,
                                             .next = cell->first_photon};
    cell->first_photon = i;
}

/// \param e what it leaves, of its whole energy
static void see_photon(bl_sim *sim, const bl_particle *p, double e, double whole) {
    const double hopeless = 0.2; // of the least energy: nothing lifts it above the threshold
    if (e < hopeless * least_photon_gev)
        return;
    grid_cell *cell = cell_at(sim->calorimeter, p->eta, p->phi);
    if (fabs(p->eta) < fine_photon_eta)
        add_photon(sim, cell, e, p->pt / whole, p->eta, p->phi);
    else
        cell->photons += (float)e;
}

static void see_neutral(bl_sim *sim, const bl_particle *p) {
    double e = p->pt * bl_cosh(p->eta);
    double part = p->pid == BL_PDG_PHOTON ? 1 : p->pid == BL_PDG_K_SHORT ? k_short_as_photon : 0;
    if (part > 0)
        see_photon(sim, p, part * e, e);
    if (part < 1)
        cell_at(sim->calorimeter, p->eta, p->phi)->hadrons += (float)((1 - part) * e);
}

static void see(bl_sim *sim, const bl_particle *p) {
    int charge = charge_of(p->pid);
    if (!(fabs(p->eta) < calorimeter_eta))
        return;
    if (charge)
        see_charged(sim, p, charge);
    else
        see_neutral(sim, p);
}

// ---- cells into objects ----

static void put_tracks(bl_sim *sim, int i) {
    bl_tracks *to = &sim->record.tracks;
    for (; i != NONE; i = sim->calorimeter->tracks[i].next) {
        const found_track *from = &sim->calorimeter->tracks[i];
        const bl_particle *p = &from->particle;
        unsigned k = to->n++;
        to->pid[k] = p->pid;
        to->charge[k] = from->charge;
        to->pt[k] = (float)p->pt;
        to->eta[k] = (float)p->eta;
        to->phi[k] = (float)p->phi;
        to->x[k] = p->at[0];
        to->y[k] = p->at[1];
        to->z[k] = p->at[2];
    }
}

static void put_tower(bl_towers *towers, float et, float eta, float phi, float e) {
    if (towers->n == BL_MOST_TOWERS)
        return;
    unsigned i = towers->n++;
    towers->et[i] = et;
    towers->eta[i] = eta;
    towers->phi[i] = phi;
    towers->e[i] = e;
}

/// What hadrons left in a cell beyond its tracks. \param across pT to energy
static void put_neutral(bl_sim *sim, const grid_cell *cell, double across, double eta, double phi) {
    double size = fabs(eta), e = cell->hadrons;
    double seen = smear_energy(&sim->draw, e, hadron_spread(e, size));
    double error = hadron_spread(seen, size), rest = seen - cell->tracks;
    if (seen < neutral_significance * error)
        return;
    error = sqrt(error * error + cell->variance);
    if (rest > least_neutral_gev && rest > neutral_significance * error)
        put_tower(&sim->record.neutrals, (float)(rest * across), (float)eta, (float)phi,
                  (float)rest);
}

/// Deposits of a whole cell lie somewhere in it.
static void put_deposits(bl_sim *sim, const cell_row *row, bool is_negative, int i,
                         grid_cell *cell) {
    double size = row->low + row->width * bl_draw_unit(&sim->draw),
           eta = is_negative ? -size : size;
    double phi = 2 * BL_PI * (i + bl_draw_unit(&sim->draw)) / row->n_cells - BL_PI;
    double across = 1 / bl_cosh(size);
    if (cell->photons > 0)
        add_photon(sim, cell, cell->photons, across, eta, phi);
    if (cell->hadrons > 0)
        put_neutral(sim, cell, across, eta, phi);
}

static void put_cell(bl_sim *sim, const cell_row *row, bool is_negative, int i) {
    bl_calorimeter *calorimeter = sim->calorimeter;
    grid_cell *cell = &calorimeter->cells[(is_negative ? 0 : SIDE_CELLS) + row->first + i];
    if (cell->hadrons > 0 || cell->photons > 0)
        put_deposits(sim, row, is_negative, i, cell);
    put_tracks(sim, cell->first_track);
    for (int k = cell->first_photon; k != NONE; k = calorimeter->photons[k].next) {
        const found_photon *p = &calorimeter->photons[k];
        put_tower(&sim->record.photons, p->et, p->eta, p->phi, p->e);
    }
}

void bl_detect(bl_sim *sim) {
    clear(sim->calorimeter);
    for (unsigned i = 0; i < sim->n_particles; i++)
        see(sim, &sim->particles[i]);
    for (int at = -SIDE_ROWS; at < SIDE_ROWS; at++) {
        cell_row row = row_at(at < 0 ? -1 - at : at);
        for (int i = 0; i < row.n_cells; i++)
            put_cell(sim, &row, at < 0, i);
    }
}
