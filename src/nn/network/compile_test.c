// SPDX-License-Identifier: Apache-2.0
// Graphs into networks: what wraps layers, what is shared, taken twice, masked or left out, and
// what is refused.
#include "nn/network/network_testing.h"

static trial t;

static const bl_nn_reduce_options pool = {.axis = 1};
static const bl_nn_masking_options zero;
static const bl_nn_dense_options dense_options = {.units = 3, .use_bias = true};

// ---- references ----

/// y = x·kernel + bias for a row.
static void dense(const trial *of, const char *layer, const double *x, size_t k, double *y,
                  size_t n) {
    const double *kernel = parameter_of(of, layer, "kernel");
    const double *bias = parameter_of(of, layer, "bias");
    for (size_t i = 0; i < n; i++) {
        y[i] = bias[i];
        for (size_t c = 0; c < k; c++)
            y[i] += x[c] * kernel[c * n + i];
    }
}

// ---- Bidirectional ----

static int merge_mode;

static void both_ways(const trial *of, rows_of_events *out) {
    enum { N = 3 };
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, rows_in(&of->in[0], e)), a[N], b[N];
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++, y += out->width) {
            dense(of, "n1/forward", row_in(&of->in[0], e, r), 2, a, N);
            dense(of, "n1/backward", row_in(&of->in[0], e, r), 2, b, N);
            for (size_t k = 0; k < N; k++) {
                double results[] = {[BL_NN_MERGE_CONCAT] = a[k],
                                    [BL_NN_MERGE_SUM] = a[k] + b[k],
                                    [BL_NN_MERGE_MUL] = a[k] * b[k],
                                    [BL_NN_MERGE_AVE] = (a[k] + b[k]) / 2};
                y[k] = results[merge_mode];
                if (merge_mode == BL_NN_MERGE_CONCAT)
                    y[N + k] = b[k];
            }
        }
    }
}

/// Its layers are Dense here, which needs no recurrent ones: each way has parameters of its own.
static void bidirectional(void **state) {
    (void)state;
    static const bl_nn_dense_options options = {.units = 3, .use_bias = true};
    static const bl_nn_node inner = {.kind = &bl_nn_kinds[BL_NN_KIND_DENSE],
                                     .options = (void *)(uintptr_t)&options};
    srand48(1);
    for (merge_mode = BL_NN_MERGE_CONCAT; merge_mode <= BL_NN_MERGE_AVE; merge_mode++) {
        bl_nn_bidirectional_options merge = {.merge_mode = merge_mode};
        begin_trial(&t);
        size_t node = ADD_NODE(&t, BIDIRECTIONAL, &merge, add_input(&t, 4, 2, true));
        t.nodes[node].inner = t.nodes[node].inner_backward = &inner;
        draw_trial(&t, 4, 0);
        check_trial(&t, both_ways);
        assert_int_equal(t.network->plan.parameters.n, 4);
        assert_true(t.network->steps[2].flips && !t.network->steps[1].flips);
        t.nodes[node].inner_backward = NULL;
        EXPECT_ERROR(&t, BL_E_UNSUPPORTED, "'n1'", "(Bidirectional)", "of a Dense");
        end_trial(&t);
    }
}

// ---- TimeDistributed ----

static void dense_rows(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, rows_in(&of->in[0], e));
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++)
            dense(of, "n1", row_in(&of->in[0], e, r), of->in[0].width, y + r * out->width,
                  out->width);
    }
}

static void time_distributed(void **state) {
    (void)state;
    static const bl_nn_dense_options options = {.units = 3, .use_bias = true};
    bl_nn_node inner = {.kind = &bl_nn_kinds[BL_NN_KIND_DENSE],
                        .options = (void *)(uintptr_t)&options};
    srand48(2);
    for (int is_ragged = 0; is_ragged < 2; is_ragged++) {
        begin_trial(&t);
        size_t node = ADD_NODE(&t, TIME_DISTRIBUTED, NULL, add_input(&t, 4, 2, is_ragged));
        t.nodes[node].inner = &inner;
        draw_trial(&t, 4, 0);
        check_trial(&t, dense_rows);
        end_trial(&t);
    }
    begin_trial(&t);
    size_t vector = add_input(&t, 0, 2, false), sequence = add_input(&t, 4, 2, false);
    size_t node = ADD_NODE(&t, TIME_DISTRIBUTED, NULL, vector);
    t.nodes[node].inner = &inner;
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n2'", "(TimeDistributed)", "sequences");
    t.inputs_of[node][0] = sequence;
    inner = (bl_nn_node){.kind = &bl_nn_kinds[BL_NN_KIND_FLATTEN]};
    EXPECT_ERROR(&t, BL_E_UNSUPPORTED, "'n2'", "(TimeDistributed)", "of a Flatten");
    end_trial(&t);
}

// ---- parameters that several layers have ----

/// The same layer three times, one behind the other.
static void dense_three_times(const trial *of, rows_of_events *out) {
    double a[3], b[3];
    for (size_t e = 0; e < of->n_events; e++) {
        dense(of, "n1", row_in(&of->in[0], e, 0), 3, a, 3);
        dense(of, "n1", a, 3, b, 3);
        dense(of, "n1", b, 3, next_event(out, e, 1), 3);
    }
}

static void shared(void **state) {
    (void)state;
    static const bl_nn_dense_options options = {.units = 3, .use_bias = true},
                                     wider = {.units = 4, .use_bias = true};
    srand48(3);
    begin_trial(&t);
    size_t owner = ADD_NODE(&t, DENSE, &options, add_input(&t, 0, 3, false));
    size_t second = ADD_NODE(&t, DENSE, &options, owner);
    size_t third = ADD_NODE(&t, DENSE, &options, second);
    t.nodes[second].same_as = t.nodes[third].same_as = owner;
    draw_trial(&t, 5, 0);
    check_trial(&t, dense_three_times);
    assert_int_equal(t.network->plan.parameters.n, 2);
    assert_int_equal(t.network->plan.weights.n, 1);
    t.nodes[second].options = (void *)(uintptr_t)&wider;
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n2'", "parameters of 'n1'", "other shapes");
    end_trial(&t);
}

static void frozen(void **state) {
    (void)state;
    static const bl_nn_dense_options options = {.units = 3, .use_bias = true};
    srand48(4);
    begin_trial(&t);
    size_t layer = ADD_NODE(&t, DENSE, &options, add_input(&t, 4, 3, true));
    t.nodes[layer].frozen = true;
    draw_trial(&t, 5, 0);
    check_trial(&t, dense_rows); // gradients of the input are there all the same
    for (size_t i = 0; i < t.network->plan.parameters.n; i++)
        assert_true(t.network->plan.parameters.items[i].is_fixed);
    end_trial(&t);
}

// ---- values that are taken several times ----

/// x² + x + (x·kernel + bias)
static void taken(const trial *of, rows_of_events *out) {
    size_t n = out->width;
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, rows_in(&of->in[0], e));
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++, y += n) {
            const double *x = row_in(&of->in[0], e, r);
            dense(of, "n1", x, n, y, n);
            for (size_t k = 0; k < n; k++)
                y[k] += x[k] * x[k] + x[k];
        }
    }
}

static void values_taken_twice(void **state) {
    (void)state;
    static const bl_nn_dense_options options = {.units = 3, .use_bias = true};
    srand48(5);
    for (int form = 0; form < 3; form++) {
        begin_trial(&t);
        size_t x = add_input(&t, form ? 4 : 0, 3, form == 2);
        size_t y = ADD_NODE(&t, DENSE, &options, x);
        size_t square = ADD_NODE(&t, MULTIPLY, NULL, x, x);
        ADD_NODE(&t, ADD, NULL, square, x, y);
        draw_trial(&t, 5, 0);
        check_trial(&t, taken);
        end_trial(&t);
    }
}

/// An output whose value others take has the gradients of both.
static void outputs_that_are_taken(void **state) {
    (void)state;
    static const bl_nn_dense_options options = {.units = 2, .use_bias = true};
    static float gradients_of[3][MOST_NUMBERS];
    static feeds f;
    srand48(6);
    begin_trial(&t);
    size_t first = ADD_NODE(&t, DENSE, &options, add_input(&t, 0, 2, false));
    size_t second = ADD_NODE(&t, DENSE, &options, first);
    draw_trial(&t, 4, 0);
    feed_events(&t, 0, 4, &f);
    for (int which = 0; which < 3; which++) { // the first alone, the second alone, both
        BL_AUTO(bl_nn_workspace) w = NULL;
        make_network(&t, NULL);
        bl_nn_network_free(t.network);
        t.graph.n_outputs = 2;
        t.graph.outputs = (size_t[]){first, second};
        assert_ok(bl_nn_network_new(t.context, &t.graph, &(bl_nn_network_options){.trains = true},
                                    &t.network, NULL));
        for (size_t i = 0; i < t.network->plan.n_floats; i++)
            t.network->parameters[i] = (float)t.parameters[i];
        bl_nn_network_pack(t.network);
        assert_ok(bl_nn_workspace_new(t.network, 4, true, &w, NULL));
        w->run.gradients = gradients_of[which];
        w->run.trains = true;
        assert_ok(bl_nn_workspace_begin(w, 4, f.list, NULL));
        assert_ok(bl_nn_run_forward(w, 0, t.network->n_steps, NULL));
        for (size_t output = 0; output < 2; output++) {
            if (which == 1 - (int)output)
                continue;
            bl_nn_matrix g = bl_nn_output_gradient(w, output);
            for (size_t i = 0; i < 4 * g.stride; i++)
                g.data[i] = 1;
        }
        bl_nn_run_backward(w, 0, t.network->n_steps);
    }
    for (size_t i = 0; i < t.network->plan.n_floats; i++)
        check_number(&t, (double)gradients_of[2][i],
                     (double)gradients_of[0][i] + (double)gradients_of[1][i], "both", i);
    end_trial(&t);
}

// ---- masks that a layer is given ----

static bool is_vector_mask;

static void mean_of_given(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1), n = 0;
        const double *flags = row_in(&of->in[1], e, 0); // one column, or one row
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++)
            n += flags[r] != 0;
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++)
            for (size_t k = 0; k < out->width && flags[r] != 0; k++)
                y[k] += row_in(&of->in[0], e, r)[k] / n;
    }
}

static void given_masks(void **state) {
    (void)state;
    srand48(7);
    for (int form = 0; form < 3; form++) {
        static float found[MOST_NUMBERS];
        is_vector_mask = form != 1;
        begin_trial(&t);
        size_t x = add_input(&t, 5, 2, form == 2);
        size_t mask = is_vector_mask ? add_input(&t, 0, 5, false) : add_input(&t, 5, 1, false);
        if (!is_vector_mask) { // it must have the rows of the input
            t.n_nodes = 0;
            t.n_inputs = 0;
            x = add_input(&t, 5, 2, false);
            static const bl_nn_reduce_options columns = {.axis = -1, .keepdims = true};
            mask = ADD_NODE(&t, ANY, &columns, x);
        }
        size_t mean = ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, x);
        t.nodes[mean].mask = mask;
        draw_trial(&t, 6, is_vector_mask ? 0 : 0.5);
        for (size_t i = 0; i < MOST_NUMBERS && is_vector_mask; i++)
            t.in[1].data[i] = by_chance(0.5) ? 0 : 1;
        for (size_t r = 0; r < t.in[0].offsets[6] && !is_vector_mask; r++)
            t.in[1].data[r] = t.in[0].data[2 * r] != 0;
        if (!is_vector_mask) {
            memcpy(t.in[1].offsets, t.in[0].offsets, sizeof t.in[1].offsets);
            t.in[1].width = 1;
        }
        make_network(&t, NULL);
        check_output(&t, mean_of_given, found, predict(&t, 4, found));
        end_trial(&t);
    }
    begin_trial(&t);
    size_t x = add_input(&t, 5, 2, false), mask = add_input(&t, 0, 4, false);
    size_t mean = ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, x);
    t.nodes[mean].mask = mask;
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n2'", "mask [4]", "input [5, 2]");
    end_trial(&t);
}

// ---- activations that belong to the loss ----

static void joined(void **state) {
    (void)state;
    static gradients g;
    static float predicted[MOST_NUMBERS];
    static const bl_nn_dense_options softmax = {
        .units = 3, .use_bias = true, .activation = {.kind = BL_NN_SOFTMAX}};
    srand48(8);
    begin_trial(&t);
    size_t layer = ADD_NODE(&t, DENSE, &softmax, add_input(&t, 0, 3, false));
    draw_trial(&t, 4, 0);
    make_network(&t, NULL);
    size_t n = predict(&t, 4, predicted);
    assert_false(bl_nn_network_join(t.network, 0, BL_NN_SIGMOID));
    assert_true(bl_nn_network_join(t.network, 0, BL_NN_SOFTMAX));
    train(&t, &g);
    static float again[MOST_NUMBERS];
    predict(&t, 4, again);
    same_bits(predicted, again, n, "predicting");
    check_output(&t, dense_rows, g.out, n);
    check_gradients(&t, dense_rows, &g);
    ADD_NODE(&t, DENSE, &dense_options, layer);
    t.graph.n_nodes = 3;
    t.output = layer;
    make_network(&t, NULL); // a layer that no output needs does not take it
    assert_true(bl_nn_network_join(t.network, 0, BL_NN_SOFTMAX));
    end_trial(&t);
}

// ---- memory ----

static bl_status make_and_run(bl_context *context) {
    static const bl_nn_attention_options options = {.num_heads = 2, .key_dim = 3, .use_bias = true};
    begin_trial(&t);
    size_t x = ADD_NODE(&t, MASKING, &zero, add_input(&t, 5, 3, true));
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, x, x);
    t.graph =
        (bl_nn_graph){.n_nodes = t.n_nodes, .nodes = t.nodes, .n_outputs = 1, .outputs = &t.output};
    bl_context_free(t.context);
    if (!context)
        return BL_E_NOMEM;
    BL_AUTO(bl_nn_network) network = NULL;
    BL_AUTO(bl_nn_workspace) w = NULL;
    BL_TRY(bl_nn_network_new(context, &t.graph, &(bl_nn_network_options){.trains = true}, &network,
                             NULL));
    return bl_nn_workspace_new(network, 3, true, &w, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bidirectional),
        cmocka_unit_test(time_distributed),
        cmocka_unit_test(shared),
        cmocka_unit_test(frozen),
        cmocka_unit_test(values_taken_twice),
        cmocka_unit_test(outputs_that_are_taken),
        cmocka_unit_test(given_masks),
        cmocka_unit_test(joined),
        test_each_allocation(make_and_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
