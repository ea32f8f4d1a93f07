// SPDX-License-Identifier: Apache-2.0
// Distributions: by inversion where it is known, else by rejection.
#include "hep/generator/draw.h"

void bl_draw_init(bl_draw *draw, uint64_t seed, uint32_t stream, uint64_t event) {
    bl_random_init(&draw->random, seed, stream, event);
    draw->has_spare = false;
}

/// Box and Muller's way: two numbers of two.
double bl_draw_normal(bl_draw *draw) {
    if (draw->has_spare) {
        draw->has_spare = false;
        return draw->spare;
    }
    double size = sqrt(2 * bl_draw_exponential(draw)), angle = bl_draw_angle(draw);
    draw->spare = size * bl_sin(angle);
    draw->has_spare = true;
    return size * bl_cos(angle);
}

unsigned bl_draw_poisson(bl_draw *draw, double mean) {
    double product = bl_draw_unit(draw), end = bl_exp(-mean);
    unsigned n = 0;
    for (; product > end; n++)
        product *= bl_draw_unit(draw);
    return n;
}

double bl_draw_breit_wigner(bl_draw *draw, double mass, double width, double low, double high) {
    for (;;) {
        double angle = 0.5 * bl_draw_angle(draw);
        double m = mass + 0.5 * width * bl_sin(angle) / bl_cos(angle);
        if (m >= low && m <= high)
            return m;
    }
}

static double peterson(double z, double epsilon) {
    double rest = 1 - 1 / z - epsilon / (1 - z);
    return 1 / (z * rest * rest);
}

double bl_draw_peterson(bl_draw *draw, double epsilon) {
    const double beside = 1.03; // its peak is a little higher than where it is said to lie
    double most = beside * peterson(1 - sqrt(epsilon), epsilon);
    for (;;) {
        double z = bl_draw_unit(draw);
        if (bl_draw_unit(draw) * most < peterson(z, epsilon))
            return z;
    }
}
