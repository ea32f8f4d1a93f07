// SPDX-License-Identifier: Apache-2.0
// Models that are read as networks, networks that are written and read again, and what is refused.
#include "model/onnx/to_graph.h"

#include <math.h>

#include "base/testing.h"
#include "model/onnx/builder.h"
#include "model/onnx/from_graph.h"

enum { N_EVENTS = 6, MOST_NUMBERS = 4096 };

// ---- running ----

static float number(size_t i) { return (float)((i * 7919 + 13) % 201) / 100 - 1; }

/// Outputs of a network of numbers that depend on the place alone, one behind the other.
static size_t run(const bl_nn_network *network, const int64_t *offsets, float *ret_numbers) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    static float numbers[MOST_NUMBERS];
    bl_nn_feed feeds[4];
    bl_nn_matrix outputs[4];
    size_t n = 0;
    for (size_t i = 0; i < MOST_NUMBERS; i++)
        numbers[i] = number(i);
    for (size_t i = 0; i < network->n_inputs; i++)
        feeds[i] = (bl_nn_feed){.data = numbers + 31 * i, .offsets = offsets};
    assert_ok(bl_nn_workspace_new(network, N_EVENTS, false, &workspace, NULL));
    assert_ok(bl_nn_predict(workspace, N_EVENTS, feeds, outputs, NULL));
    for (size_t i = 0; i < network->n_outputs; i++) {
        const bl_nn_value *value = &network->plan.values.items[network->outputs[i]];
        const uint32_t *rows = bl_nn_output_offsets(workspace, i);
        for (size_t r = 0; r < (rows ? rows[N_EVENTS] : N_EVENTS); r++)
            for (size_t k = 0; k < value->shape.width; k++)
                ret_numbers[n++] = outputs[i].data[r * outputs[i].stride + k];
    }
    return n;
}

/// A network of a model. \param ret_from to be released
static void read_network(bl_arena *arena, const bl_onnx_model *model, bl_onnx_network *ret_from,
                         bl_nn_network **ret_network) {
    bl_error err = {0};
    if (bl_onnx_to_graph(model, arena, ret_from, &err) != BL_OK)
        fail_msg("%s", err.message);
    assert_ok(bl_nn_network_new(arena->context, &ret_from->graph, NULL, ret_network, NULL));
    assert_ok(bl_onnx_load_weights(ret_from, *ret_network, NULL));
}

// ---- models by hand ----

static void begin(bl_onnx_builder *b, bl_arena *arena, size_t n, const bl_onnx_size *sizes) {
    bl_onnx_builder_init(b, arena, 8, "main");
    bl_onnx_add_opset(b, NULL, 17);
    bl_onnx_add_opset(b, "ai.onnx.ml", 3);
    bl_onnx_add_input(b, "x", BL_ONNX_FLOAT, n, sizes);
}

static void add_numbers(bl_onnx_builder *b, const char *name, size_t n, const int64_t *dims) {
    float numbers[64];
    size_t size = 1;
    for (size_t i = 0; i < n; i++)
        size *= (size_t)dims[i];
    for (size_t i = 0; i < size; i++)
        numbers[i] = number(i + 100);
    bl_onnx_add_initializer(b, name, BL_ONNX_FLOAT, n, dims, numbers, size * sizeof *numbers);
}

static void finish(bl_onnx_builder *b, bl_onnx_model **ret_model) {
    const bl_onnx_size sizes[] = {{"events", 0}, {"columns", 0}};
    bl_onnx_add_output(b, "y", BL_ONNX_FLOAT, 2, sizes);
    assert_ok(bl_onnx_builder_finish(b, ret_model, NULL));
}

/// Two layers of Gemm, with the relu between, against loops.
static void products(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_nn_network *network = NULL;
    bl_arena arena;
    bl_onnx_builder b;
    bl_onnx_model *model = NULL;
    bl_onnx_network from;
    const bl_onnx_size sizes[] = {{"events", 0}, {NULL, 3}};
    const char *gemm[] = {"x", "w", "b"}, *h = "h", *r = "r", *y = "y";
    bl_arena_init(&arena, context);
    begin(&b, &arena, 2, sizes);
    add_numbers(&b, "w", 2, (int64_t[]){4, 3});
    add_numbers(&b, "b", 2, (int64_t[]){1, 4});
    bl_onnx_node *node = bl_onnx_add_node(&b, "Gemm", NULL, 3, gemm, 1, &h);
    bl_onnx_add_int(&b, node, "transB", 1);
    bl_onnx_add_float(&b, node, "alpha", 2);
    bl_onnx_add_node(&b, "Relu", NULL, 1, &h, 1, &r);
    bl_onnx_add_node(&b, "ReduceSum", NULL, 2, (const char *[]){"r", "axes"}, 1, &y);
    bl_onnx_add_initializer(&b, "axes", BL_ONNX_INT64, 1, (int64_t[]){1}, (int64_t[]){-1}, 8);
    finish(&b, &model);
    read_network(&arena, model, &from, &network);
    assert_int_equal(from.graph.n_nodes, 3); // the input, a Dense with relu, a Sum
    float found[N_EVENTS];
    assert_int_equal(run(network, NULL, found), N_EVENTS);
    for (size_t e = 0; e < N_EVENTS; e++) {
        double sum = 0;
        for (size_t j = 0; j < 4; j++) {
            double z = (double)number(j + 100);
            for (size_t i = 0; i < 3; i++)
                z += 2 * (double)number(3 * e + i) * (double)number(3 * j + i + 100);
            sum += z > 0 ? z : 0;
        }
        assert_true(fabs((double)found[e] - sum) < 1e-5);
    }
    bl_nn_network_free(network);
    bl_onnx_network_release(&from);
    bl_arena_release(&arena);
    bl_context_free(context);
}

/// Transposing twice, and reshaping to what it was, makes no layer.
static void views(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_nn_network *network = NULL;
    bl_arena arena;
    bl_onnx_builder b;
    bl_onnx_model *model = NULL;
    bl_onnx_network from;
    const bl_onnx_size sizes[] = {{"events", 0}, {NULL, 4}, {NULL, 3}};
    const char *x = "x", *t = "t", *u = "u", *y = "y";
    static const int64_t order[] = {1, 0, 2}, shape[] = {-1, 12};
    bl_arena_init(&arena, context);
    begin(&b, &arena, 3, sizes);
    bl_onnx_add_initializer(&b, "shape", BL_ONNX_INT64, 1, (int64_t[]){2}, shape, sizeof shape);
    bl_onnx_add_ints(&b, bl_onnx_add_node(&b, "Transpose", NULL, 1, &x, 1, &t), "perm", 3, order);
    bl_onnx_add_ints(&b, bl_onnx_add_node(&b, "Transpose", NULL, 1, &t, 1, &u), "perm", 3, order);
    bl_onnx_add_node(&b, "Reshape", NULL, 2, (const char *[]){"u", "shape"}, 1, &y);
    finish(&b, &model);
    read_network(&arena, model, &from, &network);
    assert_int_equal(from.graph.n_nodes, 2); // the input, a Flatten
    float found[N_EVENTS * 12];
    assert_int_equal(run(network, NULL, found), N_EVENTS * 12);
    for (size_t i = 0; i < N_EVENTS * 12; i++)
        assert_float_equal(found[i], number(i), 0);
    bl_nn_network_free(network);
    bl_onnx_network_release(&from);
    bl_arena_release(&arena);
    bl_context_free(context);
}

// ---- what is refused ----

/// A node on x [events, 4, 3], w [3, 2], k [1], and what is said of it.
static const struct refusal {
    const char *op_type, *domain;
    size_t n;
    const char *inputs[3];
    const char *attribute; ///< of an integer; NULL: none
    int64_t value;
    const char *wanted;
} refusals[] = {
    {"Loop", NULL, 2, {"x", "w"}, NULL, 0, "no layer here is like this operator of ai.onnx"},
    {"Whatever", "mine", 1, {"x"}, NULL, 0, "no layer here is like this operator of mine"},
    {"Relu", NULL, 1, {"x"}, "mine", 1, "its attribute 'mine' is not read"},
    {"Relu", NULL, 2, {"x", "w"}, NULL, 0, "it has 2 inputs"},
    {"MatMul", NULL, 2, {"w", "x"}, NULL, 0, "input 0 'w' is a constant"},
    {"MatMul", NULL, 2, {"x", "x"}, NULL, 0, "input 1 'x' is no constant"},
    {"MatMul", NULL, 2, {"x", "k"}, NULL, 0, "its second input is no matrix"},
    {"Gemm", NULL, 2, {"x", "w"}, "transA", 1, "it transposes its first input"},
    {"Softmax", NULL, 1, {"x"}, "axis", 0, "it is over the axis of events"},
    {"Softmax", NULL, 1, {"x"}, "axis", 3, "axis 3 of 3"},
    {"ReduceMean", NULL, 1, {"x"}, NULL, 0, "it is over all axes, that of events too"},
    {"Erf", NULL, 1, {"x"}, NULL, 0, "it is not of x/sqrt(2)"},
    {"Gather", NULL, 2, {"w", "x"}, NULL, 0, "its numbers are not whole"},
    {"Add", NULL, 2, {"x", "w"}, NULL, 0, "a constant of 3 meets an axis of 4"},
    {"Cast", NULL, 1, {"x"}, "to", BL_ONNX_INT32, "it makes int32 of numbers that are not"},
    {"Concat", NULL, 2, {"x", "x"}, "axis", 0, "it is over the axis of events"},
};

static void refused(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    const bl_onnx_size sizes[] = {{"events", 0}, {NULL, 4}, {NULL, 3}};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        bl_arena arena;
        bl_onnx_builder b;
        bl_onnx_model *model = NULL;
        bl_onnx_network from = {0};
        bl_error err = {0};
        const char *y = "y";
        bl_arena_init(&arena, context);
        begin(&b, &arena, 3, sizes);
        bl_onnx_add_opset(&b, "mine", 1);
        add_numbers(&b, "w", 2, (int64_t[]){3, 2});
        add_numbers(&b, "k", 1, (int64_t[]){1});
        bl_onnx_node *node = bl_onnx_add_node(&b, r->op_type, r->domain, r->n, r->inputs, 1, &y);
        if (r->attribute)
            bl_onnx_add_int(&b, node, r->attribute, r->value);
        finish(&b, &model);
        bl_status status = bl_onnx_to_graph(model, &arena, &from, &err);
        assert_int_not_equal(status, BL_OK);
        assert_non_null(strstr(err.message, "node 0"));
        assert_non_null(strstr(err.message, r->op_type));
        if (!strstr(err.message, r->wanted))
            fail_msg("'%s' does not say '%s'", err.message, r->wanted);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

// ---- there and back ----

static bl_nn_node *add(bl_nn_graph *graph, bl_nn_kind_id kind, size_t from) {
    bl_nn_node *node = NULL;
    assert_ok(bl_nn_graph_add(graph, &bl_nn_kinds[kind], NULL, kind != BL_NN_KIND_INPUT, &from,
                              &node, NULL));
    return node;
}

static void add_input(bl_nn_graph *graph, bool ragged) {
    static const int64_t shape[] = {7, 3};
    *(bl_nn_input_options *)add(graph, BL_NN_KIND_INPUT, 0)->options =
        (bl_nn_input_options){.shape = {2, shape}, .ragged = ragged};
}

static bl_nn_recurrent_options *add_recurrent(bl_nn_graph *graph, bl_nn_kind_id kind, size_t from,
                                              bool keeps_all) {
    bl_nn_recurrent_options *options = add(graph, kind, from)->options;
    options->units = 4;
    options->return_sequences = keeps_all;
    options->zero_output_for_mask = true;
    return options;
}

static void add_dense(bl_nn_graph *graph, size_t from, bl_nn_activation_kind kind) {
    bl_nn_dense_options *options = add(graph, BL_NN_KIND_DENSE, from)->options;
    options->units = 3;
    assert_true(bl_nn_activation_find(bl_nn_activation_name(kind), &options->activation));
}

/// Variances are above 0.
static void set_parameters(bl_nn_network *network) {
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &network->plan.parameters.items[i];
        bool is_variance = strcmp(p->name, "moving_variance") == 0;
        for (size_t k = 0; k < p->n; k++)
            network->parameters[p->offset + k] =
                is_variance ? fabsf(number(k)) + 0.5F : number(p->offset + k) / 2;
    }
    bl_nn_network_pack(network);
}

/// Writes and reads a network; both give the same to 1e-6, or the same bits where it is exact.
static void there_and_back(bl_arena *arena, const bl_nn_graph *graph, const int64_t *offsets) {
    BL_AUTO(bl_nn_network) network = NULL;
    BL_AUTO(bl_nn_network) again = NULL;
    bl_onnx_model *model = NULL;
    bl_onnx_network from;
    float ours[MOST_NUMBERS], theirs[MOST_NUMBERS];
    bl_error err = {0};
    assert_ok(bl_nn_network_new(arena->context, graph, NULL, &network, &err));
    set_parameters(network);
    if (bl_onnx_from_graph(arena, network, NULL, &model, &err) != BL_OK)
        fail_msg("%s", err.message);
    read_network(arena, model, &from, &again);
    size_t n = run(network, offsets, ours);
    assert_true(n > 0);
    assert_int_equal(run(again, offsets, theirs), n);
    for (size_t i = 0; i < n; i++)
        assert_true(fabsf(ours[i] - theirs[i]) <= 1e-6F * fmaxf(1, fabsf(ours[i])));
    bl_onnx_network_release(&from);
}

/// ONNX has no transform that orders rows.
static void arranged_rows(void **state) {
    (void)state;
    BL_AUTO(bl_nn_network) network = NULL;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_columns columns;
    bl_onnx_model *model = NULL;
    bl_error err = {0};
    bl_arena_init(&arena, context);
    bl_nn_graph_init(&graph, &arena, "arranged");
    add_input(&graph, true);
    add_dense(&graph, 0, BL_NN_TANH);
    assert_ok(bl_nn_graph_set_outputs(&graph, 1, &(size_t){1}, NULL));
    assert_ok(bl_nn_network_new(context, &graph, NULL, &network, NULL));
    assert_ok(bl_nn_columns_init(&arena, graph.nodes[0].name, 3, &columns, NULL));
    const bl_nn_transform transform = {1, &columns};
    const bl_onnx_export_options options = {.transform = &transform};
    assert_ok(bl_onnx_from_graph(&arena, network, &options, &model, NULL));
    columns.rows.order = BL_NN_ORDER_COLUMN;
    assert_error(bl_onnx_from_graph(&arena, network, &options, &model, &err), BL_E_UNSUPPORTED, err,
                 "ONNX: its rows are ordered first");
    bl_nn_network_free(BL_MOVE(network));
    bl_arena_release(&arena);
    bl_context_free(context);
}

static const int64_t ragged_offsets[] = {0, 7, 8, 8, 12, 14, 19};

static void recurrent_layers(void **state) {
    static const bl_nn_kind_id kinds[] = {BL_NN_KIND_GRU, BL_NN_KIND_LSTM, BL_NN_KIND_SIMPLE_RNN};
    (void)state;
    bl_context *context = test_context(1);
    for (size_t i = 0; i < 24; i++) {
        bl_arena arena;
        bl_nn_graph graph;
        bool ragged = i / 3 % 2, keeps_all = i / 6 % 2, is_before = i / 12 % 2;
        bl_arena_init(&arena, context);
        bl_nn_graph_init(&graph, &arena, "recurrent");
        add_input(&graph, ragged);
        bl_nn_recurrent_options *options = add_recurrent(&graph, kinds[i % 3], 0, keeps_all);
        options->reset_after = !is_before;
        options->use_bias = i != 2;
        options->go_backwards = !keeps_all && is_before;
        add_dense(&graph, 1, BL_NN_TANH);
        assert_ok(bl_nn_graph_set_outputs(&graph, 1, &(size_t){2}, NULL));
        there_and_back(&arena, &graph, ragged ? ragged_offsets : NULL);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

static void both_ways(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (int i = 0; i < 16; i++) {
        bl_arena arena;
        bl_nn_graph graph;
        bool ragged = i / 4 % 2, keeps_all = i / 8;
        bl_arena_init(&arena, context);
        bl_nn_graph_init(&graph, &arena, "both");
        add_input(&graph, ragged);
        bl_nn_node *node = add(&graph, BL_NN_KIND_BIDIRECTIONAL, 0);
        bl_nn_node *inner = bl_arena_array(&arena, 1, sizeof *inner);
        ((bl_nn_bidirectional_options *)node->options)->merge_mode = i % 4;
        assert_non_null(inner);
        assert_ok(bl_nn_node_init(&arena, &bl_nn_kinds[BL_NN_KIND_GRU], "inner", inner, NULL));
        node->inner = inner;
        bl_nn_recurrent_options *options = inner->options;
        options->units = 4;
        options->return_sequences = keeps_all;
        options->zero_output_for_mask = true;
        assert_ok(bl_nn_graph_set_outputs(&graph, 1, &(size_t){1}, NULL));
        there_and_back(&arena, &graph, ragged ? ragged_offsets : NULL);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

/// Each activation that ONNX has operators for, alone and in a Dense.
static void activations(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (int kind = 0; kind < BL_NN_N_ACTIVATIONS; kind++) {
        bl_arena arena;
        bl_nn_graph graph;
        bl_nn_activation activation;
        bl_arena_init(&arena, context);
        bl_nn_graph_init(&graph, &arena, "activation");
        add_input(&graph, false);
        add_dense(&graph, 0, (bl_nn_activation_kind)kind);
        assert_true(
            bl_nn_activation_find(bl_nn_activation_name((bl_nn_activation_kind)kind), &activation));
        ((bl_nn_activation_options *)add(&graph, BL_NN_KIND_ACTIVATION, 1)->options)->activation =
            activation;
        assert_ok(bl_nn_graph_set_outputs(&graph, 1, &(size_t){2}, NULL));
        there_and_back(&arena, &graph, NULL);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

/// Layers without options that matter, and some with, one after the other.
static void other_layers(void **state) {
    static const int64_t turned[] = {2, 1}, shape[] = {3, 7};
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    bl_nn_graph_init(&graph, &arena, "others");
    add_input(&graph, false);
    add(&graph, BL_NN_KIND_BATCH_NORMALIZATION, 0);
    add(&graph, BL_NN_KIND_LAYER_NORMALIZATION, 1);
    ((bl_nn_permute_options *)add(&graph, BL_NN_KIND_PERMUTE, 2)->options)->dims =
        (bl_nn_counts){2, turned};
    *(bl_nn_slice_options *)add(&graph, BL_NN_KIND_SLICE, 3)->options =
        (bl_nn_slice_options){.axis = 1, .start = 1, .size = 2, .keepdims = true};
    *(bl_nn_clip_options *)add(&graph, BL_NN_KIND_CLIP, 4)->options =
        (bl_nn_clip_options){.x_min = -0.5, .x_max = 0.75};
    bl_nn_convolution_options *convolution = add(&graph, BL_NN_KIND_CONV1D, 0)->options;
    convolution->filters = 5;
    convolution->kernel_size = 3;
    convolution->padding = BL_NN_SAME;
    add(&graph, BL_NN_KIND_SQUARE, 6);
    ((bl_nn_pooling_options *)add(&graph, BL_NN_KIND_MAX_POOLING, 7)->options)->pool_size = 2;
    add(&graph, BL_NN_KIND_FLATTEN, 8);
    ((bl_nn_reshape_options *)add(&graph, BL_NN_KIND_RESHAPE, 0)->options)->target_shape =
        (bl_nn_counts){2, shape};
    ((bl_nn_reduce_options *)add(&graph, BL_NN_KIND_MAX, 10)->options)->axis = -1;
    add(&graph, BL_NN_KIND_GLOBAL_AVERAGE_POOLING, 10);
    assert_ok(bl_nn_graph_set_outputs(&graph, 4, (size_t[]){5, 9, 11, 12}, NULL));
    there_and_back(&arena, &graph, NULL);
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),         cmocka_unit_test(views),
        cmocka_unit_test(refused),          cmocka_unit_test(arranged_rows),
        cmocka_unit_test(recurrent_layers), cmocka_unit_test(both_ways),
        cmocka_unit_test(activations),      cmocka_unit_test(other_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
