// SPDX-License-Identifier: Apache-2.0
/// \file
/// Activations and their slopes for vectors of any width: each file of kernels says what `lanes`
/// are and includes this. What falls towards 0 below keeps its precision there: a power of e is
/// multiplied before it becomes subnormal.
#ifndef BL_NN_KERNELS_LANES_ACTIVATIONS_H
#define BL_NN_KERNELS_LANES_ACTIVATIONS_H

#include "nn/kernels/activations.h"
#include "nn/kernels/lanes_functions.h"

/// A number where it is strictly between two, else 0.
INLINE lanes inside(lanes x, float least, float most, lanes number) {
    return (lanes)(((x > splat(least)) & (x < splat(most))) & (lane_bits)number);
}

// ---- pieces of lines ----

/// x above the threshold, up to the limit; below slope·(x − threshold), where −∞·0 is 0.
INLINE lanes rectified(lanes x, float slope, float limit, float threshold) {
    lanes at = splat(threshold);
    lane_bits is_low = threshold < 0 || threshold > 0 ? ~(x > at) : x <= at;
    lanes low = slope < 0 || slope > 0 ? splat(slope) * (x - at) : splat(0);
    return choose(is_low, low, at_most(x, limit));
}

INLINE lanes rectified_slope(lanes from, float slope, float limit, float threshold) {
    lane_bits is_over = (from >= splat(limit)) & (splat(limit) <= splat(FLT_MAX));
    lanes high = choose(is_over, splat(0), splat(1));
    return choose(from > splat(threshold), high, splat(slope));
}

INLINE lanes hard_sigmoid_of(lanes x) { return within(x + splat(3), 0, 6) / splat(6); }

INLINE lanes hard_silu_slope(lanes x) {
    return hard_sigmoid_of(x) + inside(x, -3, 3, x / splat(6));
}

INLINE lanes soft_shrink_of(lanes x, float threshold) {
    lanes by = splat(threshold);
    return choose(x > by, x - by, choose(x < -by, x + by, splat(0)));
}

INLINE lanes sparse_plus_of(lanes x) {
    lanes above = x + splat(1),
          low = choose(x <= splat(-1), splat(0), above * above * splat(0.25F));
    return choose(x < splat(1), low, x);
}

// ---- by powers of e ----

/// high·x above 0, low·(e^x − 1) below
INLINE lanes elu_of(lanes x, float high, float low, lanes scaled) {
    return choose(x < splat(0), splat(low) * expm1_of(scaled), splat(high) * x);
}

INLINE lanes elu_slope(lanes from, float alpha) {
    lanes low = alpha > 0 ? from + splat(alpha) : splat(alpha) * exp_of(from);
    return choose(from < splat(0), low, splat(1));
}

static const float selu_scale = 1.0507009873554805F, selu_low = 1.7580993408473766F;

INLINE lanes selu_slope(lanes y) {
    return choose(y < splat(0), y + splat(selu_low), splat(selu_scale));
}

/// No smaller than EXP_LEAST, but −∞ becomes NaN: it is multiplied by 0 next.
INLINE lanes not_too_low(lanes x) {
    lanes least = splat(EXP_LEAST);
    return choose(x < least, fused(x, splat(0), least), x);
}

/// x/(1 + e^∓size), minus below 0
INLINE lanes gated(lanes x, lanes size) {
    powers p = power_of(-size);
    lanes all = not_too_low(x) / (splat(1) + product_of(p, splat(1)));
    return choose(x < splat(0), product_of(p, all), all);
}

/// The slope of x·sigmoid(v): sigmoid(v) + x·sigmoid(v)·sigmoid(−v)·v'; v has the sign of x.
INLINE lanes gated_slope(lanes x, lanes size, lanes slope) {
    lanes small = exp_of(-size), part = splat(1) / (splat(1) + small);
    lanes gate = choose(x < splat(0), small * part, part);
    return fused(x * slope, small * part * part, gate);
}

INLINE lanes silu_slope(lanes x) {
    lanes near = within(x, EXP_LEAST, -EXP_LEAST);
    return gated_slope(near, size_of(near), splat(1));
}

/// Beyond it gelu is 0 or x.
static const float gelu_end = 15;
/// √(8/π) and 0.044715 times it
static const float gelu_line = 1.5957691F, gelu_cube = 0.07135481F;

INLINE lanes quick_gelu_of(lanes x) {
    lanes size = at_most(size_of(x), gelu_end);
    return gated(x, size * fused(size * size, splat(gelu_cube), splat(gelu_line)));
}

INLINE lanes quick_gelu_slope(lanes x) {
    lanes near = within(x, -gelu_end, gelu_end), square = near * near;
    lanes size = size_of(near) * fused(square, splat(gelu_cube), splat(gelu_line));
    return gated_slope(near, size, fused(square, splat(3 * gelu_cube), splat(gelu_line)));
}

/// What is beyond t of the normal distribution, divided by e^(−t²/2), for t in [0, 15].
INLINE lanes tail_of(lanes t) {
    static const float c[] = {7.290837e-01F,   -5.09332e-01F,  2.3001768e-01F, -4.726276e-02F,
                              -1.0462289e-02F, 6.9699204e-03F, 1.0241573e-03F, -1.0344766e-03F,
                              -2.447093e-04F,  1.3332395e-04F, 5.5491873e-05F};
    lanes part = splat(1) / (t + splat(3));
    return polynomial(fused(part, splat(-6), splat(1)), c, 11) * part; // of (t − 3)/(t + 3)
}

/// e^(−t²/2)·factor. What t² lost is put back into the factor.
INLINE lanes bell_of(lanes t, lanes factor) {
    lanes square = t * t, lost = fused(t, t, -square) * splat(-0.5F);
    return product_of(power_of(square * splat(-0.5F)), fused(factor, lost, factor));
}

/// x·Φ(x) = max(x, 0) − |x|·Φ(−|x|)
INLINE lanes gelu_of(lanes x) {
    lanes t = at_most(size_of(x), gelu_end), lost = bell_of(t, t * tail_of(t));
    return choose(x < splat(0), fused(x, splat(0), -lost), x - lost);
}

/// Φ(x) + x·φ(x)
INLINE lanes gelu_slope(lanes x) {
    const lanes height = splat(-0.3989423F);
    lanes t = at_most(size_of(x), gelu_end), low = bell_of(t, fused(t, height, tail_of(t)));
    return choose(x < splat(0), low, splat(1) - low);
}

/// tanh(log(1 + e^x)) is a fraction of polynomials of e^x, or of e^−x: over is w·(w + 2) below 0.
typedef struct fraction {
    lanes over, under;
} fraction;

INLINE fraction mish_gate(lanes x, lanes small) {
    lanes low = small * (small + splat(2)), high = fused(small, splat(2), splat(1));
    lanes over = choose(x < splat(0), low, high);
    return (fraction){over, over + choose(x < splat(0), splat(2), splat(2) * small * small)};
}

INLINE lanes mish_of(lanes x) {
    powers p = power_of(-size_of(x));
    lanes small = product_of(p, splat(1));
    fraction f = mish_gate(x, small);
    lanes low = not_too_low(x) * (small + splat(2)) / f.under;
    return choose(x < splat(0), product_of(p, low), x * f.over / f.under);
}

INLINE lanes mish_slope(lanes x) {
    lanes near = within(x, EXP_LEAST, -EXP_LEAST), small = exp_of(-size_of(near));
    fraction f = mish_gate(near, small);
    lanes gate = choose(near < splat(0), small, splat(1)) / (splat(1) + small);
    lanes rest = (f.under - f.over) * (f.under + f.over) / (f.under * f.under);
    return fused(near * gate, rest, f.over / f.under);
}

INLINE lanes tanh_shrink_of(lanes x) {
    lanes size = size_of(x), square = x * x, near = -(size * square * tanh_terms(square));
    lanes far = (size - splat(1)) + splat(2) / (exp_of(size + size) + splat(1));
    return signed_as(x, choose(size < splat(0.625F), near, far));
}

INLINE lanes square_of(lanes x) { return x * x; }

/// (x + √(x² + 4))/2; below 0 its inverse of −x, where −∞ gives NaN
INLINE lanes squareplus_of(lanes x) {
    lanes size = size_of(x), root = root_of(fused(x, x, splat(4)));
    root = choose(size > splat(0x1p14F), size, root);
    lanes high = fused(splat(0.5F), root, splat(0.5F) * size);
    return choose(x < splat(0), fused(x, splat(0), splat(1)) / high, high);
}

INLINE lanes squareplus_slope(lanes y) {
    lanes part = splat(1) / y;
    return splat(1) / fused(part, part, splat(1));
}

// ---- of many ----

/// \param value of `x` \param slope by `from`; both may use the constants `a`
#define ACTIVATION(name, value, slope)                                                             \
    INLINE lanes name##_at(lanes x, bl_nn_activation a) {                                          \
        (void)a;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    INLINE lanes name##_slope_at(lanes from, bl_nn_activation a) {                                 \
        (void)a, (void)from;                                                                       \
        return slope;                                                                              \
    }                                                                                              \
    LANES_ATTRIBUTE static void activate_##name(const bl_nn_activation *constants, const float *x, \
                                                float *out, size_t n) {                            \
        const bl_nn_activation a = *constants;                                                     \
        for (; n >= LANES; n -= LANES, x += LANES, out += LANES)                                   \
            store(out, name##_at(load(x), a));                                                     \
        if (n)                                                                                     \
            store_first(out, name##_at(load_first(x, n), a), n);                                   \
    }                                                                                              \
    LANES_ATTRIBUTE static void back_##name(const bl_nn_activation *constants, const float *from,  \
                                            const float *gradient, float *out, size_t n) {         \
        const bl_nn_activation a = *constants;                                                     \
        for (; n >= LANES; n -= LANES, from += LANES, gradient += LANES, out += LANES)             \
            store(out, load(gradient) * name##_slope_at(load(from), a));                           \
        if (n)                                                                                     \
            store_first(out, load_first(gradient, n) * name##_slope_at(load_first(from, n), a),    \
                        n);                                                                        \
    }

ACTIVATION(linear, x, splat(1))
ACTIVATION(relu, rectified(x, a.slope, a.limit, a.threshold),
           rectified_slope(from, a.slope, a.limit, a.threshold))
ACTIVATION(relu6, rectified(x, 0, 6, 0), rectified_slope(from, 0, 6, 0))
ACTIVATION(leaky_relu, rectified(x, a.slope, INFINITY, 0),
           rectified_slope(from, a.slope, INFINITY, 0))
ACTIVATION(elu, elu_of(x, 1, a.slope, x), elu_slope(from, a.slope))
ACTIVATION(selu, elu_of(x, selu_scale, selu_low, x), selu_slope(from))
ACTIVATION(celu, elu_of(x, 1, a.slope, x / splat(a.slope)),
           choose(from < splat(0), from / splat(a.slope) + splat(1), splat(1)))
ACTIVATION(gelu, a.approximate ? quick_gelu_of(x) : gelu_of(x),
           a.approximate ? quick_gelu_slope(from) : gelu_slope(from))
ACTIVATION(sigmoid, sigmoid_of(x), from *(splat(1) - from))
ACTIVATION(hard_sigmoid, hard_sigmoid_of(x), inside(from, 0, 1, splat(1.F / 6)))
ACTIVATION(sparse_sigmoid, within(fused(x, splat(0.5F), splat(0.5F)), 0, 1),
           inside(from, 0, 1, splat(0.5F)))
ACTIVATION(log_sigmoid, -softplus_of(-x), -expm1_of(from))
ACTIVATION(tanh, tanh_of(x), fused(-from, from, splat(1)))
ACTIVATION(hard_tanh, within(x, -1, 1), inside(from, -1, 1, splat(1)))
ACTIVATION(tanh_shrink, tanh_shrink_of(x), square_of(tanh_of(from)))
ACTIVATION(hard_shrink, choose(size_of(x) > splat(a.threshold), x, splat(0)),
           choose(size_of(from) > splat(a.threshold), splat(1), splat(0)))
ACTIVATION(soft_shrink, soft_shrink_of(x, a.threshold),
           choose(size_of(from) > splat(a.threshold), splat(1), splat(0)))
ACTIVATION(softplus, softplus_of(x), -expm1_of(-from))
ACTIVATION(squareplus, squareplus_of(x), squareplus_slope(from))
ACTIVATION(sparse_plus, sparse_plus_of(x), at_most(root_of(from), 1))
ACTIVATION(softsign, x / (splat(1) + size_of(x)), square_of(splat(1) - size_of(from)))
ACTIVATION(silu, gated(x, size_of(x)), silu_slope(from))
ACTIVATION(hard_silu, x *hard_sigmoid_of(x), hard_silu_slope(from))
ACTIVATION(mish, mish_of(x), mish_slope(from))
ACTIVATION(exponential, exp_of(x), from)

#define ACTIVATION_MAP(kind, name, ...) [BL_NN_##kind] = activate_##name,
static const bl_nn_activation_map activations[] = {BL_NN_NUMBER_ACTIVATIONS(ACTIVATION_MAP)};

#define ACTIVATION_SLOPE(kind, name, ...) [BL_NN_##kind] = back_##name,
static const bl_nn_activation_slope activation_slopes[] = {
    BL_NN_NUMBER_ACTIVATIONS(ACTIVATION_SLOPE)};

#endif
