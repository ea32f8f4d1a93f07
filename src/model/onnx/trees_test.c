// SPDX-License-Identifier: Apache-2.0
// Forests to ONNX and back; attributes that contradict each other.
#include "model/onnx/trees.h"

#include "model/onnx/builder.h"
#include "nn/trees/random_testing.h"

enum { N_ROWS = 50, N_FEATURES = 4, MOST_OUT = 3 };

/// A model of one forest, and its first node.
static bl_status add_model(bl_onnx_builder *b, bl_arena *arena, const bl_nn_forest *forest,
                           bl_onnx_node **ret_node) {
    const bl_onnx_size in[] = {{"rows", 0}, {NULL, N_FEATURES}};
    const bl_onnx_size out[] = {{"rows", 0}, {NULL, (int64_t)forest->n_outputs}};
    bl_onnx_model *model = NULL;
    bl_onnx_builder_init(b, arena, 8, "trees");
    bl_onnx_add_opset(b, NULL, 13);
    bl_onnx_add_opset(b, "ai.onnx.ml", 3);
    bl_onnx_add_input(b, "x", BL_ONNX_FLOAT, 2, in);
    bl_onnx_add_output(b, "y", BL_ONNX_FLOAT, 2, out);
    BL_TRY(bl_onnx_add_forest(b, forest, "x", "y", NULL));
    BL_TRY(bl_onnx_builder_finish(b, &model, NULL));
    *ret_node = &model->graph->nodes.items[0];
    return BL_OK;
}

static test_forest_shape draw_shape(bl_random *random) {
    static const double bases[] = {0.5, -0.25, 2};
    test_forest_shape shape = {
        .head = {.n_features = N_FEATURES,
                 .n_scores = 1 + test_draw(random, MOST_OUT),
                 .joint = (bl_nn_forest_joint)test_draw(random, BL_NN_FOREST_N_JOINTS),
                 .bases = bases},
        .n_trees = 1 + test_draw(random, 6),
        .most_depth = test_draw(random, 6),
        .comparison = -1,
        .most_weights = 2};
    if (shape.head.n_scores > 1 && test_draw(random, 2))
        shape.head.function = BL_NN_FOREST_SOFTMAX;
    return shape;
}

static void there_and_back(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    float x[N_ROWS * N_FEATURES], ours[N_ROWS * MOST_OUT], theirs[N_ROWS * MOST_OUT];
    for (uint64_t i = 0; i < 80; i++) {
        bl_random random;
        bl_random_init(&random, 11, 0, i);
        test_forest_shape shape = draw_shape(&random);
        BL_AUTO(bl_nn_forest) forest = test_forest(context, &random, &shape);
        BL_AUTO(bl_nn_forest) again = NULL;
        bl_arena arena;
        bl_onnx_builder b;
        bl_onnx_node *node = NULL;
        bl_arena_init(&arena, context);
        assert_ok(add_model(&b, &arena, forest, &node));
        assert_true(bl_onnx_is_forest(node));
        assert_ok(bl_onnx_forest_read(context, node, &again, NULL));
        for (size_t k = 0; k < N_ROWS * N_FEATURES; k++)
            x[k] = test_draw_feature(&random);
        bl_nn_forest_run(forest, N_ROWS, x, N_FEATURES, ours, forest->n_outputs);
        bl_nn_forest_run(again, N_ROWS, x, N_FEATURES, theirs, again->n_outputs);
        assert_memory_equal(ours, theirs, N_ROWS * forest->n_outputs * sizeof *ours);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

static bl_status write_and_read(bl_context *context) {
    BL_AUTO(bl_nn_forest) forest = NULL;
    BL_AUTO(bl_nn_forest) again = NULL;
    bl_random random;
    bl_random_init(&random, 12, 0, 1);
    test_forest_shape shape = draw_shape(&random);
    bl_arena arena;
    bl_onnx_builder b;
    bl_onnx_node *node = NULL;
    bl_arena_init(&arena, context);
    bl_status status = test_forest_build(context, &random, &shape, &forest);
    if (status == BL_OK)
        status = add_model(&b, &arena, forest, &node);
    if (status == BL_OK)
        status = bl_onnx_forest_read(context, node, &again, NULL);
    bl_arena_release(&arena);
    return status;
}

// ---- by hand ----

/// What a classifier of one split has, and what is wrong with it.
typedef struct stump {
    int64_t nodes[3], yes, no, weight_nodes[2], ids[2];
    const char *mode, *function;
    size_t n_values, n_bases;
    bl_status status;
    const char *message;
} stump;

static bl_onnx_node *add_stump(bl_onnx_builder *b, const stump *s) {
    const char *x = "x", *outputs[] = {"label", "y"}, *modes[] = {s->mode, "LEAF", "LEAF"};
    const int64_t trees[] = {7, 7, 7}, features[] = {1, 0, 0}, labels[] = {0, 1};
    const int64_t yes[] = {s->yes, 0, 0}, no[] = {s->no, 0, 0};
    const float values[] = {0.5F, 0, 0, 0}, weights[] = {0.25F, 0.75F}, bases[] = {1, 2};
    bl_onnx_node *node =
        bl_onnx_add_node(b, "TreeEnsembleClassifier", "ai.onnx.ml", 1, &x, 2, outputs);
    bl_onnx_add_ints(b, node, "nodes_treeids", 3, trees);
    bl_onnx_add_ints(b, node, "nodes_nodeids", 3, s->nodes);
    bl_onnx_add_ints(b, node, "nodes_featureids", 3, features);
    bl_onnx_add_floats(b, node, "nodes_values", s->n_values, values);
    bl_onnx_add_strings(b, node, "nodes_modes", 3, modes);
    bl_onnx_add_ints(b, node, "nodes_truenodeids", 3, yes);
    bl_onnx_add_ints(b, node, "nodes_falsenodeids", 3, no);
    bl_onnx_add_ints(b, node, "class_treeids", 2, trees);
    bl_onnx_add_ints(b, node, "class_nodeids", 2, s->weight_nodes);
    bl_onnx_add_ints(b, node, "class_ids", 2, s->ids);
    bl_onnx_add_floats(b, node, "class_weights", 2, weights);
    bl_onnx_add_ints(b, node, "classlabels_int64s", 2, labels);
    bl_onnx_add_string(b, node, "post_transform", s->function);
    if (s->n_bases)
        bl_onnx_add_floats(b, node, "base_values", s->n_bases, bases);
    return node;
}

static void by_hand(void **state) {
    (void)state;
    static const stump cases[] = {
        {{0, 1, 2}, 1, 2, {1, 2}, {0, 0}, "BRANCH_LT", "NONE", 3, 0, BL_OK, NULL},
        {{9, 5, 2}, 5, 2, {2, 5}, {1, 0}, "BRANCH_LEQ", "SOFTMAX", 3, 2, BL_OK, NULL},
        {{0, 1, 1},
         1,
         2,
         {1, 2},
         {0, 0},
         "BRANCH_LT",
         "NONE",
         3,
         0,
         BL_E_INVALID,
         "TreeEnsembleClassifier: tree 7: node 1 is there twice"},
        {{0, 1, 2}, 1, 3, {1, 2}, {0, 0}, "BRANCH_LT", "NONE", 3, 0, BL_E_INVALID, NULL},
        {{0, 1, 2}, 0, 2, {1, 2}, {0, 0}, "BRANCH_LT", "NONE", 3, 0, BL_E_INVALID, NULL},
        {{0, 1, 2},
         1,
         2,
         {1, 0},
         {0, 0},
         "BRANCH_LT",
         "NONE",
         3,
         0,
         BL_E_INVALID,
         "TreeEnsembleClassifier: 1 of 2 weights are of no leaf"},
        {{0, 1, 2}, 1, 2, {1, 2}, {0, 2}, "BRANCH_LT", "NONE", 3, 0, BL_E_RANGE, NULL},
        {{0, 1, 2}, 1, 2, {1, 2}, {0, -1}, "BRANCH_LT", "NONE", 3, 0, BL_E_RANGE, NULL},
        {{0, 1, 2}, 1, 2, {1, 2}, {0, 0}, "BRANCH_LT", "PROBIT", 3, 0, BL_E_UNSUPPORTED, NULL},
        {{0, 1, 2},
         1,
         2,
         {1, 2},
         {0, 0},
         "BRANCH_LT",
         "NONE",
         3,
         2,
         BL_E_UNSUPPORTED,
         "TreeEnsembleClassifier: 2 base values of 1 scores"},
        {{0, 1, 2}, 1, 2, {1, 2}, {0, 0}, "BRANCH", "NONE", 3, 0, BL_E_INVALID, NULL},
        {{0, 1, 2}, 1, 2, {1, 2}, {0, 0}, "BRANCH_LT", "SOFT", 3, 0, BL_E_INVALID, NULL},
        {{0, 1, 2},
         1,
         2,
         {1, 2},
         {0, 0},
         "BRANCH_LT",
         "NONE",
         4,
         0,
         BL_E_INVALID,
         "TreeEnsembleClassifier: attribute 'nodes_values' has 4 items, not 3"},
    };
    bl_context *context = test_context(1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BL_AUTO(bl_nn_forest) forest = NULL;
        bl_error err = {0};
        bl_arena arena;
        bl_onnx_builder b;
        bl_arena_init(&arena, context);
        bl_onnx_builder_init(&b, &arena, 8, "stump");
        assert_int_equal(bl_onnx_forest_read(context, add_stump(&b, &cases[i]), &forest, &err),
                         cases[i].status);
        if (cases[i].message)
            assert_string_equal(err.message, cases[i].message);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        test_each_allocation(write_and_read),
        cmocka_unit_test(by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
