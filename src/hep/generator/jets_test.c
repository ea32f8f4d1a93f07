// SPDX-License-Identifier: Apache-2.0
// Jets against anti-kT as its paper has it: all pairs, looked at again at each step.
#include <stdlib.h>
#include <string.h>

#include "base/testing.h"
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

enum { MOST = 40 };

typedef struct plain_jets {
    int n;
    bl_vector p[MOST];
} plain_jets;

static double rapidity(bl_vector p) { return 0.5 * bl_ln((p.e + p.z) / (p.e - p.z)); }

static double weight(bl_vector p) { return 1 / (p.x * p.x + p.y * p.y); }

static double pair_step(bl_vector a, bl_vector b) {
    double y = rapidity(a) - rapidity(b), turn = bl_fold(bl_vector_phi(a) - bl_vector_phi(b));
    return fmin(weight(a), weight(b)) * (y * y + turn * turn) / (jet_radius * jet_radius);
}

/// \param ret_jets [n] all jets, in the order in which they are found
static void cluster_plainly(plain_jets left, plain_jets *ret_jets) {
    ret_jets->n = 0;
    while (left.n) {
        int first = 0, second = -1;
        double least = INFINITY;
        for (int i = 0; i < left.n; i++) {
            if (weight(left.p[i]) < least) {
                least = weight(left.p[i]);
                first = i;
                second = -1;
            }
            for (int k = 0; k < i; k++)
                if (pair_step(left.p[i], left.p[k]) < least) {
                    least = pair_step(left.p[i], left.p[k]);
                    first = i;
                    second = k;
                }
        }
        if (second < 0)
            ret_jets->p[ret_jets->n++] = left.p[first];
        else
            left.p[second] = bl_vector_add(left.p[second], left.p[first]);
        left.p[first] = left.p[--left.n];
    }
}

static bl_sim *new_sim(void) {
    bl_sim *sim = (bl_sim *)calloc(1, sizeof *sim);
    assert_non_null(sim);
    sim->clustering = (bl_clustering *)calloc(1, bl_clustering_bytes());
    assert_non_null(sim->clustering);
    return sim;
}

static void free_sim(bl_sim *sim) {
    free(sim->clustering);
    free(sim);
}

/// Some hard directions with particles around them, on both sides of φ = π.
static void fill(bl_sim *sim, plain_jets *particles) {
    bl_towers *towers = &sim->record.photons;
    double eta = 0, phi = 0;
    particles->n = 0;
    towers->n = 0;
    for (int i = 0; i < MOST; i++) {
        if (i % 8 == 0) {
            eta = bl_draw_between(&sim->draw, -3, 3);
            phi = bl_draw_between(&sim->draw, 2.8, 3.4);
        }
        double pt = bl_draw_power(&sim->draw, 2, 1);
        float at_eta = (float)(eta + 0.4 * bl_draw_normal(&sim->draw));
        float at_phi = (float)bl_fold(phi + 0.4 * bl_draw_normal(&sim->draw));
        towers->et[i] = (float)pt;
        towers->eta[i] = at_eta;
        towers->phi[i] = at_phi;
        towers->n++;
        particles->p[particles->n++] = bl_vector_of((float)pt, at_eta, at_phi, 0);
    }
}

static void test_against_all_pairs(void **state) {
    (void)state;
    bl_sim *sim = new_sim();
    int n_found = 0;
    for (uint64_t event = 0; event < 200; event++) {
        plain_jets particles, jets;
        bl_draw_init(&sim->draw, 11, 0, event);
        fill(sim, &particles);
        sim->record.jets.n = 0;
        bl_cluster(sim);
        cluster_plainly(particles, &jets);
        int n_hard = 0;
        for (int i = 0; i < jets.n; i++) {
            double pt = bl_vector_pt(jets.p[i]);
            if (pt <= jet_least_pt_gev)
                continue;
            n_hard++;
            unsigned k = 0;
            while (k < sim->record.jets.n && fabs((double)sim->record.jets.pt[k] - pt) > 1e-5 * pt)
                k++;
            assert_true(k < sim->record.jets.n);
            assert_true(fabs((double)sim->record.jets.eta[k] - bl_vector_eta(jets.p[i])) < 1e-5);
            assert_true(fabs((double)sim->record.jets.mass[k] - bl_vector_mass(jets.p[i])) < 1e-3);
        }
        assert_int_equal(sim->record.jets.n, n_hard);
        n_found += n_hard;
    }
    assert_true(n_found > 400);
    free_sim(sim);
}

/// A lepton alone is no jet; MET is what all of it lacks.
static void test_lepton_and_missing(void **state) {
    (void)state;
    bl_sim *sim = new_sim();
    bl_record *record = &sim->record;
    bl_draw_init(&sim->draw, 1, 0, 0);
    record->tracks = (bl_tracks){.n = 1, .pid = {-13}, .charge = {1}, .pt = {60}, .eta = {0.5}};
    record->muons = (bl_leptons){.n = 1, .pt = {60}, .eta = {0.5}, .charge = {1}};
    record->neutrals = (bl_towers){.n = 1, .et = {80}, .eta = {1}, .phi = {(float)(BL_PI / 2)}};
    bl_cluster(sim);
    assert_int_equal(record->jets.n, 1);
    assert_true(fabsf(record->jets.pt[0] - 80) < 1e-3F);
    assert_true(fabsf(record->met - 100) < 1e-3F);
    assert_true(fabsf(record->met_phi + 2.2142974F) < 1e-5F); // −π/2 − atan(3/4)
    record->jets.n = 0;
    record->muons.n = 0; // not found as a muon, the track is a jet
    bl_cluster(sim);
    assert_int_equal(record->jets.n, 2);
    free_sim(sim);
}

/// As often as the efficiency says; only near a hadron with b.
static void test_tags(void **state) {
    (void)state;
    enum { N = 4000 };
    bl_sim *sim = new_sim();
    bl_record *record = &sim->record;
    unsigned n_tagged[2] = {0};
    sim->n_heavy = 1;
    sim->heavy[0] = (bl_heavy){.eta = 1, .phi = 2, .is_bottom = true};
    record->neutrals = (bl_towers){.n = 2, .et = {100, 90}, .eta = {1.1F, -1}, .phi = {2.1F, 0}};
    for (uint64_t event = 0; event < N; event++) {
        bl_draw_init(&sim->draw, 2, 0, event);
        record->jets.n = 0;
        bl_cluster(sim);
        assert_int_equal(record->jets.n, 2);
        for (int i = 0; i < 2; i++)
            n_tagged[i] += record->jets.btag[i];
    }
    double of_bottom = 0.85 * 0.24491866 * 25 / 7.3, of_light = 0.01 + 0.000038 * 90;
    assert_true(fabs(n_tagged[0] / (double)N - of_bottom) < 5 * sqrt(of_bottom * 0.3 / N));
    assert_true(fabs(n_tagged[1] / (double)N - of_light) < 5 * sqrt(of_light / N));
    free_sim(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_all_pairs),
        cmocka_unit_test(test_lepton_and_missing),
        cmocka_unit_test(test_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
