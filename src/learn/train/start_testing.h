// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: networks that are written in YAML.
#ifndef BL_LEARN_TRAIN_START_TESTING_H
#define BL_LEARN_TRAIN_START_TESTING_H

#include <string.h>

#include "base/testing.h"
#include "learn/train/start.h"

/// A bundle with a network. \param start zeroed
static inline void test_start_network(bl_context *context, bl_start *start, const char *yaml,
                                      uint64_t seed) {
    const bl_item *item = NULL;
    assert_ok(bl_bundle_new(context, &start->bundle, NULL));
    bl_arena *arena = &start->bundle->arena;
    assert_ok(bl_yaml_parse(arena, "n.yaml", yaml, strlen(yaml), &item, NULL));
    assert_ok(bl_nn_graph_read(arena, item, &start->bundle->graph, NULL));
    assert_ok(bl_start_network(start, false, seed, NULL));
}

/// The kernel of the layer "last", made 0.
static inline float *test_start_kernel(const bl_start *start) {
    bl_nn_network *network = start->bundle->network;
    const bl_nn_parameter *kernel = bl_nn_network_find(network, "last", "kernel");
    assert_non_null(kernel);
    memset(network->parameters + kernel->offset, 0, kernel->n * sizeof(float));
    return network->parameters + kernel->offset;
}

#endif
