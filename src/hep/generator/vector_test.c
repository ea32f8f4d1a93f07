// SPDX-License-Identifier: Apache-2.0
// Decays: masses of the products, what is conserved, and how directions are spread.
#include "hep/generator/vector.h"

#include "base/testing.h"

static void assert_near(double found, double wanted, double within) {
    if (!(fabs(found - wanted) <= within))
        fail_msg("%.17g, should be %.17g within %g", found, wanted, within);
}

static void assert_same(bl_vector a, bl_vector b) {
    double within = 1e-10 * a.e;
    assert_near(b.x, a.x, within);
    assert_near(b.y, a.y, within);
    assert_near(b.z, a.z, within);
    assert_near(b.e, a.e, within);
}

static bl_draw start(void) {
    bl_draw draw;
    bl_draw_init(&draw, 5, 0, 0);
    return draw;
}

static bl_vector some_parent(bl_draw *draw, double mass) {
    return bl_vector_of(bl_draw_spectrum(draw, 50, 2), bl_draw_between(draw, -3, 3),
                        bl_draw_angle(draw), mass);
}

static void test_angles(void **state) {
    (void)state;
    bl_vector v = bl_vector_of(40, -1.25, 2.5, 4.8);
    assert_near(bl_vector_pt(v), 40, 1e-12);
    assert_near(bl_vector_eta(v), -1.25, 1e-12);
    assert_near(bl_vector_phi(v), 2.5, 1e-12);
    assert_near(bl_vector_mass(v), 4.8, 1e-11);
    bl_vector w = bl_vector_at(40, 1.5, 0, 80);
    assert_near(0.5 * bl_ln((w.e + w.z) / (w.e - w.z)), 1.5, 1e-12);
    assert_near(bl_vector_mass(w), 80, 1e-11);
    assert_near(bl_vector_eta((bl_vector){0, 0, -3, 3}), -20, 0);
}

/// Into the frame of something at rest nothing changes; what is at rest gets the frame's motion.
static void test_boost(void **state) {
    (void)state;
    bl_vector v = {1, 2, 3, 10}, rest = {0, 0, 0, 7}, frame = bl_vector_of(30, 0.7, 1, 7);
    assert_same(v, bl_vector_boost(v, rest));
    assert_same(frame, bl_vector_boost(rest, frame));
    assert_near(bl_vector_mass(bl_vector_boost(v, frame)), bl_vector_mass(v), 1e-10);
}

static void test_two(void **state) {
    (void)state;
    bl_draw draw = start();
    assert_near(bl_decay_momentum(172.8, 80.38, 4.8),
                sqrt((172.8 * 172.8 - 85.18 * 85.18) * (172.8 * 172.8 - 75.58 * 75.58)) / 345.6,
                1e-9);
    assert_near(bl_decay_momentum(1, 0.6, 0.5), 0, 0);
    for (int i = 0; i < 2000; i++) {
        bl_vector top = some_parent(&draw, 172.8), w, b;
        bl_decay_two(&draw, top, 80.38, 4.8, &w, &b);
        assert_near(bl_vector_mass(w), 80.38, 1e-6);
        assert_near(bl_vector_mass(b), 4.8, 1e-4);
        assert_same(top, bl_vector_add(w, b));
    }
}

/// The angle that was asked for is the angle in the parent's frame.
static void test_along(void **state) {
    (void)state;
    bl_draw draw = start();
    for (int i = 0; i < 2000; i++) {
        bl_vector w = some_parent(&draw, 80.38), lepton, neutrino;
        double cosine = bl_draw_between(&draw, -1, 1);
        bl_decay_along(&draw, w, 0, 0, cosine, &lepton, &neutrino);
        bl_vector back = {-w.x, -w.y, -w.z, w.e}, at = bl_vector_boost(lepton, back);
        double p = sqrt(w.x * w.x + w.y * w.y + w.z * w.z);
        assert_near((at.x * w.x + at.y * w.y + at.z * w.z) / (at.e * p), cosine, 1e-6);
        assert_near(at.e, 40.19, 1e-5);
    }
}

static void test_many(void **state) {
    (void)state;
    const double masses[] = {1.87, 0.14, 0.14, 0.1057, 0};
    bl_draw draw = start();
    for (unsigned n = 2; n <= 5; n++)
        for (int i = 0; i < 500; i++) {
            bl_vector products[5], b = some_parent(&draw, 5.28), sum = {0};
            bl_decay_many(&draw, b, masses, n, products);
            for (unsigned k = 0; k < n; k++) {
                assert_near(bl_vector_mass(products[k]), masses[k], 1e-3);
                assert_true(products[k].e > 0);
                sum = bl_vector_add(sum, products[k]);
            }
            assert_same(b, sum);
        }
}

/// Muon decay: the electron has 7/20 of the mass on average, and the lone neutrino 6/20 (Michel's
/// spectra 2x²(3 − 2x) and 12x²(1 − x)).
static void test_weak(void **state) {
    (void)state;
    enum { MANY = 50000 };
    bl_draw draw = start();
    bl_vector at_rest = {0, 0, 0, 1}, lone, heavy, light;
    double of_light = 0, of_lone = 0;
    for (int i = 0; i < MANY; i++) {
        bl_decay_weak(&draw, at_rest, 0, &lone, &heavy, &light);
        of_light += light.e / MANY;
        of_lone += lone.e / MANY;
    }
    assert_near(of_light, 0.35, 0.003);
    assert_near(of_lone, 0.30, 0.003);
    for (int i = 0; i < 500; i++) {
        bl_vector b = some_parent(&draw, 5.28);
        bl_decay_weak(&draw, b, 1.87, &lone, &heavy, &light);
        assert_near(bl_vector_mass(heavy), 1.87, 1e-4);
        assert_same(b, bl_vector_add(lone, bl_vector_add(heavy, light)));
    }
}

// ---- distributions ----

enum { N = 100000 };

static void test_normal_and_poisson(void **state) {
    (void)state;
    const double mean = 37.5;
    bl_draw draw = start();
    double sum = 0, squares = 0, counts = 0, of_counts = 0;
    for (int i = 0; i < N; i++) {
        double x = bl_draw_normal(&draw), n = bl_draw_poisson(&draw, mean);
        sum += x;
        squares += x * x;
        counts += n;
        of_counts += (n - mean) * (n - mean);
    }
    assert_near(sum / N, 0, 5 / sqrt(N));
    assert_near(squares / N, 1, 5 * sqrt(2.0 / N));
    assert_near(counts / N, mean, 5 * sqrt(mean / N));
    assert_near(of_counts / N, mean, 5 * mean * sqrt(2.1 / N));
}

/// Parts of a spectrum above some value, and medians.
static void test_spectra(void **state) {
    (void)state;
    bl_draw draw = start();
    int above = 0, hard = 0, heavy = 0;
    for (int i = 0; i < N; i++) {
        above += bl_draw_spectrum(&draw, 13, 1.2) > 30;
        hard += bl_draw_power(&draw, 28, 4.2) > 56;
        double m = bl_draw_breit_wigner(&draw, 80.38, 2.085, 50, 110);
        assert_true(m >= 50 && m <= 110);
        heavy += fabs(m - 80.38) < 1.0425; // half of all, but for what is cut off
    }
    double of_spectrum = bl_exp(-1.2 * bl_ln(1 + 900.0 / 169)), of_power = bl_exp(-4.2 * bl_ln(2));
    assert_near((double)above / N, of_spectrum, 5 * sqrt(of_spectrum / N));
    assert_near((double)hard / N, of_power, 5 * sqrt(of_power / N));
    assert_near((double)heavy / N, 0.5 / (1 - 2 * 1.0425 / (BL_PI * 30)), 5 * sqrt(0.25 / N));
}

/// The mean of Peterson's function by summing it up.
static void test_peterson(void **state) {
    (void)state;
    const double epsilons[] = {0.006, 0.04};
    bl_draw draw = start();
    for (int k = 0; k < 2; k++) {
        double sum = 0, norm = 0, mean = 0;
        for (int i = 0; i < N; i++) {
            double z = (i + 0.5) / N, rest = 1 - 1 / z - epsilons[k] / (1 - z);
            norm += 1 / (z * rest * rest);
            mean += 1 / (rest * rest);
            sum += bl_draw_peterson(&draw, epsilons[k]);
        }
        assert_near(sum / N, mean / norm, 5 * 0.2 / sqrt(N));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_angles),
        cmocka_unit_test(test_boost),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_along),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_weak),
        cmocka_unit_test(test_normal_and_poisson),
        cmocka_unit_test(test_spectra),
        cmocka_unit_test(test_peterson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
