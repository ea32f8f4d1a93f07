// SPDX-License-Identifier: Apache-2.0
// What inputs are fed with, and what they refuse.
#include "nn/network/network_testing.h"

static trial t;

static void feeds_of_all_kinds(void **state) {
    (void)state;
    enum { EVENTS = 3, STEPS = 4, WIDTH = 2, STRIDE = 5 };
    static const int64_t offsets[] = {2, 5, 5, 9}; // 3, 0 and 4 rows
    float data[9 * STRIDE];
    srand48(9);
    for (size_t i = 0; i < 9 * STRIDE; i++)
        data[i] = (float)draw_number(1);
    for (int is_ragged = 0; is_ragged < 2; is_ragged++) {
        BL_AUTO(bl_nn_workspace) w = NULL;
        bl_nn_feed feed = {.data = data, .stride = STRIDE, .offsets = offsets};
        bl_nn_matrix out;
        begin_trial(&t);
        ADD_NODE(&t, NEGATIVE, NULL, add_input(&t, STEPS, WIDTH, is_ragged));
        draw_trial(&t, EVENTS, 0);
        make_network(&t, NULL);
        assert_ok(bl_nn_workspace_new(t.network, EVENTS, false, &w, NULL));
        assert_ok(bl_nn_predict(w, EVENTS, &feed, &out, NULL));
        const uint32_t *rows = bl_nn_output_offsets(w, 0);
        for (size_t e = 0; e < EVENTS; e++) {
            size_t n = (size_t)(offsets[e + 1] - offsets[e]);
            assert_int_equal(rows[e + 1] - rows[e], is_ragged ? n : STEPS);
            for (size_t r = 0; r < rows[e + 1] - rows[e]; r++)
                for (size_t k = 0; k < WIDTH; k++) {
                    float x = r < n ? data[((size_t)offsets[e] + r) * STRIDE + k] : 0;
                    assert_true(out.data[(rows[e] + r) * out.stride + k] == -x);
                }
        }
        static const int64_t wrong[][4] = {{0, 5, 5, 9}, {0, 3, 2, 6}};
        for (size_t i = 0; i < 2; i++) {
            bl_error err = {0};
            feed.offsets = wrong[i];
            assert_error(bl_nn_predict(w, EVENTS, &feed, &out, &err), BL_E_SHAPE, err,
                         i ? "input 'n0': event 1 has -1 rows" : "input 'n0': event 0 has 5 rows");
        }
        assert_int_equal(bl_nn_predict(w, EVENTS + 1, &feed, &out, NULL), BL_E_INVALID);
        bl_nn_workspace_free(BL_MOVE(w));
        end_trial(&t);
    }
}

static void wrong_inputs(void **state) {
    (void)state;
    static const struct {
        size_t n;
        int64_t sizes[3];
        bool ragged;
        bl_status status;
        const char *word;
    } cases[] = {{0, {0}, false, BL_E_UNSUPPORTED, "0 axes"},
                 {3, {1, 2, 3}, false, BL_E_UNSUPPORTED, "3 axes"},
                 {1, {2}, true, BL_E_UNSUPPORTED, "sequence"},
                 {2, {0, 2}, false, BL_E_SHAPE, "size of 0"},
                 {1, {-1}, false, BL_E_SHAPE, "size of -1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bl_nn_input_options options = {{cases[i].n, cases[i].sizes}, cases[i].ragged};
        begin_trial(&t);
        add_node(&t, BL_NN_KIND_INPUT, &options, 0, NULL);
        EXPECT_ERROR(&t, cases[i].status, "'n0'", "(Input)", cases[i].word);
        end_trial(&t);
    }
    begin_trial(&t);
    bl_nn_dense_options many = {.units = 1 << 20};
    ADD_NODE(&t, DENSE, &many, add_input(&t, 0, 1 << 20, false));
    EXPECT_ERROR(&t, BL_E_LIMIT, "'n1'", "too many parameters");
    t.graph.n_outputs = 0;
    assert_int_equal(bl_nn_network_new(t.context, &t.graph, NULL, &t.network, NULL), BL_E_INVALID);
    end_trial(&t);
}

/// Sizes that some file tells: refused at once, before memory is asked for.
static void huge_inputs(void **state) {
    (void)state;
    static const struct {
        size_t steps, width;
    } sizes[] = {{INT32_MAX, 1}, {(1 << 24) + 1, 1}, {1 << 24, 257}, {1 << 30, 1 << 30}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        begin_trial(&t);
        add_input(&t, sizes[i].steps, sizes[i].width, true);
        EXPECT_ERROR(&t, BL_E_LIMIT, "'n0'", "(Input)", "too much");
        end_trial(&t);
    }
    begin_trial(&t);
    bl_nn_reshape_options longer = {{2, (const int64_t[]){1 << 25, 1}}};
    ADD_NODE(&t, RESHAPE, &longer, add_input(&t, 0, 1 << 25, false));
    EXPECT_ERROR(&t, BL_E_LIMIT, "'n1'", "(Reshape)", "too much");
    end_trial(&t);
}

static void runs_beyond_the_budget(void **state) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    bl_error err;
    (void)state;
    begin_trial(&t);
    add_input(&t, 100, 3, true);
    ADD_NODE(&t, FLATTEN, NULL, add_input(&t, 1 << 24, 8, true));
    assert_ok(try_network(&t, NULL, &err));
    assert_error(bl_nn_workspace_new(t.network, BL_NN_SHARD_EVENTS, false, &workspace, &err),
                 BL_E_LIMIT, err, "input 'n1' may have 16777216 rows");
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_of_all_kinds),
        cmocka_unit_test(wrong_inputs),
        cmocka_unit_test(huge_inputs),
        cmocka_unit_test(runs_beyond_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
