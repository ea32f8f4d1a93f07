// SPDX-License-Identifier: Apache-2.0
// Colours of series: whether they can be told from paper and from each other, by whom sees fewer
// colours too.
#include "plot/ink.h"

#include <math.h>

#include "base/testing.h"

/// Linear sRGB. \source IEC 61966-2-1
static void to_linear(uint32_t color, double rgb[static 3]) {
    for (int i = 0; i < 3; i++) {
        double c = (color >> (16 - 8 * i) & 255) / 255.0;
        rgb[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
}

static double luminance(const double rgb[static 3]) {
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

/// \source WCAG 2.2, "contrast ratio"
static double contrast(uint32_t a, uint32_t b) {
    double x[3], y[3];
    to_linear(a, x);
    to_linear(b, y);
    double p = luminance(x) + 0.05, q = luminance(y) + 0.05;
    return fmax(p, q) / fmin(p, q);
}

enum { N_SIGHTS = 3 };

/// What linear sRGB looks like to all, without red cones, and without green ones.
/// \source Machado, Oliveira, Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291, severity 1
static const double sights[N_SIGHTS][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868},
     {0.114503, 0.786281, 0.099216},
     {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968},
     {0.280085, 0.672501, 0.047413},
     {-0.011820, 0.042940, 0.968881}},
};

static double root(double t) { return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116; }

/// CIE L*a*b*, white D65.
static void to_lab(uint32_t color, int sight, double lab[static 3]) {
    double rgb[3], seen[3];
    to_linear(color, rgb);
    for (int i = 0; i < 3; i++) {
        const double *row = sights[sight][i];
        seen[i] = fmin(1, fmax(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]));
    }
    double x = root((0.4124564 * seen[0] + 0.3575761 * seen[1] + 0.1804375 * seen[2]) / 0.95047);
    double y = root(0.2126729 * seen[0] + 0.7151522 * seen[1] + 0.0721750 * seen[2]);
    double z = root((0.0193339 * seen[0] + 0.1191920 * seen[1] + 0.9503041 * seen[2]) / 1.08883);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static double distance(uint32_t a, uint32_t b, int sight) {
    double x[3], y[3];
    to_lab(a, sight, x);
    to_lab(b, sight, y);
    return hypot(hypot(x[0] - y[0], x[1] - y[1]), x[2] - y[2]);
}

static uint32_t color_of(bl_ink ink, bool is_dark) {
    return is_dark ? bl_inks[ink].dark : bl_inks[ink].light;
}

static void from_paper(void **state) {
    (void)state;
    for (int is_dark = 0; is_dark < 2; is_dark++)
        for (unsigned i = 0; i < BL_N_SERIES_INKS; i++) {
            double found =
                contrast(color_of(bl_ink_of_series(i), is_dark), color_of(BL_INK_PAPER, is_dark));
            if (!(found >= 3.2))
                fail_msg("color %u, %s: contrast %.2f", i, is_dark ? "dark" : "light", found);
        }
}

static void from_each_other(void **state) {
    (void)state;
    for (int is_dark = 0; is_dark < 2; is_dark++)
        for (int sight = 0; sight < N_SIGHTS; sight++)
            for (unsigned i = 0; i < BL_N_SERIES_INKS; i++)
                for (unsigned k = 0; k < i; k++) {
                    double found = distance(color_of(bl_ink_of_series(i), is_dark),
                                            color_of(bl_ink_of_series(k), is_dark), sight);
                    if (!(found >= (sight ? 14 : 25)))
                        fail_msg("colors %u and %u, %s, sight %d: distance %.1f", k, i,
                                 is_dark ? "dark" : "light", sight, found);
                }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_paper),
        cmocka_unit_test(from_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
