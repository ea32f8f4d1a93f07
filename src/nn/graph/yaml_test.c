// SPDX-License-Identifier: Apache-2.0
// Networks as YAML: read, written to what reads to the same, and what is wrong in them.
#include <stdio.h>

#include "base/testing.h"
#include "nn/graph/graph.h"

static bl_status read_text(bl_arena *arena, const char *text, bl_nn_graph *ret_graph,
                           bl_error *err) {
    const bl_item *document = NULL;
    BL_TRY(bl_yaml_parse(arena, "net.yaml", text, strlen(text), &document, err));
    return bl_nn_graph_read(arena, document, ret_graph, err);
}

static const char example[] = "inputs:\n"
                              "  particles: {shape: [801, 19], ragged: true}\n"
                              "  features: [14]\n"
                              "layers:\n"
                              "  - Masking: {input: particles}\n"
                              "  - GRU: 50\n"
                              "  - Dropout: {rate: 0.2, name: summary}\n"
                              "  - Dense: {units: 50, activation: relu, input: features}\n"
                              "  - Concatenate: {input: [summary, dense]}\n"
                              "  - Dense: {units: 3, activation: softmax}\n";

static void test_example(void **state) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, *state);
    bl_error err = {0};
    bl_status status = read_text(&arena, example, &graph, &err);
    if (status != BL_OK) {
        fail_msg("%s", err.message);
        return;
    }
    static const char *const names[] = {"particles", "features", "masking",     "gru",
                                        "summary",   "dense",    "concatenate", "dense_1"};
    assert_int_equal(graph.n_nodes, 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(graph.nodes[i].name, names[i]);
    const bl_nn_input_options *particles = graph.nodes[0].options;
    assert_true(particles->ragged && particles->shape.n == 2 && particles->shape.items[0] == 801);
    assert_int_equal(graph.nodes[2].inputs[0], 0);
    assert_int_equal(graph.nodes[3].inputs[0], 2);
    assert_int_equal(((const bl_nn_recurrent_options *)graph.nodes[3].options)->units, 50);
    assert_int_equal(graph.nodes[5].inputs[0], 1);
    assert_int_equal(graph.nodes[6].inputs[1], 5);
    assert_true(graph.n_outputs == 1 && graph.outputs[0] == 7);
    bl_arena_release(&arena);
}

/// Whatever is written reads to the same, and only what is no default is written.
static void check_round_trip(bl_context *context, const char *text, const char *wanted) {
    bl_arena arena;
    bl_nn_graph graph, again;
    const char *written = NULL, *twice = NULL;
    bl_error err = {0};
    bl_arena_init(&arena, context);
    bl_status status = read_text(&arena, text, &graph, &err);
    if (status == BL_OK)
        status = bl_nn_graph_write(&graph, &written, &err);
    if (status != BL_OK || !written) {
        fail_msg("%s", err.message);
        return;
    }
    assert_string_equal(written, wanted);
    assert_ok(read_text(&arena, written, &again, NULL));
    assert_ok(bl_nn_graph_write(&again, &twice, NULL));
    assert_string_equal(twice, wanted);
    bl_arena_release(&arena);
}

static void test_round_trips(void **state) {
    check_round_trip(*state, example,
                     "inputs:\n"
                     "  particles: {shape: [801, 19], ragged: true}\n"
                     "  features: [14]\n"
                     "layers:\n"
                     "  - Masking: {input: particles}\n"
                     "  - GRU: {units: 50}\n"
                     "  - Dropout: {rate: 0.2, name: summary}\n"
                     "  - Dense: {units: 50, activation: relu, input: features}\n"
                     "  - Concatenate: {input: [summary, dense]}\n"
                     "  - Dense: {units: 3, activation: softmax}\n");
    check_round_trip(
        *state,
        "name: two words\n"
        "inputs: {x: {shape: [9, 3]}}\n"
        "layers:\n"
        "  - NotEqual\n"
        "  - Any: -1\n"
        "  - TimeDistributed: {layer: {Dense: 20}, input: x, name: 'yes'}\n"
        "  - Bidirectional: {layer: {GRU: {units: 5, dropout: 1e-1}}, mask: any, merge_mode: sum}\n"
        "  - Dense: {units: 5, kernel_initializer: {orthogonal: 2}, trainable: false,\n"
        "            activation: {relu: {max_value: 6}}, kernel_regularizer: {l2: 1e-5}}\n"
        "  - Dense: {same_as: dense, input: bidirectional}\n"
        "  - Rescaling: {scale: [1, 2, 3, 4, 5], offset: .inf}\n"
        "  - Add: {input: [dense, rescaling]}\n"
        "outputs: [add, dense]\n",
        "name: \"two words\"\n"
        "inputs:\n"
        "  x: [9, 3]\n"
        "layers:\n"
        "  - NotEqual: {}\n"
        "  - Any: {axis: -1}\n"
        "  - TimeDistributed: {layer: {Dense: {units: 20}}, name: \"yes\", input: x}\n"
        "  - Bidirectional: {merge_mode: sum, layer: {GRU: {units: 5, dropout: 0.1}}, mask: any}\n"
        "  - Dense: {units: 5, activation: {relu: {max_value: 6}}, kernel_initializer: "
        "{orthogonal: {gain: 2}}, kernel_regularizer: {l2: 1e-05}, trainable: false}\n"
        "  - Dense: {same_as: dense, input: bidirectional}\n"
        "  - Rescaling: {scale: [1, 2, 3, 4, 5], offset: .inf}\n"
        "  - Add: {input: [dense, rescaling]}\n"
        "outputs: [add, dense]\n");
}

static void test_mistakes(void **state) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"inputs: {x: [3]}", "net.yaml:1:1: a network has inputs and layers"},
        {"input: {x: [3]}\nlayers: []", "unknown key 'input'; did you mean 'inputs'?"},
        {"inputs: {}\nlayers: []", "inputs: there are none"},
        {"inputs: {x: {shape: [3], raged: true}}\nlayers: []",
         "input 'x': net.yaml:1:33: Input: unknown key 'raged'; did you mean 'ragged'?"},
        {"inputs: {x: [3]}\nlayers:\n  - Dens: 3",
         "net.yaml:3:5: there is no layer 'Dens'; did you mean 'Dense'?"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense", "net.yaml:3:5: Dense: units is missing"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: {unit: 3}", "unknown key 'unit'; did you mean"},
        {"inputs: {x: [3]}\nlayers:\n  - {Dense: 3, name: d}", "a layer is its kind, or its kind"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: {units: 3, input: xx}",
         "net.yaml:3:30: input: no layer before it is called 'xx'; did you mean 'x'?"},
        {"inputs: {x: [3], y: [4]}\nlayers:\n  - Dense: 3",
         "Dense: input is missing: which of the inputs it takes"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: {units: 3, name: x}",
         "net.yaml:3:5: two layers are called 'x'"},
        {"inputs: {x: [3]}\nlayers:\n  - Flatten: 3", "Flatten has no options"},
        {"inputs: {x: [3]}\nlayers:\n  - Conv1D: 3", "Conv1D: kernel_size is missing"},
        {"inputs: {x: [3]}\nlayers:\n  - TimeDistributed", "TimeDistributed: layer is missing"},
        {"inputs: {x: [3]}\nlayers:\n  - TimeDistributed: {layer: {GRU: 3}}",
         "TimeDistributed: a GRU cannot be the layer"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: 3\n  - Flatten: {same_as: dense}",
         "same_as: 'dense' is a Dense, not a Flatten"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: 3\n  - Dense: {same_as: dense, units: 4}",
         "same_as: unknown key 'units'"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: {units: 3, mask: dense}",
         "mask: 'dense' is the layer itself"},
        {"inputs: {x: [3]}\nlayers:\n  - Input: [3]", "Input is no layer of the list"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: 3\noutputs: [dens]",
         "outputs: no layer before it is called 'dens'; did you mean 'dense'?"},
        {"inputs: {x: [3]}\nlayers:\n  - Dense: 3\noutputs: []", "a network without outputs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bl_arena arena;
        bl_nn_graph graph;
        bl_error err = {0};
        bl_arena_init(&arena, *state);
        assert_error(read_text(&arena, cases[i].text, &graph, &err), BL_E_INVALID, err,
                     cases[i].message);
        bl_arena_release(&arena);
    }
}

static bl_status read_and_write(bl_context *context) {
    bl_arena arena;
    bl_nn_graph graph;
    const char *text;
    bl_arena_init(&arena, context);
    bl_status status = read_text(&arena, example, &graph, NULL);
    if (status == BL_OK)
        status = bl_nn_graph_write(&graph, &text, NULL);
    bl_arena_release(&arena);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_mistakes),
        test_each_allocation(read_and_write),
    };
    return test_run(tests, 1, NULL, NULL);
}
