// SPDX-License-Identifier: Apache-2.0
// Options as text: short YAML, Keras's objects, defaults, and what is wrong in them.
#include <math.h>
#include <stdio.h>

#include "base/testing.h"
#include "nn/graph/constants.h"
#include "nn/graph/graph.h"

static bl_status read_options(bl_arena *arena, const char *kind, const char *yaml,
                              void *ret_options, bl_error *err) {
    const bl_item *map = NULL;
    BL_TRY(bl_yaml_parse(arena, "net.yaml", yaml, strlen(yaml), &map, err));
    return bl_nn_options_read(arena, bl_nn_kind_find(kind), map, NULL, ret_options, err);
}

#define READ(kind, yaml, options) assert_ok(read_options(&arena, kind, yaml, options, NULL))

static void test_presets(void **state) {
    bl_arena arena;
    bl_arena_init(&arena, (bl_context *)*state);
    for (size_t i = 0; i < BL_NN_KIND_N; i++) {
        const bl_nn_kind *kind = &bl_nn_kinds[i];
        assert_int_equal(kind->id, i);
        assert_ptr_equal(bl_nn_kind_find(kind->name), kind);
        void *options = bl_arena_alloc(&arena, kind->options_size + 1);
        bl_error err = {0};
        if (bl_nn_options_preset(&arena, kind, options, &err) != BL_OK)
            fail_msg("%s", err.message);
    }
    bl_nn_recurrent_options gru;
    READ("GRU", "units: 7", &gru);
    assert_int_equal(gru.units, 7);
    assert_int_equal(gru.activation.kind, BL_NN_TANH);
    assert_int_equal(gru.recurrent_activation.kind, BL_NN_SIGMOID);
    assert_int_equal(gru.recurrent_initializer.kind, BL_NN_INIT_ORTHOGONAL);
    assert_true(gru.recurrent_initializer.a == 1);
    assert_true(gru.use_bias && gru.reset_after && !gru.return_sequences);
    bl_nn_normalization_options normalization;
    assert_ok(bl_nn_options_read(&arena, bl_nn_kind_find("BatchNormalization"), NULL, NULL,
                                 &normalization, NULL));
    assert_true(normalization.momentum == 0.99 && normalization.epsilon == 1e-3);
    bl_nn_scaling_options rescaling;
    READ("Rescaling", "scale: [1, 2.5]", &rescaling);
    assert_true(rescaling.scale.n == 2 && rescaling.scale.items[1] == 2.5);
    assert_true(rescaling.offset.n == 1 && rescaling.offset.items[0] == 0);
    bl_arena_release(&arena);
}

static void test_short_texts(void **state) {
    bl_arena arena;
    bl_arena_init(&arena, (bl_context *)*state);
    bl_nn_dense_options dense;
    READ("Dense",
         "units: 50\nactivation: {leaky_relu: 0.1}\nkernel_initializer: he_normal\n"
         "bias_initializer: {constant: 0.5}\nkernel_regularizer: {l2: 1e-4}\n"
         "bias_regularizer: l1\nuse_bias: no",
         &dense);
    assert_int_equal(dense.activation.kind, BL_NN_LEAKY_RELU);
    assert_true(dense.activation.slope == 0.1F && !dense.use_bias);
    assert_int_equal(dense.kernel_initializer.kind, BL_NN_INIT_HE_NORMAL);
    assert_int_equal(dense.bias_initializer.kind, BL_NN_INIT_CONSTANT);
    assert_true(dense.bias_initializer.a == 0.5);
    assert_true(dense.kernel_regularizer.l2 == 1e-4 && dense.kernel_regularizer.l1 == 0);
    assert_true(dense.bias_regularizer.l1 == 0.01 && dense.bias_regularizer.l2 == 0);
    READ("Dense",
         "units: 5\nactivation: {relu: {max_value: 6, threshold: 1}}\n"
         "kernel_initializer: {normal: {stddev: 0.1}}\nkernel_regularizer: {l1: 1, l2: 2}",
         &dense);
    assert_true(dense.activation.limit == 6 && dense.activation.threshold == 1);
    assert_true(dense.kernel_initializer.a == 0 && dense.kernel_initializer.b == 0.1);
    assert_true(dense.kernel_regularizer.l1 == 1 && dense.kernel_regularizer.l2 == 2);
    READ("Dense", "units: 5\nactivation: null\nuse_bias: null\nkernel_initializer: null", &dense);
    assert_int_equal(dense.activation.kind, BL_NN_LINEAR);
    assert_true(dense.use_bias);
    assert_int_equal(dense.kernel_initializer.kind, BL_NN_INIT_GLOROT_UNIFORM);
    bl_nn_convolution_options convolution;
    READ("Conv1D", "{filters: 4, kernel_size: [3], padding: causal}", &convolution);
    assert_true(convolution.kernel_size == 3 && convolution.padding == BL_NN_CAUSAL);
    bl_arena_release(&arena);
}

static void test_objects_of_keras(void **state) {
    bl_arena arena;
    bl_arena_init(&arena, (bl_context *)*state);
    bl_nn_dense_options dense;
    READ("Dense",
         "{\"units\": 5, \"activation\": {\"class_name\": \"function\", \"config\": \"swish\"},"
         "\"kernel_initializer\": {\"class_name\": \"VarianceScaling\", \"config\": {\"scale\": "
         "2.0, \"mode\": \"fan_in\", \"distribution\": \"truncated_normal\", \"seed\": null}},"
         "\"bias_initializer\": {\"module\": \"keras.initializers\", \"class_name\": "
         "\"RandomUniform\", \"config\": {\"minval\": -1, \"maxval\": 2, \"seed\": 3, "
         "\"input_axes\": null}},"
         "\"kernel_regularizer\": {\"class_name\": \"L1L2\", \"config\": {\"l1\": 0.5, \"l2\": 0}},"
         "\"bias_regularizer\": {\"class_name\": \"L2\", \"config\": {\"l2\": 0.25}}}",
         &dense);
    assert_int_equal(dense.activation.kind, BL_NN_SILU);
    assert_int_equal(dense.kernel_initializer.kind, BL_NN_INIT_HE_NORMAL);
    assert_int_equal(dense.bias_initializer.kind, BL_NN_INIT_RANDOM_UNIFORM);
    assert_true(dense.bias_initializer.a == -1 && dense.bias_initializer.b == 2);
    assert_true(dense.kernel_regularizer.l1 == 0.5 && dense.kernel_regularizer.l2 == 0);
    assert_true(dense.bias_regularizer.l1 == 0 && dense.bias_regularizer.l2 == 0.25);
    READ("Dense",
         "{\"units\": 5, \"activation\": {\"class_name\": \"LeakyReLU\", \"config\": {\"name\": "
         "\"x\", \"dtype\": \"float32\", \"negative_slope\": 0.5}}}",
         &dense);
    assert_int_equal(dense.activation.kind, BL_NN_LEAKY_RELU);
    assert_true(dense.activation.slope == 0.5F);
    bl_arena_release(&arena);
}

static void test_mistakes(void **state) {
    static const struct {
        const char *kind, *yaml, *message;
        bl_status status;
    } cases[] = {
        {"Dense", "unit: 5", "net.yaml:1:7: Dense: unknown key 'unit'; did you mean 'units'?",
         BL_E_INVALID},
        {"Dense", "activation: relu", "net.yaml:1:1: Dense: units is missing", BL_E_INVALID},
        {"Dense", "units: 0", "Dense: net.yaml:1:8: units is 0, which is not 1 … 2147483647",
         BL_E_INVALID},
        {"Dense", "units: 1\nactivation: reul", "2:13: activation: there is no 'reul'; did you",
         BL_E_INVALID},
        {"Dense", "units: 1\nactivation: {relu: {slope: 1}}", "relu has no constant 'slope'",
         BL_E_INVALID},
        {"Dense", "units: 1\nactivation: {tanh: 3}", "tanh has no constants", BL_E_INVALID},
        {"Dense", "units: 1\nactivation: 3", "activation is a name, not an integer", BL_E_INVALID},
        {"Dense", "units: 1\nkernel_initializer: he_norml", "did you mean 'he_normal'",
         BL_E_INVALID},
        {"Dense", "units: 1\nkernel_initializer: {normal: 1}",
         "which constant of normal: {mean: …, stddev: …}?", BL_E_INVALID},
        {"Dense", "units: 1\nkernel_regularizer: l3", "there is no 'l3', but l1, l2 and l1_l2",
         BL_E_INVALID},
        {"Dense", "units: 1\nkernel_regularizer: {l2: -1}", "kernel_regularizer is below 0",
         BL_E_INVALID},
        {"Dense", "{units: 1, activation: {class_name: function, config: mine}}",
         "there is no 'mine'", BL_E_UNSUPPORTED},
        {"Dense",
         "{units: 1, kernel_initializer: {class_name: VarianceScaling, config: {scale: 3}}}",
         "no VarianceScaling of scale 3 by fan_in, truncated_normal", BL_E_UNSUPPORTED},
        {"Dense", "{units: 1, kernel_regularizer: {class_name: OrthogonalRegularizer}}",
         "there is no 'OrthogonalRegularizer'", BL_E_UNSUPPORTED},
        {"Input", "shape: [null, 3]", "shape: a size is null: say how much it is at most",
         BL_E_INVALID},
        {"Conv1D", "{filters: 4, kernel_size: 3, padding: cousal}",
         "padding cannot be 'cousal'; did you mean 'causal'?", BL_E_INVALID},
        {"Rescaling", "scale: []", "scale has no numbers", BL_E_INVALID},
    };
    bl_arena arena;
    bl_arena_init(&arena, (bl_context *)*state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char options[512];
        bl_error err = {0};
        assert_error(read_options(&arena, cases[i].kind, cases[i].yaml, options, &err),
                     cases[i].status, err, cases[i].message);
    }
    bl_error err = {0};
    const bl_item at = {.source = "net.yaml", .line = 3, .column = 5};
    assert_int_equal(bl_nn_kind_unknown(&at, "Dens", &err), BL_E_INVALID);
    assert_string_equal(err.message,
                        "net.yaml:3:5: there is no layer 'Dens'; did you mean 'Dense'?");
    bl_arena_release(&arena);
}

static bl_status read_all(bl_context *context) {
    bl_arena arena;
    bl_nn_dense_options dense;
    bl_arena_init(&arena, context);
    bl_status status = read_options(&arena, "Dense",
                                    "{units: 5, kernel_initializer: {constant: 2}}", &dense, NULL);
    bl_arena_release(&arena);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),          cmocka_unit_test(test_short_texts),
        cmocka_unit_test(test_objects_of_keras), cmocka_unit_test(test_mistakes),
        test_each_allocation(read_all),
    };
    return test_run(tests, 1, NULL, NULL);
}
