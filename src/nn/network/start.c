// SPDX-License-Identifier: Apache-2.0
// How parameters begin: Keras's initializers, with numbers of our own. Each parameter has its own
// sequence of random numbers, and all arithmetic is ours or exact, so that a seed means the same
// bits everywhere.
// Source: Keras 3, initializers/random_initializers.py and constant_initializers.py
#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "nn/network/network.h"

enum { STREAM = 0x696e6974 }; ///< of random numbers: those of no layer

/// Standard deviation of a normal distribution that is cut at twice its own.
static const double cut_deviation = 0.87962566103423978;

/// Pairs of normal numbers.
typedef struct normals {
    bl_random random;
    bool has_spare;
    double spare;
} normals;

static double next_normal(normals *n) {
    static const double turn = 6.28318530717958647692;
    if (n->has_spare) {
        n->has_spare = false;
        return n->spare;
    }
    double radius = sqrt(-2 * bl_ln(bl_random_uniform(&n->random)));
    double angle = turn * bl_random_uniform(&n->random);
    n->has_spare = true;
    n->spare = radius * bl_sin(angle);
    return radius * bl_cos(angle);
}

static void fill(float *to, size_t n, double value) {
    for (size_t i = 0; i < n; i++)
        to[i] = (float)value;
}

static void fill_uniform(normals *numbers, float *to, size_t n, double least, double most) {
    for (size_t i = 0; i < n; i++)
        to[i] = (float)(least + (most - least) * bl_random_uniform(&numbers->random));
}

/// \param limit in standard deviations; numbers past it are drawn again
static void fill_normal(normals *numbers, float *to, size_t n, double mean, double deviation,
                        double limit) {
    for (size_t i = 0; i < n; i++) {
        double z;
        do
            z = next_normal(numbers);
        while (!(fabs(z) <= limit));
        to[i] = (float)(mean + deviation * z);
    }
}

// ---- by what goes in and out ----

static void fill_scaled(normals *numbers, float *to, size_t n, double scale, double fan,
                        bool is_uniform) {
    double variance = scale / (fan > 1 ? fan : 1);
    if (is_uniform)
        fill_uniform(numbers, to, n, -sqrt(3 * variance), sqrt(3 * variance));
    else
        fill_normal(numbers, to, n, 0, sqrt(variance) / cut_deviation, 2);
}

// ---- matrices ----

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/// Takes out of vector k what it has of those before it, twice, and makes it of length 1. These are
/// the columns of Q where R has a positive diagonal, which is how Keras turns the signs of its own.
static void orthogonalize(double *vectors, size_t k, size_t size) {
    double *v = vectors + k * size;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < k; i++) {
            const double *u = vectors + i * size;
            double share = dot(u, v, size);
            for (size_t c = 0; c < size; c++)
                v[c] -= share * u[c];
        }
    double length = sqrt(dot(v, v, size));
    for (size_t c = 0; c < size; c++)
        v[c] /= length;
}

/// Columns, or rows where there are fewer, are orthogonal and of length `gain`.
static bl_status fill_orthogonal(bl_context *context, normals *numbers, float *to, size_t n_rows,
                                 size_t n_columns, double gain, bl_error *err) {
    bool is_wide = n_columns > n_rows;
    size_t n = is_wide ? n_rows : n_columns, size = is_wide ? n_columns : n_rows;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(context, n * size * sizeof(double), &memory, err));
    double *vectors = (double *)(void *)memory->data;
    for (size_t i = 0; i < n * size; i++)
        vectors[i] = next_normal(numbers);
    for (size_t k = 0; k < n; k++)
        orthogonalize(vectors, k, size);
    for (size_t k = 0; k < n; k++)
        for (size_t c = 0; c < size; c++)
            to[is_wide ? k * n_columns + c : c * n_columns + k] =
                (float)(gain * vectors[k * size + c]);
    return BL_OK;
}

static void fill_identity(float *to, size_t n_rows, size_t n_columns, double gain) {
    memset(to, 0, n_rows * n_columns * sizeof *to);
    for (size_t i = 0; i < n_rows && i < n_columns; i++)
        to[i * n_columns + i] = (float)gain;
}

static bl_status refuse(const bl_nn_parameter *p, const char *initializer, bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "layer '%s': %s of %u axes cannot begin %s: it must be a matrix", p->layer,
                        p->name, p->rank, initializer);
}

// ---- all ----

static bl_status start(bl_context *context, normals *numbers, const bl_nn_parameter *p, float *to,
                       bl_error *err) {
    const bl_nn_initializer *how = &p->initializer;
    double in = (double)p->fan_in, out = (double)p->fan_out;
    size_t n_columns = p->rank ? p->sizes[p->rank - 1] : 1;
    switch (how->kind) {
    case BL_NN_INIT_GLOROT_UNIFORM:
    case BL_NN_INIT_GLOROT_NORMAL:
        fill_scaled(numbers, to, p->n, 1, (in + out) / 2, how->kind == BL_NN_INIT_GLOROT_UNIFORM);
        return BL_OK;
    case BL_NN_INIT_HE_UNIFORM:
    case BL_NN_INIT_HE_NORMAL:
        fill_scaled(numbers, to, p->n, 2, in, how->kind == BL_NN_INIT_HE_UNIFORM);
        return BL_OK;
    case BL_NN_INIT_LECUN_UNIFORM:
    case BL_NN_INIT_LECUN_NORMAL:
        fill_scaled(numbers, to, p->n, 1, in, how->kind == BL_NN_INIT_LECUN_UNIFORM);
        return BL_OK;
    case BL_NN_INIT_ORTHOGONAL:
        if (p->rank < 2)
            return refuse(p, "orthogonal", err);
        return fill_orthogonal(context, numbers, to, p->n / n_columns, n_columns, how->a, err);
    case BL_NN_INIT_IDENTITY:
        if (p->rank != 2)
            return refuse(p, "as the identity", err);
        fill_identity(to, p->sizes[0], p->sizes[1], how->a);
        return BL_OK;
    case BL_NN_INIT_ONES:
        fill(to, p->n, 1);
        return BL_OK;
    case BL_NN_INIT_CONSTANT:
        fill(to, p->n, how->a);
        return BL_OK;
    case BL_NN_INIT_RANDOM_NORMAL:
        fill_normal(numbers, to, p->n, how->a, how->b, INFINITY);
        return BL_OK;
    case BL_NN_INIT_RANDOM_UNIFORM:
        fill_uniform(numbers, to, p->n, how->a, how->b);
        return BL_OK;
    case BL_NN_INIT_TRUNCATED_NORMAL:
        fill_normal(numbers, to, p->n, how->a, how->b, 2);
        return BL_OK;
    case BL_NN_INIT_ZEROS:
    case BL_NN_INIT_N:
        break;
    }
    fill(to, p->n, 0);
    return BL_OK;
}

bl_status bl_nn_network_start(bl_nn_network *network, uint64_t seed, bl_error *err) {
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &network->plan.parameters.items[i];
        float *to = network->parameters + p->offset;
        normals numbers = {.has_spare = false};
        bl_random_init(&numbers.random, seed, STREAM, i);
        BL_TRY(start(network->context, &numbers, p, to, err));
        fill(to + p->first_one, p->n_ones, 1);
    }
    bl_nn_network_pack(network);
    return BL_OK;
}
