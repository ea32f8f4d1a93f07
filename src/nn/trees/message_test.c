// SPDX-License-Identifier: Apache-2.0
// Forests to bytes and back; bytes that were changed are refused or are another forest.
#include "nn/trees/message.h"

#include "nn/trees/random_testing.h"

enum { N_ROWS = 40, N_FEATURES = 4, MOST_OUT = 3 };

static bl_nn_forest *draw_forest(bl_context *context, uint64_t number) {
    static const double bases[] = {0.1, -0.7, 1.3};
    bl_random random;
    bl_random_init(&random, 5, 0, number);
    test_forest_shape shape = {
        .head = {.n_features = N_FEATURES,
                 .n_scores = 1 + test_draw(&random, MOST_OUT),
                 .joint = (bl_nn_forest_joint)(number % BL_NN_FOREST_N_JOINTS),
                 .function = (bl_nn_forest_function)test_draw(&random, BL_NN_FOREST_N_FUNCTIONS),
                 .is_double = test_draw(&random, 2),
                 .bases = bases},
        .n_trees = test_draw(&random, 6),
        .most_depth = test_draw(&random, 6),
        .comparison = -1,
        .most_weights = 2};
    return test_forest(context, &random, &shape);
}

static void there_and_back(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_random random;
    bl_random_init(&random, 6, 0, 0);
    float x[N_ROWS * N_FEATURES], ours[N_ROWS * MOST_OUT], theirs[N_ROWS * MOST_OUT];
    for (size_t i = 0; i < N_ROWS * N_FEATURES; i++)
        x[i] = test_draw_feature(&random);
    for (uint64_t i = 0; i < 60; i++) {
        BL_AUTO(bl_nn_forest) forest = draw_forest(context, i);
        BL_AUTO(bl_nn_forest) again = NULL;
        BL_AUTO(bl_buffer) bytes = NULL;
        BL_AUTO(bl_buffer) more = NULL;
        assert_ok(bl_nn_forest_encode(forest, &bytes, NULL));
        assert_ok(bl_nn_forest_decode(context, bytes->data, bytes->size, &again, NULL));
        assert_ok(bl_nn_forest_encode(again, &more, NULL));
        assert_int_equal(bytes->size, more->size);
        assert_memory_equal(bytes->data, more->data, bytes->size);
        bl_nn_forest_run(forest, N_ROWS, x, N_FEATURES, ours, forest->n_outputs);
        bl_nn_forest_run(again, N_ROWS, x, N_FEATURES, theirs, forest->n_outputs);
        assert_memory_equal(ours, theirs, N_ROWS * forest->n_outputs * sizeof *ours);
    }
    bl_context_free(context);
}

/// Cut anywhere, or with any byte changed, a message is one error or a forest that can be run.
static void damaged(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    BL_AUTO(bl_nn_forest) forest = draw_forest(context, 9);
    BL_AUTO(bl_buffer) bytes = NULL;
    size_t n_refused = 0;
    assert_ok(bl_nn_forest_encode(forest, &bytes, NULL));
    assert_true(bytes->size > 100);
    for (size_t i = 0; i < 2 * bytes->size; i++) {
        bl_error err = {0};
        BL_AUTO(bl_nn_forest) other = NULL;
        size_t at = i / 2;
        uint8_t was = bytes->data[at];
        bytes->data[at] ^= i % 2 ? 0x01 : 0x80;
        bl_status status = bl_nn_forest_decode(context, bytes->data, bytes->size, &other, &err);
        bytes->data[at] = was;
        n_refused += status != BL_OK;
        assert_true(status == BL_OK || err.message[0]);
        if (other && other->head.n_features <= N_FEATURES && other->n_outputs <= MOST_OUT) {
            float x[N_FEATURES] = {0, NAN, 1, -1}, out[MOST_OUT];
            bl_nn_forest_run(other, 1, x, N_FEATURES, out, MOST_OUT);
        }
    }
    assert_true(n_refused > bytes->size / 4);
    for (size_t size = 0; size < bytes->size; size++) {
        BL_AUTO(bl_nn_forest) other = NULL;
        bl_status status = bl_nn_forest_decode(context, bytes->data, size, &other, NULL);
        assert_true(status != BL_OK || other->n_trees == 0); // cut before the first of its lists
    }
    bl_nn_forest_free(BL_MOVE(forest));
    bl_buffer_release(BL_MOVE(bytes));
    bl_context_free(context);
}

static bl_status write_and_read(bl_context *context) {
    static const double base = 1;
    BL_AUTO(bl_nn_forest) forest = NULL;
    BL_AUTO(bl_nn_forest) again = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_random random;
    bl_random_init(&random, 7, 0, 0);
    test_forest_shape shape = {.head = {.n_features = 2, .n_scores = 1, .bases = &base},
                               .n_trees = 2,
                               .most_depth = 3,
                               .comparison = -1,
                               .most_weights = 1};
    BL_TRY(test_forest_build(context, &random, &shape, &forest));
    BL_TRY(bl_nn_forest_encode(forest, &bytes, NULL));
    return bl_nn_forest_decode(context, bytes->data, bytes->size, &again, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(damaged),
        test_each_allocation(write_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
