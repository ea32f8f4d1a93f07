// SPDX-License-Identifier: Apache-2.0
/// \file
/// Angles in radians.
#ifndef BL_BASE_ANGLES_H
#define BL_BASE_ANGLES_H

#include <math.h>

/// The angle in [−π, π], as remainder(phi, 2π). Differences of two such angles need no division:
/// 2π is taken off or added once, which is exact.
static inline double bl_wrap_phi(double phi) {
    const double pi = 3.14159265358979323846, near_three_pi = 9;
    double size = fabs(phi);
    if (size <= pi)
        return phi;
    if (size < near_three_pi && size != 2 * pi) // where it is 0 with the sign of phi
        return phi > 0 ? phi - 2 * pi : phi + 2 * pi;
    return remainder(phi, 2 * pi);
}

#endif
