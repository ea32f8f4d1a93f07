// SPDX-License-Identifier: Apache-2.0
// Events made by hand, each for one rule of the recipe. Golden values and random events are
// compared in tests/e2e/topology_test.py.
#include "hep/topology/event.h"

#include <math.h>
#include <stdlib.h>

#include "base/testing.h"

enum { MOST = 2000, ETA_OF_TRACK = 5 };

/// One event, whose leaves are doubles.
typedef struct event {
    double values[N_LEAVES][MOST];
    bl_column columns[N_LEAVES];
    bl_buffer buffers[N_LEAVES];
    bl_type type;
    int64_t offsets[BL_TOPOLOGY_N_COLLECTIONS][2];
    bl_topology_options options;
    bl_topology_input input;
} event;

typedef struct surroundings {
    bl_context *context;
    bl_arena arena;
    bl_topology_scratch scratch;
    event e;
    bl_topology_event found;
    double low[BL_TOPOLOGY_N_ROWS][BL_TOPOLOGY_N_LOW], high[BL_TOPOLOGY_N_HIGH];
} surroundings;

/// Adds an item to a collection: its leaves in their order.
static void add(event *e, bl_topology_collection collection, bl_topology_leaf_id first,
                size_t n_leaves, const double *values) {
    int64_t at = e->offsets[collection][1]++;
    for (size_t i = 0; i < n_leaves; i++)
        e->values[first + i][at] = values[i];
}

static void add_track(event *e, double pt, double eta, double phi, double pid, double charge) {
    const double values[] = {pt, eta, phi, pid, 1, 2, 3, charge};
    add(e, BL_TOPOLOGY_TRACKS, TRACK_PT, 8, values);
}

static void add_photon(event *e, double pt, double eta, double phi) {
    add(e, BL_TOPOLOGY_PHOTONS, PHOTON_ET, 3, (double[]){pt, eta, phi});
}

static void add_electron(event *e, double pt, double eta, double phi) {
    add(e, BL_TOPOLOGY_ELECTRONS, ELECTRON_PT, 4, (double[]){pt, eta, phi, -1});
}

static void add_muon(event *e, double pt, double eta, double phi) {
    add(e, BL_TOPOLOGY_MUONS, MUON_PT, 4, (double[]){pt, eta, phi, 1});
}

/// An event without a lepton, with a photon and a neutral hadron where no lepton will be.
static void begin(surroundings *s, bool is_compat) {
    event *e = &s->e;
    memset(e, 0, sizeof *e);
    e->type = *bl_type_primitive(BL_FLOAT64);
    e->options = (bl_topology_options){.is_compat = is_compat, .is_double = true};
    e->input = (bl_topology_input){.options = &e->options, .n_rows = 1};
    for (size_t i = 0; i < N_LEAVES; i++) {
        e->buffers[i].data = (uint8_t *)e->values[i];
        e->columns[i] = (bl_column){.type = &e->type, .length = MOST, .values = &e->buffers[i]};
        e->input.leaves[i] = &e->columns[i];
    }
    for (size_t i = 0; i < BL_TOPOLOGY_N_COLLECTIONS; i++)
        e->input.offsets[i] = e->offsets[i];
    add_photon(e, 2, -4, 0);
    add(e, BL_TOPOLOGY_NEUTRALS, NEUTRAL_ET, 3, (double[]){3, -4.5, 0});
    add(e, BL_TOPOLOGY_MET, MET_MET, 2, (double[]){40, 0.5});
}

static unsigned select_event(surroundings *s) {
    bl_topology_select(&s->e.input, 0, &s->scratch, &s->found);
    return s->found.n_steps;
}

static void make(surroundings *s) {
    assert_int_equal(select_event(s), BL_TOPOLOGY_N_STEPS);
    bl_topology_make(&s->e.input, 0, &s->found, &s->scratch, s->low, s->high);
}

static bool is_near(double a, double b) { return fabs(a - b) <= 1e-12 * fabs(b); }

// ---- selection ----

static void steps(void **state) {
    surroundings *s = (surroundings *)*state;
    begin(s, false);
    assert_int_equal(select_event(s), 0);
    add_electron(&s->e, 23, 1, 1); // is not above 23
    assert_int_equal(select_event(s), 1);
    add_track(&s->e, 0.5, ETA_OF_TRACK, 1, 211, 1);
    assert_int_equal(select_event(s), 1); // is not above 0.5
    add_track(&s->e, 0.6, ETA_OF_TRACK, 1, 211, 1);
    assert_int_equal(select_event(s), 2);
    add_electron(&s->e, NAN, 1, 1);
    add_electron(&s->e, -30, 1, 1);
    assert_int_equal(select_event(s), 2);
    add_electron(&s->e, 23.5, 1, 1);
    assert_int_equal(select_event(s), 3);
    assert_int_equal(s->found.n_rows, 4);
}

/// An isolation of 0.45 is too much, and NaN is none.
static void isolation_is_strict(void **state) {
    surroundings *s = (surroundings *)*state;
    begin(s, false);
    add_track(&s->e, 0.6, ETA_OF_TRACK, 1, 211, 1);
    add_muon(&s->e, 40, 0, 0);
    add_photon(&s->e, 17.999, 0.1, 0);
    assert_int_equal(select_event(s), 3);
    add_photon(&s->e, 1.5, 0.1, 0.1);
    assert_int_equal(select_event(s), 2);
    begin(s, false);
    add_track(&s->e, INFINITY, 0, 0.1, 211, 1);
    add_muon(&s->e, INFINITY, 0, 0);
    assert_int_equal(select_event(s), 2);
}

static void first_of_a_flavour(void **state) {
    surroundings *s = (surroundings *)*state;
    begin(s, true);
    add_track(&s->e, 25, 0, 0, 11, -1);
    add_electron(&s->e, 25, 0, 0);
    add_electron(&s->e, 90, 1, 1);
    assert_int_equal(select_event(s), 3);
    assert_true(is_near(s->found.lepton.pt, 25));
    add_photon(&s->e, 20, 0.1, 0); // the first is isolated no longer
    assert_int_equal(select_event(s), 3);
    assert_true(is_near(s->found.lepton.pt, 90));
}

/// The published data compared η.
static void both_flavours(void **state) {
    surroundings *s = (surroundings *)*state;
    for (int is_compat = 0; is_compat < 2; is_compat++) {
        begin(s, is_compat);
        add_track(&s->e, 0.6, ETA_OF_TRACK, 1, 211, 1);
        add_electron(&s->e, 60, -1, 0);
        add_muon(&s->e, 30, 1, 0);
        assert_int_equal(select_event(s), 3);
        assert_int_equal(s->found.is_electron, !is_compat);
        assert_true(s->found.charge == (is_compat ? 1 : -1));
    }
}

// ---- features ----

/// A muon at φ = π with its track, and a track across the edge.
static void isolation_of_modes(void **state) {
    surroundings *s = (surroundings *)*state;
    for (int is_compat = 0; is_compat < 2; is_compat++) {
        begin(s, is_compat);
        add_track(&s->e, 8, 0, -3.1, 211, 1);
        add_track(&s->e, 50, 0, 3.1, -13, 1);
        add_muon(&s->e, 50, 0, 3.1);
        make(s);
        assert_int_equal(s->found.n_rows, 4); // its own track has no row
        assert_true(is_compat ? s->low[0][10] == 0 : is_near(s->low[0][10], 8 / 50.));
        assert_true(is_compat ? s->low[1][10] == 0 : is_near(s->low[1][10], 50 / 8.));
        assert_true(s->low[2][10] == (is_compat ? -1 : 0)); // of a photon that is alone
        assert_true(s->low[2][11] == (is_compat ? 1 : 0));
        assert_true(s->low[0][17] == 1 && s->low[0][13] == 0 && s->low[1][13] == 1);
        assert_true(is_near(s->high[9], s->low[0][10]) || s->high[9] == 0);
    }
}

static void types_of_tracks(void **state) {
    surroundings *s = (surroundings *)*state;
    for (int is_compat = 0; is_compat < 2; is_compat++) {
        begin(s, is_compat);
        add_track(&s->e, 1, ETA_OF_TRACK, 1, 11, -1);
        add_track(&s->e, 1, ETA_OF_TRACK, 2, -13, 1);
        add_track(&s->e, 1, ETA_OF_TRACK, 3, 0, 1);
        add_muon(&s->e, 50, 0, 0);
        make(s);
        assert_true(s->low[1][16] == !is_compat && s->low[2][17] == !is_compat);
        assert_true(s->low[1][13] == is_compat && s->low[3][13] == 1);
        assert_true(s->low[1][18] == (is_compat ? 1 : -1) && s->low[2][18] == (is_compat ? -1 : 1));
        assert_true(s->low[3][18] == (is_compat ? 0 : 1));
        assert_true(s->low[1][7] == 1 && s->low[1][8] == 2 && s->low[1][9] == 3);
        assert_true(s->low[4][15] == 1 && s->low[5][14] == 1 && s->low[5][18] == 0);
    }
}

static void four_vectors(void **state) {
    surroundings *s = (surroundings *)*state;
    begin(s, false);
    add_track(&s->e, 2, 1.5, 1, 211, 1);
    add_muon(&s->e, 50, 0.5, -2);
    make(s);
    for (size_t i = 0; i < 2; i++) {
        double pt = i ? 2 : 50, eta = i ? 1.5 : 0.5, phi = i ? 1 : -2;
        const double wanted[] = {
            pt * cosh(eta), pt * cos(phi), pt * sin(phi), pt * sinh(eta), pt, eta, phi};
        for (size_t k = 0; k < 7; k++)
            assert_true(is_near(s->low[i][k], wanted[k]));
    }
    assert_true(is_near(s->high[3], sqrt(2 * 40 * 50 * (1 - cos(-2.5)))));
    s->e.options.is_compat = true;
    make(s);
    assert_true(is_near(s->high[3], 2 * 40 * 50 * (1 - cos(-2.5))));
}

static void jets_and_missing_energy(void **state) {
    surroundings *s = (surroundings *)*state;
    static const double jets[][3] = {{30, 0, 1},     {31, 2.6, 1}, {50, -2.5, 2},
                                     {70.5, 2.5, 0}, {NAN, 0, 1},  {90, NAN, 1}};
    begin(s, false);
    add_track(&s->e, 2, 1.5, 1, 211, 1);
    add_muon(&s->e, 50, 0.5, -2);
    for (size_t i = 0; i < sizeof jets / sizeof *jets; i++)
        add(&s->e, BL_TOPOLOGY_JETS, JET_PT, 3, jets[i]);
    make(s);
    assert_true(s->high[0] == 120.5 && s->high[4] == 2 && s->high[5] == 1);
    assert_true(s->high[1] == 40 && s->high[2] == 0.5);
    s->e.offsets[BL_TOPOLOGY_MET][1] = 0;
    make(s);
    assert_true(isnan(s->high[1]) && isnan(s->high[2]) && isnan(s->high[3]));
    assert_true(s->high[12] == 1 && s->high[13] == 0);
}

/// What is no number, or too large for a four-vector, is kept as it is, and is in no cone.
static void odd_particles(void **state) {
    surroundings *s = (surroundings *)*state;
    begin(s, false);
    add_track(&s->e, 2, NAN, 1, 211, 1); // which way it flies, nobody knows: no row
    add_track(&s->e, 2, 1000, 1, 211, 1);
    add_track(&s->e, INFINITY, 1, 1, 211, 1);
    add_muon(&s->e, 50, 0.5, -2);
    make(s);
    assert_int_equal(s->found.n_rows, 5);
    assert_true(s->low[1][5] == 1000 && isinf(s->low[1][0]) && s->low[1][10] == 0);
    assert_true(isinf(s->low[2][4]));
    assert_true(s->low[0][10] == 0);
}

// ---- caps ----

static int by_pt(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static void caps(void **state) {
    enum { N_TRACKS = 1500, CAP = 450 };
    surroundings *s = (surroundings *)*state;
    static double sorted[N_TRACKS];
    srand48(4);
    for (int is_compat = 0; is_compat < 2; is_compat++) {
        begin(s, is_compat);
        for (int i = 0; i < N_TRACKS; i++) {
            double pt = 0.75 + 0.25 * (double)(lrand48() % 60); // many are equal
            add_track(&s->e, pt, 3 + 1e-3 * i, 0, 211, 1);
            sorted[i] = pt;
        }
        for (int i = 0; i < 300; i++) {
            add_photon(&s->e, 1.5 + i % 3, -4, 1);
            add(&s->e, BL_TOPOLOGY_NEUTRALS, NEUTRAL_ET, 3, (double[]){1.5, -5, 1e-3 * i});
        }
        add_muon(&s->e, 50, 0, 0);
        make(s);
        assert_int_equal(s->found.n_rows, BL_TOPOLOGY_N_ROWS);
        qsort(sorted, N_TRACKS, sizeof *sorted, by_pt);
        double least = sorted[CAP - 1], seen = 0;
        size_t row = 1;
        int n_equal = 0;
        for (int i = 0; i < CAP; i++)
            n_equal += sorted[i] == least;
        for (int i = 0; i < N_TRACKS && row <= CAP; i++) {
            double pt = s->e.values[TRACK_PT][i];
            bool is_kept = is_compat || pt > least || (pt == least && n_equal-- > 0);
            if (!is_kept)
                continue;
            assert_true(s->low[row][4] == pt && s->low[row][5] == s->e.values[TRACK_ETA][i]);
            seen += s->low[row++][4];
        }
        assert_true(seen > 0 && s->low[CAP][13] == 1 && s->low[CAP + 1][15] == 1);
        assert_true(s->low[CAP + 150][15] == 1 && s->low[CAP + 151][14] == 1);
        assert_true(s->low[800][14] == 1 && s->low[800][6] < 0.2); // of equal ones the first 200
    }
}

static int begin_all(void **state) {
    surroundings *s = (surroundings *)calloc(1, sizeof *s);
    s->context = test_context(1);
    bl_arena_init(&s->arena, s->context);
    *state = s;
    return bl_topology_scratch_init(&s->arena, MOST, &s->scratch, NULL) == BL_OK ? 0 : -1;
}

static int end_all(void **state) {
    surroundings *s = (surroundings *)*state;
    bl_arena_release(&s->arena);
    bl_context_free(s->context);
    free(s);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps),
        cmocka_unit_test(isolation_is_strict),
        cmocka_unit_test(first_of_a_flavour),
        cmocka_unit_test(both_flavours),
        cmocka_unit_test(isolation_of_modes),
        cmocka_unit_test(types_of_tracks),
        cmocka_unit_test(four_vectors),
        cmocka_unit_test(jets_and_missing_energy),
        cmocka_unit_test(odd_particles),
        cmocka_unit_test(caps),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
