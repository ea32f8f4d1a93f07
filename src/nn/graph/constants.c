// SPDX-License-Identifier: Apache-2.0
// Names and constants of activations and initializers, as Keras has them.
#include "nn/graph/constants.h"

#include <string.h>

#define ACTIVATION(name, type, member) \
    { #name, BL_NN_CONSTANT_##type, offsetof(bl_nn_activation, member) }
#define INITIALIZER(name, member) \
    { #name, BL_NN_CONSTANT_DOUBLE, offsetof(bl_nn_initializer, member) }
#define FOUND(list) (*ret_n = sizeof(list) / sizeof *(list), (list))

const bl_nn_constant *bl_nn_activation_constants(bl_nn_activation_kind kind, size_t *ret_n) {
    static const bl_nn_constant relu[] = {ACTIVATION(negative_slope, FLOAT, slope),
                                          ACTIVATION(max_value, FLOAT, limit),
                                          ACTIVATION(threshold, FLOAT, threshold)};
    static const bl_nn_constant leaky_relu[] = {ACTIVATION(negative_slope, FLOAT, slope)};
    static const bl_nn_constant elu[] = {ACTIVATION(alpha, FLOAT, slope)};
    static const bl_nn_constant shrink[] = {ACTIVATION(threshold, FLOAT, threshold)};
    static const bl_nn_constant gelu[] = {ACTIVATION(approximate, FLAG, approximate)};
    switch (kind) {
    case BL_NN_RELU:
        return FOUND(relu);
    case BL_NN_LEAKY_RELU:
        return FOUND(leaky_relu);
    case BL_NN_ELU:
    case BL_NN_CELU:
        return FOUND(elu);
    case BL_NN_HARD_SHRINK:
    case BL_NN_SOFT_SHRINK:
        return FOUND(shrink);
    case BL_NN_GELU:
        return FOUND(gelu);
    default:
        *ret_n = 0;
        return NULL;
    }
}

const bl_nn_constant *bl_nn_initializer_constants(bl_nn_initializer_kind kind, size_t *ret_n) {
    static const bl_nn_constant value[] = {INITIALIZER(value, a)};
    static const bl_nn_constant gain[] = {INITIALIZER(gain, a)};
    static const bl_nn_constant limits[] = {INITIALIZER(minval, a), INITIALIZER(maxval, b)};
    static const bl_nn_constant moments[] = {INITIALIZER(mean, a), INITIALIZER(stddev, b)};
    switch (kind) {
    case BL_NN_INIT_CONSTANT:
        return FOUND(value);
    case BL_NN_INIT_ORTHOGONAL:
    case BL_NN_INIT_IDENTITY:
        return FOUND(gain);
    case BL_NN_INIT_RANDOM_UNIFORM:
        return FOUND(limits);
    case BL_NN_INIT_RANDOM_NORMAL:
    case BL_NN_INIT_TRUNCATED_NORMAL:
        return FOUND(moments);
    default:
        *ret_n = 0;
        return NULL;
    }
}

// ---- initializers by name ----

#define DESCRIPTION(kind, name, class_name) {name, class_name},
static const struct {
    const char *name, *class_name;
} initializers[BL_NN_INIT_N] = {BL_NN_INITIALIZERS(DESCRIPTION)};

/// Other spellings.
static const struct {
    const char *name;
    bl_nn_initializer_kind kind;
} spellings[] = {
    {"OrthogonalInitializer", BL_NN_INIT_ORTHOGONAL},
    {"IdentityInitializer", BL_NN_INIT_IDENTITY},
    {"random_normal", BL_NN_INIT_RANDOM_NORMAL},
    {"random_uniform", BL_NN_INIT_RANDOM_UNIFORM},
    {"zero", BL_NN_INIT_ZEROS},
    {"one", BL_NN_INIT_ONES},
};

const char *bl_nn_initializer_name(bl_nn_initializer_kind kind) { return initializers[kind].name; }

const char *bl_nn_initializer_class(bl_nn_initializer_kind kind) {
    return initializers[kind].class_name;
}

static bool find_kind(const char *name, bl_nn_initializer_kind *ret_kind) {
    for (size_t i = 0; i < BL_NN_INIT_N; i++)
        if (strcmp(name, initializers[i].name) == 0 ||
            strcmp(name, initializers[i].class_name) == 0) {
            *ret_kind = (bl_nn_initializer_kind)i;
            return true;
        }
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(name, spellings[i].name) == 0) {
            *ret_kind = spellings[i].kind;
            return true;
        }
    return false;
}

bool bl_nn_initializer_find(const char *name, bl_nn_initializer *ret_initializer) {
    bl_nn_initializer found = {0};
    if (!find_kind(name, &found.kind))
        return false;
    switch (found.kind) {
    case BL_NN_INIT_ORTHOGONAL:
    case BL_NN_INIT_IDENTITY:
        found.a = 1;
        break;
    case BL_NN_INIT_RANDOM_UNIFORM:
        found.a = -0.05;
        found.b = 0.05;
        break;
    case BL_NN_INIT_RANDOM_NORMAL:
    case BL_NN_INIT_TRUNCATED_NORMAL:
        found.b = 0.05;
        break;
    default:
        break;
    }
    *ret_initializer = found;
    return true;
}
