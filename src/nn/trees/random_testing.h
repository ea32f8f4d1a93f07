// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: random forests and rows, and a walk that does what forest.h says, node by node.
#ifndef BL_NN_TREES_RANDOM_TESTING_H
#define BL_NN_TREES_RANDOM_TESTING_H

#include <math.h>

#include "base/random.h"
#include "base/testing.h"
#include "nn/trees/forest.h"

typedef struct test_forest_shape {
    bl_nn_forest_head head;
    size_t n_trees, most_depth;
    int comparison; ///< the only one; −1: all
    size_t most_weights;
    bool has_all_weights; ///< each leaf has most_weights
} test_forest_shape;

static inline size_t test_draw(bl_random *random, size_t n) { return bl_random_word(random) % n; }

/// Few values, so that features often equal thresholds.
static inline float test_draw_feature(bl_random *random) {
    static const float odd[] = {NAN, INFINITY, -INFINITY, -0.0F, 1e-45F, -1e-45F};
    if (test_draw(random, 6) == 0)
        return odd[test_draw(random, 6)];
    return (float)((double)test_draw(random, 9) - 4) / 4;
}

static inline bl_status test_draw_leaf(bl_nn_forest_builder *b, bl_random *random,
                                       const test_forest_shape *shape) {
    BL_TRY(bl_nn_forest_add_leaf(b, NULL));
    size_t n =
        shape->has_all_weights ? shape->most_weights : test_draw(random, shape->most_weights + 1);
    for (; n; n--)
        BL_TRY(bl_nn_forest_add_weight(b, test_draw(random, shape->head.n_scores),
                                       bl_random_uniform(random) - 0.5, NULL));
    return BL_OK;
}

/// One more tree, its nodes level by level: a split's children are the next two that are free.
static inline bl_status test_draw_tree(bl_nn_forest_builder *b, bl_random *random,
                                       const test_forest_shape *shape) {
    size_t level = 1, next = 1;
    BL_TRY(bl_nn_forest_add_tree(b, NULL));
    for (size_t depth = 0; level; depth++) {
        size_t below = 0;
        for (; level; level--) {
            if (depth == shape->most_depth || below > 60 || test_draw(random, 5) == 0) {
                BL_TRY(test_draw_leaf(b, random, shape));
                continue;
            }
            bl_nn_comparison comparison =
                shape->comparison < 0 ? (bl_nn_comparison)test_draw(random, BL_NN_N_COMPARISONS)
                                      : (bl_nn_comparison)shape->comparison;
            float threshold = test_draw_feature(random);
            bool is_first = test_draw(random, 2), missing_is_yes = test_draw(random, 2);
            BL_TRY(bl_nn_forest_add_split(b, test_draw(random, shape->head.n_features), comparison,
                                          isnan(threshold) ? 0.1 : (double)threshold,
                                          missing_is_yes, next + is_first, next + !is_first, NULL));
            next += 2;
            below += 2;
        }
        level = below;
    }
    return BL_OK;
}

static inline bl_status test_forest_build(bl_context *context, bl_random *random,
                                          const test_forest_shape *shape,
                                          bl_nn_forest **ret_forest) {
    bl_nn_forest_builder b;
    bl_status status = bl_nn_forest_begin(&b, context, &shape->head, NULL);
    for (size_t t = 0; status == BL_OK && t < shape->n_trees; t++)
        status = test_draw_tree(&b, random, shape);
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, ret_forest, NULL);
    bl_nn_forest_builder_release(&b);
    return status;
}

static inline bl_nn_forest *test_forest(bl_context *context, bl_random *random,
                                        const test_forest_shape *shape) {
    bl_nn_forest *forest = NULL;
    assert_ok(test_forest_build(context, random, shape, &forest));
    return forest;
}

static inline bool test_compare(uint8_t comparison, float x, float t) {
    switch (comparison) {
    case BL_NN_LESS:
        return x < t;
    case BL_NN_AT_MOST:
        return x <= t;
    case BL_NN_MORE:
        return x > t;
    case BL_NN_AT_LEAST:
        return x >= t;
    case BL_NN_EQUAL:
        return x == t;
    default:
        return x != t;
    }
}

/// The leaf of a row in a tree.
static inline const bl_nn_forest_node *test_leaf(const bl_nn_forest *f, size_t tree,
                                                 const float *x) {
    const bl_nn_forest_node *nodes = f->nodes + f->firsts[tree], *node = nodes;
    while (node->yes || node->no) {
        float value = x[node->feature];
        bool is_yes = isnan(value) ? node->missing_is_yes
                                   : test_compare(node->comparison, value, node->threshold);
        node = nodes + (is_yes ? node->yes : node->no);
    }
    return node;
}

/// Scores of a row before pairs and functions. \param out [n_scores]
static inline void test_scores(const bl_nn_forest *f, const float *x, double *out) {
    bl_nn_forest_joint joint = f->head.joint;
    for (size_t k = 0; k < f->head.n_scores; k++) {
        double base = f->head.bases[k], sum = f->head.begins_at_base ? base : 0;
        bool is_there = false;
        for (size_t t = 0; t < f->n_trees; t++) {
            const bl_nn_forest_node *leaf = test_leaf(f, t, x);
            for (size_t i = 0; i < leaf->n_weights; i++) {
                const bl_nn_forest_weight *w = &f->weights[leaf->first_weight + i];
                if (w->output != k)
                    continue;
                if (joint == BL_NN_FOREST_SUM || joint == BL_NN_FOREST_MEAN)
                    sum =
                        f->head.is_double ? sum + w->value : (double)((float)sum + (float)w->value);
                else if (!is_there || (joint == BL_NN_FOREST_LEAST) == (w->value < sum))
                    sum = w->value;
                is_there = true;
            }
        }
        if (joint == BL_NN_FOREST_MEAN)
            sum = f->head.is_double ? sum / (double)f->n_trees
                                    : (double)((float)sum / (float)f->n_trees);
        if (!f->head.begins_at_base)
            sum = f->head.is_double ? sum + base : (double)((float)sum + (float)base);
        out[k] = sum;
    }
}

#endif
