// SPDX-License-Identifier: Apache-2.0
// Configurations of Keras 2 and 3 as graphs, what is refused in them, and real files with their
// weights. Files of all kinds of layers are in tests/peers/keras_networks.py.
#include "model/keras/to_graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "formats/hdf5/hdf5.h"

/// Each node as "name Kind(inputs)", with what else it has.
static void describe(const bl_nn_graph *graph, char *text, size_t size) {
    size_t at = 0;
    *text = '\0';
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const bl_nn_node *node = &graph->nodes[i];
        at += (size_t)snprintf(text + at, size - at, "%s%s %s(", i ? "; " : "", node->name,
                               node->kind->name);
        for (size_t k = 0; k < node->n_inputs; k++)
            at += (size_t)snprintf(text + at, size - at, "%s%s", k ? " " : "",
                                   graph->nodes[node->inputs[k]].name);
        at += (size_t)snprintf(text + at, size - at, ")");
        if (node->mask != BL_NN_NONE)
            at += (size_t)snprintf(text + at, size - at, " mask %s", graph->nodes[node->mask].name);
        if (node->same_as != BL_NN_NONE)
            at +=
                (size_t)snprintf(text + at, size - at, " as %s", graph->nodes[node->same_as].name);
        if (node->frozen)
            at += (size_t)snprintf(text + at, size - at, " frozen");
        if (node->inner)
            at += (size_t)snprintf(text + at, size - at, " of %s", node->inner->kind->name);
        if (node->inner_backward)
            at += (size_t)snprintf(text + at, size - at, " and another");
    }
    at += (size_t)snprintf(text + at, size - at, " ->");
    for (size_t i = 0; i < graph->n_outputs; i++)
        at += (size_t)snprintf(text + at, size - at, " %s", graph->nodes[graph->outputs[i]].name);
}

static bl_status convert(bl_context *context, bl_arena *arena, const char *json,
                         bl_nn_graph *ret_graph, bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_TRY(bl_keras_read_json(context, "model.json", json, strlen(json), &file, err));
    return bl_keras_to_graph(file, arena, ret_graph, err);
}

static void check(bl_context *context, const char *json, const char *wanted) {
    char text[4096];
    bl_arena arena;
    bl_nn_graph graph;
    bl_error err = {0};
    bl_arena_init(&arena, context);
    if (convert(context, &arena, json, &graph, &err) != BL_OK)
        fail_msg("%s: %s", wanted, err.message);
    describe(&graph, text, sizeof text);
    assert_string_equal(text, wanted);
    bl_arena_release(&arena);
}

static void refuse(bl_context *context, const char *json, bl_status status, const char *message) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_error err = {0};
    bl_arena_init(&arena, context);
    assert_error(convert(context, &arena, json, &graph, &err), status, err, message);
    bl_arena_release(&arena);
}

// ---- pieces of configurations ----

#define LAYER(class_name, name, options, calls)                                                    \
    "{\"module\": \"keras.layers\", \"class_name\": \"" class_name "\", \"name\": \"" name         \
    "\", \"config\": {\"name\": \"" name "\", \"trainable\": true, \"dtype\": \"float32\"" options \
    "}, \"inbound_nodes\": [" calls "]}"
#define OPERATION(class_name, name, options, call)                                                \
    "{\"module\": \"keras.src.ops.numpy\", \"class_name\": \"" class_name "\", \"name\": \"" name \
    "\", \"config\": {\"name\": \"" name "\"" options "}, \"inbound_nodes\": [" call "]}"
#define INPUT(name, shape) LAYER("InputLayer", name, ", \"batch_shape\": [null, " shape "]", "")
#define TENSOR(name, call)                                                                       \
    "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [null], \"keras_history\": " \
    "[\"" name "\", " call ", 0]}}"
#define CALL(args) "{\"args\": [" args "], \"kwargs\": {}}"
#define CALL_WITH(args, kwargs) "{\"args\": [" args "], \"kwargs\": {" kwargs "}}"
#define MODEL(inputs, outputs, layers)                                                    \
    "{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", \"layers\": [" layers \
    "], \"input_layers\": " inputs ", \"output_layers\": " outputs "}}"
#define ONE(layer) MODEL("[\"x\", 0, 0]", "[\"l\", 0, 0]", INPUT("x", "5, 3") ", " layer)
#define X CALL(TENSOR("x", "0"))

// ---- models ----

static void test_functional(void **state) {
    bl_context *context = *state;
    // A shared layer, listed before what its second call takes; two inputs, in their own order.
    check(
        context,
        MODEL("[[\"b\", 0, 0], [\"a\", 0, 0]]", "[[\"d\", 1, 0], [\"c\", 0, 0]]",
              INPUT("a", "4") ", " INPUT("b", "4") ", " LAYER(
                  "Dense", "d", ", \"units\": 4",
                  CALL(TENSOR("c", "0")) ", " CALL(TENSOR(
                      "a", "0"))) ", " LAYER("Add", "c", "",
                                             CALL("[" TENSOR("a", "0") ", " TENSOR("b", "0") "]"))),
        "b Input(); a Input(); d Dense(a); c Add(a b); d.1 Dense(c) as d -> d c");
    // Masks, and layers in layers.
    check(
        context,
        MODEL(
            "{\"x\": [\"x\", 0, 0]}", "{\"y\": [\"g\", 0, 0]}",
            INPUT("x", "5, 3") ", " OPERATION(
                "NotEqual", "ne", "",
                CALL(TENSOR(
                    "x",
                    "0") ", 0.0")) ", " OPERATION("Any", "any",
                                                  ", \"axis\": -1, \"keepdims\": false",
                                                  CALL(TENSOR(
                                                      "ne",
                                                      "0"))) ", " LAYER("TimeDistributed", "t",
                                                                        ", \"layer\": "
                                                                        "{\"class_name\": "
                                                                        "\"Dense\", \"config\": "
                                                                        "{\"units\": 2}}",
                                                                        X) ", " LAYER("Bidirectiona"
                                                                                      "l",
                                                                                      "g",
                                                                                      ", "
                                                                                      "\"merge_"
                                                                                      "mode\": "
                                                                                      "\"sum\", "
                                                                                      "\"layer\": "
                                                                                      "{\"class_"
                                                                                      "name\": "
                                                                                      "\"GRU\", "
                                                                                      "\"config\": "
                                                                                      "{\"units\": "
                                                                                      "2}}, "
                                                                                      "\"backward_"
                                                                                      "layer\": "
                                                                                      "{\"class_"
                                                                                      "name\": "
                                                                                      "\"GRU\", "
                                                                                      "\"config\": "
                                                                                      "{\"units\": "
                                                                                      "2, "
                                                                                      "\"go_"
                                                                                      "backwards\":"
                                                                                      " true}}",
                                                                                      CALL_WITH(
                                                                                          TENSOR(
                                                                                              "t",
                                                                                              "0"),
                                                                                          "\"traini"
                                                                                          "ng\": "
                                                                                          "false, "
                                                                                          "\"mask\""
                                                                                          ":"
                                                                                          " " TENSOR(
                                                                                              "any",
                                                                                              "0")))),
        "x Input(); ne NotEqual(x); any Any(ne); t TimeDistributed(x) of Dense; g "
        "Bidirectional(t) mask any of GRU -> g");
    // Keras 2: calls are lists, keywords stand in the first.
    check(context,
          "{\"class_name\": \"Model\", \"config\": {\"name\": \"m\", \"layers\": [{\"class_name\": "
          "\"InputLayer\", \"name\": \"x\", \"config\": {\"batch_input_shape\": [null, 5, 3]}, "
          "\"inbound_nodes\": []}, {\"class_name\": \"MultiHeadAttention\", \"name\": \"a\", "
          "\"config\": {\"trainable\": false, \"num_heads\": 1, \"key_dim\": 2, \"attention_axes\":"
          " [1]}, \"inbound_nodes\": [[[\"x\", 0, 0, {\"value\": [\"x\", 0, 0]}]]]}, "
          "{\"class_name\": \"Add\", \"name\": \"s\", \"config\": {}, \"inbound_nodes\": [[[\"x\", "
          "0, 0, {}], [\"a\", 0, 0, {}]]]}], \"input_layers\": [[\"x\", 0, 0]], "
          "\"output_layers\": [[\"s\", 0, 0]]}}",
          "x Input(); a MultiHeadAttention(x x) frozen; s Add(x a) -> s");
}

static void test_nested(void **state) {
    bl_context *context = *state;
#define BLOCK                                                                                  \
    "{\"class_name\": \"Sequential\", \"name\": \"block\", \"config\": {\"name\": \"block\", " \
    "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"i\", "             \
    "\"batch_shape\": [null, 4]}}, {\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", " \
    "\"units\": 4}}, {\"class_name\": \"ReLU\", \"config\": {\"name\": \"r\", \"max_value\": " \
    "6}}]}, \"inbound_nodes\": [" CALL_WITH(TENSOR("d", "0"),                                  \
                                            "\"mask\": null") ", " CALL(TENSOR("x", "0")) "]}"
    check(context,
          MODEL("[\"x\", 0, 0]", "[[\"block\", 0, 0], [\"block\", 1, 0]]",
                INPUT("x", "4") ", " BLOCK ", " LAYER("Dense", "d", ", \"units\": 4", X)),
          "x Input(); block.d Dense(x); r Activation(block.d); d Dense(x); block.d.1 Dense(d) as "
          "block.d; r.1 Activation(block.d.1) -> r.1 r");
    // Keras 2 names no input; the oldest configurations are the list itself.
    check(context,
          "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Dense\", \"config\": "
          "{\"name\": \"d\", \"units\": 3, \"batch_input_shape\": [null, 4]}}]}",
          "d_input Input(); d Dense(d_input) -> d");
    check(context,
          "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"build_input_shape\": "
          "[null, 7, 4], \"layers\": [{\"class_name\": \"GRU\", \"config\": {\"name\": \"g\", "
          "\"units\": 3}}]}}",
          "g_input Input(); g GRU(g_input) -> g");
}

static void test_operations(void **state) {
    static const struct {
        const char *json, *kind;
        double scale, offset;
    } scalings[] = {
        {ONE(OPERATION("Add", "l", "", CALL(TENSOR("x", "0") ", 2"))), "Rescaling", 1, 2},
        {ONE(OPERATION("Subtract", "l", "", CALL(TENSOR("x", "0") ", 2"))), "Rescaling", 1, -2},
        {ONE(OPERATION("Subtract", "l", "", CALL("2, " TENSOR("x", "0")))), "Rescaling", -1, 2},
        {ONE(OPERATION("Multiply", "l", "", CALL("2, " TENSOR("x", "0")))), "Rescaling", 2, 0},
        {ONE(OPERATION("TrueDivide", "l", "", CALL(TENSOR("x", "0") ", 2"))), "Rescaling", 0.5, 0},
    };
    bl_context *context = *state;
    for (size_t i = 0; i < sizeof scalings / sizeof *scalings; i++) {
        bl_arena arena;
        bl_nn_graph graph;
        bl_arena_init(&arena, context);
        bl_status status = convert(context, &arena, scalings[i].json, &graph, NULL);
        assert_ok(status);
        if (status == BL_OK) {
            const bl_nn_scaling_options *options = graph.nodes[1].options;
            assert_string_equal(graph.nodes[1].kind->name, scalings[i].kind);
            assert_true(options->scale.items[0] == scalings[i].scale);
            assert_true(options->offset.items[0] == scalings[i].offset);
        }
        bl_arena_release(&arena);
    }
    check(context, ONE(OPERATION("Add", "l", "", CALL(TENSOR("x", "0") ", " TENSOR("x", "0")))),
          "x Input(); l Add(x x) -> l");
    check(context, ONE(OPERATION("Less", "l", "", CALL("1, " TENSOR("x", "0")))),
          "x Input(); l Greater(x) -> l");
    check(context, ONE(OPERATION("Maximum", "l", "", CALL(TENSOR("x", "0") ", 0.5"))),
          "x Input(); l Clip(x) -> l");
    check(context, ONE(OPERATION("Sum", "l", ", \"axis\": [1]", X)), "x Input(); l Sum(x) -> l");
    check(context, ONE(OPERATION("LeakyRelu", "l", ", \"negative_slope\": 0.1", X)),
          "x Input(); l Activation(x) -> l");
    check(context, ONE(OPERATION("Reshape", "l", ", \"newshape\": [-1, 15]", X)),
          "x Input(); l Reshape(x) -> l");
    // A vector for Keras, for us a sequence of one column.
    check(context, ONE(OPERATION("Sum", "l", ", \"axis\": 2", X)),
          "x Input(); l Sum(x); l.vector Flatten(l) -> l.vector");
    check(context, ONE(OPERATION("Sum", "l", ", \"axis\": 2, \"keepdims\": true", X)),
          "x Input(); l Sum(x) -> l");
    refuse(context, ONE(OPERATION("Sum", "l", ", \"axis\": [1, 2]", X)), BL_E_UNSUPPORTED,
           "layer 'l' (Sum): axis is several");
    refuse(context, ONE(OPERATION("Sum", "l", ", \"axis\": null", X)), BL_E_UNSUPPORTED,
           "it is over all axes");
    refuse(context, ONE(OPERATION("Matmul", "l", "", X)), BL_E_UNSUPPORTED,
           "layer 'l' (Matmul): no operation of ours is like it");
    refuse(context, ONE(OPERATION("Divide", "l", "", CALL("1, " TENSOR("x", "0")))),
           BL_E_UNSUPPORTED, "it divides a constant");
}

/// What Keras makes of masks where sequences are put together.
static void test_truth_values(void **state) {
    bl_context *context = *state;
    check(context, ONE(OPERATION("LogicalNot", "l", "", X)), "x Input(); l Equal(x) -> l");
    check(context, ONE(OPERATION("ZerosLike", "l", "", X)), "x Input(); l Greater(x) -> l");
    check(
        context,
        ONE(OPERATION("NotEqual", "n", "", CALL(TENSOR("x", "0") ", 0.0")) ", " OPERATION(
            "Any", "a", ", \"axis\": -1",
            CALL(TENSOR(
                "n",
                "0"))) ", " OPERATION("ExpandDims", "e", ", \"axis\": -1",
                                      CALL(TENSOR(
                                          "a",
                                          "0"))) ", " OPERATION("LogicalOr", "o", "",
                                                                CALL(TENSOR("e", "0") ", " TENSOR(
                                                                    "n",
                                                                    "0"))) ", " OPERATION("LogicalA"
                                                                                          "nd",
                                                                                          "l", "",
                                                                                          CALL(TENSOR("o", "0") ", " TENSOR(
                                                                                              "n",
                                                                                              "0")))),
        "x Input(); n NotEqual(x); a Any(n); a.vector Flatten(a); e Reshape(a.vector); "
        "o Maximum(e n); l Minimum(o n) -> l");
    refuse(context,
           ONE(OPERATION("LogicalOr", "l", "", CALL(TENSOR("x", "0") ", " TENSOR("x", "0")))),
           BL_E_UNSUPPORTED, "layer 'l' (LogicalOr): it is called with other than truth values");
    refuse(context, ONE(OPERATION("LogicalAnd", "l", "", CALL(TENSOR("x", "0") ", 1"))),
           BL_E_UNSUPPORTED, "other than truth values");
    refuse(context, ONE(OPERATION("ExpandDims", "l", ", \"axis\": -1", X)), BL_E_UNSUPPORTED,
           "it is other than a vector with one axis more");
    refuse(context,
           ONE(LAYER("Flatten", "f", "", X) ", " OPERATION("ExpandDims", "l", ", \"axis\": 0",
                                                           CALL(TENSOR("f", "0")))),
           BL_E_UNSUPPORTED, "its axis is that of events");
}

static void test_axes(void **state) {
    bl_context *context = *state;
    check(context, ONE(LAYER("BatchNormalization", "l", ", \"axis\": [2]", X)),
          "x Input(); l BatchNormalization(x) -> l");
    refuse(context, ONE(LAYER("BatchNormalization", "l", ", \"axis\": [1]", X)), BL_E_UNSUPPORTED,
           "layer 'l' (BatchNormalization): axis is 1");
    check(context, ONE(LAYER("PReLU", "l", ", \"shared_axes\": null", X)),
          "x Input(); l PReLU(x) -> l");
    check(context, ONE(LAYER("PReLU", "l", ", \"shared_axes\": [1]", X)),
          "x Input(); l PReLU(x) -> l");
    refuse(context, ONE(LAYER("Softmax", "l", ", \"axis\": 1", X)), BL_E_UNSUPPORTED, "axis is 1");
    check(context, ONE(LAYER("Concatenate", "l", ", \"axis\": 1", CALL("[" TENSOR("x", "0") "]"))),
          "x Input(); l Concatenate(x) -> l");
}

// ---- what is refused ----

static void test_refusals(void **state) {
    static const struct {
        const char *json, *message;
        bl_status status;
    } cases[] = {
        {ONE(LAYER("GRU", "l", ", \"units\": 2, \"return_state\": true", X)),
         "layer 'l' (GRU): return_state is true", BL_E_UNSUPPORTED},
        {ONE(LAYER("GRU", "l", ", \"units\": 2, \"stateful\": true", X)), "stateful is true",
         BL_E_UNSUPPORTED},
        {ONE(LAYER("GRU", "l", ", \"units\": 2",
                   CALL_WITH(TENSOR("x", "0"), "\"training\": true"))),
         "it is called with training", BL_E_UNSUPPORTED},
        {ONE(LAYER("GRU", "l", ", \"units\": 2",
                   CALL_WITH(TENSOR("x", "0"), "\"initial_state\": " TENSOR("x", "0")))),
         "it is called with initial_state", BL_E_UNSUPPORTED},
        {ONE(LAYER("Conv1D", "l", ", \"filters\": 2, \"kernel_size\": 2, \"groups\": 2", X)),
         "groups is 2", BL_E_UNSUPPORTED},
        {ONE(LAYER("Conv1D", "l",
                   ", \"filters\": 2, \"kernel_size\": 2, \"data_format\": \"channels_first\"", X)),
         "data_format is channels_first", BL_E_UNSUPPORTED},
        {ONE(LAYER("Dense", "l",
                   ", \"units\": 2, \"kernel_constraint\": {\"class_name\": \"MaxNorm\"}", X)),
         "kernel_constraint is MaxNorm", BL_E_UNSUPPORTED},
        {ONE(LAYER("Dense", "l", ", \"units\": 2, \"novelty\": 3", X)), "novelty is 3",
         BL_E_UNSUPPORTED},
        {ONE(LAYER("Dense", "l", ", \"units\": 2, \"activation\": \"mine\"", X)),
         "layer 'l' (Dense): model.json: activation: there is no 'mine'", BL_E_INVALID},
        {ONE(LAYER("Dense", "l", "", X)), "units is missing", BL_E_INVALID},
        {ONE("{\"class_name\": \"Dense\", \"name\": \"l\", \"config\": {\"units\": 2, \"dtype\": "
             "{\"class_name\": \"DTypePolicy\", \"config\": {\"name\": \"mixed_float16\"}}}, "
             "\"inbound_nodes\": [" X "]}"),
         "dtype is mixed_float16, not float32", BL_E_UNSUPPORTED},
        {ONE(LAYER("GaussianNoise", "l", ", \"stddev\": 2", X)),
         "layer 'l' (GaussianNoise): no layer of ours is like it", BL_E_UNSUPPORTED},
        {ONE(LAYER("Sum", "l", "", X)), "no layer of ours is like it", BL_E_UNSUPPORTED},
        {ONE(LAYER("Normalization", "l", ", \"axis\": [-1], \"mean\": null", X)),
         "its mean and variance are arrays that are not here", BL_E_INVALID},
        {ONE(LAYER("Bidirectional", "l",
                   ", \"merge_mode\": null, \"layer\": {\"class_name\": \"GRU\", \"config\": "
                   "{\"units\": 2}}",
                   X)),
         "merge_mode is null", BL_E_UNSUPPORTED},
        {ONE(LAYER("TimeDistributed", "l",
                   ", \"layer\": {\"class_name\": \"GRU\", \"config\": {\"units\": 2}}", X)),
         "layer is a GRU", BL_E_UNSUPPORTED},
        {MODEL("[\"x\", 0, 0]", "[\"x\", 0, 0]", INPUT("x", "null, 3")),
         "it has any number of steps, but a largest is needed", BL_E_UNSUPPORTED},
        {MODEL("[\"x\", 0, 0]", "[\"x\", 0, 0]", INPUT("x", "8, 8, 3")), "it has 3 axes",
         BL_E_UNSUPPORTED},
        {ONE(LAYER("Dense", "l", ", \"units\": 2", CALL(TENSOR("y", "0")))),
         "model 'm' has no call 0 of a layer 'y'", BL_E_INVALID},
        {ONE(LAYER("Dense", "l", ", \"units\": 2", CALL(TENSOR("l", "0")))),
         "layers take each other in a circle", BL_E_INVALID},
        {ONE(LAYER("Dense", "l", ", \"units\": 2",
                   CALL("[" TENSOR("x", "0") ", " TENSOR("x", "0") "]"))),
         "layer 'l' (Dense) takes 1 input, not 2", BL_E_INVALID},
        {"{\"class_name\": \"Mine\", \"config\": {}}", "is a Mine, neither Sequential nor",
         BL_E_UNSUPPORTED},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"Dense\", "
         "\"config\": {\"units\": 2}}]}}",
         "was never built", BL_E_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(*state, cases[i].json, cases[i].status, cases[i].message);
}

// ---- weights ----

static bool has_module(bl_context *context) {
    static const char *const names[] = {"vars"};
    bl_source *source = NULL;
    bool found;
    assert_ok(bl_source_open_memory(context, "none", "none", 4, &source, NULL));
    return bl_hdf5_look(context, source, names, 1, &found, NULL) != BL_E_UNSUPPORTED;
}

/// A model of one Dense, whose kernel is of another shape in the file.
static void test_shapes(void **state) {
    static const uint64_t sizes[][2] = {{4, 2}, {3, 2}};
    static const uint64_t two[] = {2};
    float kernel[8] = {1, 2, 3, 4, 5, 6, 7, 8}, bias[2] = {9, 10};
    const char *json = "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": "
                       "[{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"units\": 2, "
                       "\"batch_input_shape\": [null, 4]}}]}}";
    for (size_t wrong = 0; wrong < 2; wrong++) {
        BL_AUTO(bl_keras_file) file = NULL;
        bl_arena arena;
        bl_nn_graph graph;
        bl_nn_network *network = NULL;
        bl_error err = {0};
        bl_arena_init(&arena, *state);
        assert_ok(bl_keras_read_json(*state, "m", json, strlen(json), &file, NULL));
        bl_hdf5_values values[] = {
            {.type = BL_HDF5_FLOAT32,
             .rank = 2,
             .dims = sizes[wrong],
             .n = wrong ? 6 : 8,
             .data = kernel},
            {.type = BL_HDF5_FLOAT32, .rank = 1, .dims = two, .n = 2, .data = bias}};
        bl_keras_weight weights[] = {{.layer = 0, .name = "vars/1", .values = &values[1]},
                                     {.layer = 0, .name = "vars/0", .values = &values[0]}};
        file->weights = weights;
        file->n_weights = 2;
        assert_ok(bl_keras_to_graph(file, &arena, &graph, NULL));
        assert_ok(bl_nn_network_new(*state, &graph, NULL, &network, NULL));
        if (wrong) {
            assert_int_equal(bl_keras_load_weights(file, network, &err), BL_E_SHAPE);
            assert_string_equal(err.message,
                                "layer 'd' (Dense): kernel is [3, 2] in the file, not [4, 2]");
            file->n_weights = 1;
            assert_int_equal(bl_keras_load_weights(file, network, &err), BL_E_NOTFOUND);
            assert_string_equal(err.message,
                                "layer 'd' (Dense) has 2 arrays, of which the file has 1");
        } else {
            bl_nn_matrix out;
            bl_nn_workspace *workspace = NULL;
            const float x[4] = {1, 1, 0, 2};
            assert_ok(bl_keras_load_weights(file, network, NULL));
            assert_ok(bl_nn_workspace_new(network, 1, false, &workspace, NULL));
            assert_ok(bl_nn_predict(workspace, 1, &(bl_nn_feed){.data = x}, &out, NULL));
            assert_true(out.data[0] == 1 + 3 + 14 + 9 && out.data[1] == 2 + 4 + 16 + 10);
            bl_nn_workspace_free(workspace);
        }
        bl_nn_network_free(network);
        file->weights = NULL;
        file->n_weights = 0;
        bl_arena_release(&arena);
    }
}

static void check_real(bl_context *context, const char *name, const char *wanted, size_t n_arrays) {
    char path[4096], text[4096];
    BL_AUTO(bl_keras_file) file = NULL;
    bl_arena arena;
    bl_nn_graph graph;
    bl_error err = {0};
    (void)snprintf(path, sizeof path, "%s/topology/models/%s", getenv("BEAMLINE_DATA"), name);
    bl_arena_init(&arena, context);
    assert_ok(bl_keras_open(context, path, &file, NULL));
    if (bl_keras_to_graph(file, &arena, &graph, &err) != BL_OK)
        fail_msg("%s: %s", name, err.message);
    describe(&graph, text, sizeof text);
    assert_string_equal(text, wanted);
    size_t gru = bl_nn_graph_find(&graph, "gru");
    const bl_nn_recurrent_options *options = graph.nodes[gru].options;
    assert_true(options->units == 50 && options->reset_after && !options->return_sequences);
    bl_nn_network *network = NULL;
    if (!bl_nn_layers[BL_NN_KIND_GRU]) // not in this build of the library
        print_message("%s: no network without GRU\n", name);
    else {
        assert_ok(bl_nn_network_new(context, &graph, NULL, &network, NULL));
        assert_int_equal(network->plan.parameters.n, n_arrays);
        assert_ok(bl_keras_load_weights(file, network, NULL));
        const bl_nn_parameter *kernel = bl_nn_network_find(network, "gru", "kernel");
        assert_true(kernel && kernel->sizes[0] == 19 && kernel->sizes[1] == 150);
    }
    bl_nn_network_free(network);
    bl_arena_release(&arena);
}

static void test_real_files(void **state) {
    if (!getenv("BEAMLINE_DATA") || !has_module(*state)) {
        print_message("BEAMLINE_DATA is not set, or there is no HDF5: skipped\n");
        skip();
    }
    static const char *const inclusive =
        "gru_input Input(); hlf_input Input(); masking Masking(gru_input); gru GRU(masking); "
        "dropout Dropout(gru); dropout_1 Dropout(hlf_input); concatenate Concatenate(dropout "
        "dropout_1); dense Dense(concatenate); dense_1 Dense(dense) -> dense_1";
    check_real(*state, "InclusiveClassifier.h5", inclusive, 7);
    check_real(*state, "myGRUmodel.keras", inclusive, 7);
}

static bl_status convert_once(bl_context *context) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    bl_status status =
        convert(context, &arena,
                MODEL("[\"x\", 0, 0]", "[\"block\", 1, 0]",
                      INPUT("x", "4") ", " BLOCK ", " LAYER("Dense", "d", ", \"units\": 4", X)),
                &graph, NULL);
    bl_arena_release(&arena);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functional),  cmocka_unit_test(test_nested),
        cmocka_unit_test(test_operations),  cmocka_unit_test(test_axes),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_truth_values),
        cmocka_unit_test(test_shapes),      cmocka_unit_test(test_real_files),
        test_each_allocation(convert_once),
    };
    return test_run(tests, 1, NULL, NULL);
}
