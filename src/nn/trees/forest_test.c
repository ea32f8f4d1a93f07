// SPDX-License-Identifier: Apache-2.0
// Forests against a naive walk, to the bit, whatever the rows and their number; hostile ones.
#include "nn/trees/random_testing.h"

#include <stdlib.h>

enum { MOST_FEATURES = 6, N_ROWS = 150, STRIDE = 8 };

static float x[N_ROWS * STRIDE];

static void draw_rows(bl_random *random, bool has_odd) {
    for (size_t i = 0; i < N_ROWS * STRIDE; i++)
        do
            x[i] = test_draw_feature(random);
        while (!has_odd && isnan(x[i]));
}

/// All rows at once, and in pieces, give what the naive walk gives.
static void compare_with_walk(const bl_nn_forest *f, bl_random *random) {
    size_t k = f->head.n_scores, stride = k + 2;
    double *scores = malloc(k * sizeof *scores);
    float *all = malloc(N_ROWS * stride * sizeof *all), *part = malloc(20 * stride * sizeof *part);
    bl_nn_forest_run(f, N_ROWS, x, STRIDE, all, stride);
    for (size_t r = 0; r < N_ROWS; r++) {
        test_scores(f, x + r * STRIDE, scores);
        for (size_t i = 0; i < k; i++)
            assert_true(all[r * stride + i] == (float)scores[i]);
    }
    for (size_t r = 0; r < N_ROWS;) {
        size_t n = 1 + test_draw(random, 20);
        n = n < N_ROWS - r ? n : N_ROWS - r;
        bl_nn_forest_run(f, n, x + r * STRIDE, STRIDE, part, k);
        for (size_t i = 0; i < n; i++)
            assert_memory_equal(part + i * k, all + (r + i) * stride, k * sizeof *part);
        r += n;
    }
    free(scores);
    free(all);
    free(part);
}

static void random_forests(void **state) {
    (void)state;
    static const double bases[] = {0.1, -0.7, 1.3};
    bl_context *context = test_context(1);
    size_t n_complete = 0, n_plain = 0, n_mixed = 0;
    for (uint64_t i = 0; i < 400; i++) {
        bl_random random;
        bl_random_init(&random, 1, 0, i);
        test_forest_shape shape = {
            .head = {.n_features = 1 + test_draw(&random, MOST_FEATURES),
                     .n_scores = 1 + test_draw(&random, 3),
                     .joint = (bl_nn_forest_joint)(i % BL_NN_FOREST_N_JOINTS),
                     .is_double = test_draw(&random, 2),
                     .bases = test_draw(&random, 2) ? bases : NULL},
            .n_trees = 1 + test_draw(&random, 20),
            .most_depth = test_draw(&random, 9),
            .comparison = (int)test_draw(&random, BL_NN_N_COMPARISONS + 1) - 1,
            .most_weights = 1 + test_draw(&random, 3),
            .has_all_weights = test_draw(&random, 2)};
        shape.head.begins_at_base = shape.head.joint == BL_NN_FOREST_SUM && test_draw(&random, 2);
        BL_AUTO(bl_nn_forest) forest = test_forest(context, &random, &shape);
        draw_rows(&random, i % 3);
        compare_with_walk(forest, &random);
        n_complete += forest->splits != NULL;
        n_plain += forest->is_plain;
        n_mixed += forest->order == BL_NN_FOREST_ORDER_MIXED;
    }
    assert_true(n_complete > 20 && n_plain > 5 && n_mixed > 20); // every way was walked
    bl_context_free(context);
}

/// More scores than fit on the stack for many rows, and no trees at all.
static void extreme_shapes(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_random random;
    bl_random_init(&random, 2, 0, 0);
    draw_rows(&random, true);
    test_forest_shape wide = {.head = {.n_features = 3, .n_scores = BL_NN_FOREST_MOST_OUTPUTS},
                              .n_trees = 9,
                              .most_depth = 4,
                              .comparison = BL_NN_LESS,
                              .most_weights = 5};
    const double base = 0.25;
    test_forest_shape none = {.head = {.n_features = 1, .n_scores = 1, .bases = &base}};
    BL_AUTO(bl_nn_forest) forest = test_forest(context, &random, &wide);
    BL_AUTO(bl_nn_forest) empty = test_forest(context, &random, &none);
    compare_with_walk(forest, &random);
    compare_with_walk(empty, &random);
    bl_nn_forest_free(BL_MOVE(forest));
    bl_nn_forest_free(BL_MOVE(empty));
    bl_context_free(context);
}

static bl_status build_one(bl_context *context) {
    bl_nn_forest *forest = NULL;
    bl_random random;
    bl_random_init(&random, 3, 0, 0);
    test_forest_shape shape = {.head = {.n_features = 3, .n_scores = 2},
                               .n_trees = 3,
                               .most_depth = 4,
                               .comparison = -1,
                               .most_weights = 2};
    bl_status status = test_forest_build(context, &random, &shape, &forest);
    bl_nn_forest_free(forest);
    return status;
}

// ---- thresholds that are no float32 ----

static float run_one(const bl_nn_forest *forest, float value) {
    float out = NAN;
    bl_nn_forest_run(forest, 1, &value, 1, &out, 1);
    return out;
}

static bl_nn_forest *make_stump(bl_context *context, bl_nn_comparison comparison,
                                double threshold) {
    bl_nn_forest_builder b;
    bl_nn_forest *forest = NULL;
    const bl_nn_forest_head head = {.n_features = 1, .n_scores = 1};
    assert_ok(bl_nn_forest_begin(&b, context, &head, NULL));
    assert_ok(bl_nn_forest_add_tree(&b, NULL));
    assert_ok(bl_nn_forest_add_split(&b, 0, comparison, threshold, false, 1, 2, NULL));
    assert_ok(bl_nn_forest_add_leaf(&b, NULL));
    assert_ok(bl_nn_forest_add_weight(&b, 0, 1, NULL));
    assert_ok(bl_nn_forest_add_leaf(&b, NULL));
    assert_ok(bl_nn_forest_finish(&b, &forest, NULL));
    return forest;
}

static bool compare_doubles(bl_nn_comparison comparison, double value, double t) {
    return comparison == BL_NN_LESS       ? value < t
           : comparison == BL_NN_AT_MOST  ? value <= t
           : comparison == BL_NN_MORE     ? value > t
           : comparison == BL_NN_AT_LEAST ? value >= t
           : comparison == BL_NN_EQUAL    ? value == t
                                          : value != t;
}

static void double_thresholds(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    static const double thresholds[] = {0.1, -0.1, 0.3, 1e300, -1e300, 1e-300, -1e-300, 0.5, 0};
    for (int comparison = 0; comparison < BL_NN_N_COMPARISONS; comparison++)
        for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
            double t = thresholds[i];
            BL_AUTO(bl_nn_forest) forest = make_stump(context, (bl_nn_comparison)comparison, t);
            float near = (float)t;
            const float values[] = {
                near, nextafterf(near, INFINITY), nextafterf(near, -INFINITY), INFINITY, -INFINITY,
                0};
            for (size_t k = 0; k < sizeof values / sizeof *values; k++)
                assert_true(
                    run_one(forest, values[k]) ==
                    (float)compare_doubles((bl_nn_comparison)comparison, (double)values[k], t));
        }
    bl_context_free(context);
}

// ---- what comes behind ----

/// A forest of no trees, whose scores are its bases.
static void run_bases(bl_nn_forest_head head, float *out) {
    bl_context *context = test_context(1);
    bl_nn_forest_builder b;
    BL_AUTO(bl_nn_forest) forest = NULL;
    head.n_features = 1;
    head.is_double = true;
    assert_ok(bl_nn_forest_begin(&b, context, &head, NULL));
    assert_ok(bl_nn_forest_finish(&b, &forest, NULL));
    bl_nn_forest_run(forest, 1, x, 1, out, forest->n_outputs);
    bl_nn_forest_free(BL_MOVE(forest));
    bl_context_free(context);
}

static void functions(void **state) {
    (void)state;
    static const double three[] = {1, -2, 0.5}, with_zero[] = {1, 0, -1}, half = 0.3, large = -800;
    float out[3];
    run_bases((bl_nn_forest_head){.n_scores = 3, .bases = three, .function = BL_NN_FOREST_SOFTMAX},
              out);
    double sum = exp(1) + exp(-2) + exp(0.5);
    for (int i = 0; i < 3; i++)
        assert_true(fabs((double)out[i] - (exp(three[i]) / sum)) < 1e-7);
    run_bases((bl_nn_forest_head){.n_scores = 3, .bases = three, .function = BL_NN_FOREST_LOGISTIC},
              out);
    for (int i = 0; i < 3; i++)
        assert_true(fabs((double)out[i] - (1 / (1 + exp(-three[i])))) < 1e-7);
    run_bases((bl_nn_forest_head){.n_scores = 3, .bases = three, .function = BL_NN_FOREST_EXP},
              out);
    for (int i = 0; i < 3; i++)
        assert_true(fabs((double)out[i] - (exp(three[i]))) < 1e-6);
    run_bases((bl_nn_forest_head){.n_scores = 3,
                                  .bases = with_zero,
                                  .function = BL_NN_FOREST_SOFTMAX_ZERO},
              out);
    assert_true(fabs((double)out[0] - 1 / (1 + exp(-2))) < 1e-7);
    assert_true(out[1] == 0);
    run_bases((bl_nn_forest_head){.n_scores = 1,
                                  .bases = &large,
                                  .pair = BL_NN_FOREST_OPPOSITE,
                                  .function = BL_NN_FOREST_LOGISTIC},
              out);
    assert_true(out[0] == 1 && out[1] == 0);
    run_bases((bl_nn_forest_head){.n_scores = 1, .bases = &half, .pair = BL_NN_FOREST_COMPLEMENT},
              out);
    assert_true(out[0] == (float)(1 - 0.3) && out[1] == (float)0.3);
    run_bases((bl_nn_forest_head){.n_scores = 1, .bases = &half, .function = BL_NN_FOREST_PROBIT},
              out);
    assert_true(fabs((double)out[0] - (-0.524401)) <
                1e-4); // the quantile, as near as the approximation is
}

// ---- hostile forests ----

/// A node of a hostile tree: a leaf where both children are 0.
typedef struct hostile_node {
    size_t feature;
    double threshold;
    size_t yes, no;
} hostile_node;

static bl_status build_hostile(bl_context *context, size_t n, const hostile_node *nodes,
                               bl_error *err) {
    bl_nn_forest_builder b;
    bl_nn_forest *forest = NULL;
    const bl_nn_forest_head head = {.n_features = 2, .n_scores = 1};
    bl_status status = bl_nn_forest_begin(&b, context, &head, err);
    if (status == BL_OK)
        status = bl_nn_forest_add_tree(&b, err);
    for (size_t i = 0; status == BL_OK && i < n; i++)
        status = nodes[i].yes || nodes[i].no
                     ? bl_nn_forest_add_split(&b, nodes[i].feature, BL_NN_LESS, nodes[i].threshold,
                                              true, nodes[i].yes, nodes[i].no, err)
                     : bl_nn_forest_add_leaf(&b, err);
    if (status == BL_OK)
        status = bl_nn_forest_finish(&b, &forest, err);
    bl_nn_forest_builder_release(&b);
    bl_nn_forest_free(forest);
    return status;
}

static void hostile(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_error err = {0};
    static const struct {
        size_t n;
        hostile_node nodes[4];
        bl_status status;
        const char *message;
    } cases[] = {
        {3, {{0, 1, 1, 2}}, BL_OK, ""},
        {0, {{0}}, BL_E_INVALID, "tree 0 has no nodes"},
        {3, {{0, 1, 1, 3}}, BL_E_INVALID, "tree 0: node 0: its child 3 is not there"},
        {3, {{0, 1, 1, 1}}, BL_E_INVALID, "tree 0: node 0: its child 1 is reached a second time"},
        {3,
         {{0, 1, 1, 2}, {0, 1, 0, 2}},
         BL_E_INVALID,
         "tree 0: node 1: its child 0 is reached a second time"},
        {4, {{0, 1, 1, 2}}, BL_E_INVALID, "tree 0: node 3 is never reached"},
        {3, {{2, 1, 1, 2}}, BL_E_RANGE, "tree 0: node 0: feature 2 of 2"},
        {3, {{0, NAN, 1, 2}}, BL_E_INVALID, "tree 0: node 0: the threshold is no number"},
        {3, {{0, 1, SIZE_MAX, 2}}, BL_E_INVALID, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err.message[0] = 0;
        assert_int_equal(build_hostile(context, cases[i].n, cases[i].nodes, &err), cases[i].status);
        if (cases[i].message)
            assert_string_equal(err.message, cases[i].message);
    }
    bl_context_free(context);
}

static void hostile_heads(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    static const double infinite = INFINITY, past_float32 = 1e39;
    static const struct {
        bl_nn_forest_head head;
        bl_status status;
    } cases[] = {
        {{.n_features = 0, .n_scores = 1}, BL_E_INVALID},
        {{.n_features = 1, .n_scores = 0}, BL_E_INVALID},
        {{.n_features = SIZE_MAX, .n_scores = 1}, BL_E_LIMIT},
        {{.n_features = 1, .n_scores = SIZE_MAX}, BL_E_LIMIT},
        {{.n_features = 1, .n_scores = 2, .pair = BL_NN_FOREST_OPPOSITE}, BL_E_INVALID},
        {{.n_features = 1, .n_scores = 1, .bases = &infinite, .is_double = true}, BL_E_INVALID},
        {{.n_features = 1, .n_scores = 1, .bases = &past_float32}, BL_E_INVALID},
        {{.n_features = 1, .n_scores = 1, .joint = BL_NN_FOREST_LEAST, .begins_at_base = true},
         BL_E_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bl_nn_forest_builder b;
        assert_int_equal(bl_nn_forest_begin(&b, context, &cases[i].head, NULL), cases[i].status);
        bl_nn_forest_builder_release(&b);
    }
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_forests), cmocka_unit_test(extreme_shapes),
        test_each_allocation(build_one),  cmocka_unit_test(double_thresholds),
        cmocka_unit_test(functions),      cmocka_unit_test(hostile),
        cmocka_unit_test(hostile_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
