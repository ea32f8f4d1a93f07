// SPDX-License-Identifier: Apache-2.0
// Cone sums by cells equal those over all pairs, bit for bit, on events whose particles lie on
// edges, outside the cells and nowhere at all. Momenta are float32 numbers, whose sums are exact.
#include "hep/topology/cones.h"

#include <math.h>
#include <stdlib.h>

#include "base/testing.h"

enum { MOST = 600, N_EVENTS = 300, KINDS = BL_CONES_N_KINDS };

static const double pi = 3.14159265358979323846;

typedef struct event {
    double pt[KINDS][MOST], eta[KINDS][MOST], phi[KINDS][MOST];
    double center_eta[MOST], center_phi[MOST];
    uint8_t kind[MOST];
    uint32_t own[MOST];
    bl_particles particles[KINDS];
    bl_cone_centres centres;
} event;

static double one_of(const double *values, size_t n) {
    return values[(size_t)(drand48() * (double)n)];
}

/// η in the cells, on their edges, beyond them, and no numbers.
static double draw_eta(void) {
    static const double odd[] = {6.25,  -6.25, 6.249999, 6.4,      -7,        40,
                                 1e300, 0,     0.3125,   INFINITY, -INFINITY, NAN};
    return drand48() < 0.03 ? one_of(odd, sizeof odd / sizeof *odd) : (drand48() - 0.5) * 6;
}

static double draw_phi(void) {
    static const double odd[] = {3.14159265358979323846,
                                 -3.14159265358979323846,
                                 (float)3.14159265,
                                 (float)-3.14159265,
                                 0,
                                 3.5,
                                 -4,
                                 6.9,
                                 100,
                                 INFINITY,
                                 NAN};
    if (drand48() < 0.05)
        return one_of(odd, sizeof odd / sizeof *odd);
    if (drand48() < 0.3)
        return copysign(pi - 0.4 * drand48(), drand48() - 0.5);
    return (drand48() - 0.5) * 2 * pi;
}

static void draw(event *e, double crowd) {
    e->centres = (bl_cone_centres){
        .eta = e->center_eta, .phi = e->center_phi, .kind = e->kind, .own = e->own};
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t n = (size_t)(drand48() * MOST / KINDS);
        e->particles[kind] =
            (bl_particles){.n = n, .pt = e->pt[kind], .eta = e->eta[kind], .phi = e->phi[kind]};
        for (size_t i = 0; i < n; i++) {
            e->pt[kind][i] = (double)(float)(0.5 - 3 * log(drand48()));
            e->eta[kind][i] = crowd * draw_eta();
            e->phi[kind][i] = crowd * draw_phi();
            if (drand48() < 0.2)
                continue; // no centre
            size_t at = e->centres.n++;
            e->kind[at] = (uint8_t)kind;
            e->own[at] = (uint32_t)i;
            e->center_eta[at] = e->eta[kind][i];
            double phi = e->phi[kind][i]; // in ±π, as arctan gives it
            e->center_phi[at] = isfinite(phi) ? atan2(sin(phi), cos(phi)) : (double)NAN;
        }
    }
}

static bool is_same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static void compare(const event *e, bl_cones *cones, bl_cone_rule rule) {
    static double room[KINDS][MOST];
    double *sums[KINDS] = {room[0], room[1], room[2]};
    bl_cones_sum(cones, e->particles, &e->centres, rule, sums);
    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < e->centres.n; i++) {
            bool is_own = rule.skips_own && e->kind[i] == kind;
            double sum = bl_cone_sum(&e->particles[kind], e->center_eta[i], e->center_phi[i],
                                     is_own ? e->own[i] : bl_no_own, rule.folds);
            if (!is_same(sum, sums[kind][i]))
                fail_msg("kind %zu, center %zu (%.17g, %.17g): %.17g by cells, not %.17g", kind, i,
                         e->center_eta[i], e->center_phi[i], sums[kind][i], sum);
        }
}

static void cells_equal_all_pairs(void **state) {
    (void)state;
    static event e;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_cones *cones;
    bl_arena_init(&arena, context);
    assert_ok(bl_cones_new(&arena, MOST, &cones, NULL));
    srand48(11);
    for (int i = 0; i < N_EVENTS; i++) {
        draw(&e, i % 3 ? 1 : 0.2);
        for (int rule = 0; rule < 4; rule++)
            compare(&e, cones, (bl_cone_rule){.folds = rule & 1, .skips_own = rule & 2});
    }
    bl_arena_release(&arena);
    bl_context_free(context);
}

/// One particle at each place, and a cone at (0, 3.1).
static double sum_at(double eta, double phi, bool folds) {
    double pt = 7;
    const bl_particles one = {.n = 1, .pt = &pt, .eta = &eta, .phi = &phi};
    return bl_cone_sum(&one, 0, 3.1, bl_no_own, folds);
}

static void edges(void **state) {
    (void)state;
    assert_true(sum_at(0.25, 3.1, true) == 7 && sum_at(0.3, 3.1, true) == 0); // the edge is outside
    assert_true(sum_at(0, -3.1, true) == 7 && sum_at(0, -3.1, false) == 0);
    assert_true(sum_at(0, 3.1 + 2 * pi + 0.1, false) == 7); // past 2π both fold
    assert_true(sum_at(0, 3.1 + 4 * pi, true) == 7 && sum_at(0, 3.1 + 4 * pi, false) == 0);
    assert_true(sum_at(NAN, 3.1, true) == 0 && sum_at(0, INFINITY, false) == 0);
}

static void too_many(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_cones *cones;
    bl_arena_init(&arena, context);
    assert_int_equal(bl_cones_new(&arena, UINT32_MAX, &cones, NULL), BL_E_LIMIT);
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells_equal_all_pairs),
                                       cmocka_unit_test(edges), cmocka_unit_test(too_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
