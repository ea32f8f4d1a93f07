// SPDX-License-Identifier: Apache-2.0
// Networks and data that belong together, and those that do not: who is named.
#include "learn/train/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/testing.h"

static const char *classes[] = {"QCD", "tt", "W"};
static bl_prepared_input inputs[] = {
    {.name = "features", .width = 14},
    {.name = "particles", .width = 19, .is_sequence = true, .most_rows = 300},
};

typedef struct fixture {
    bl_context *context;
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_network *network;
    bl_prepared prepared;
    bl_training_settings settings;
    bl_match match;
} fixture;

static int begin(void **state) {
    fixture *f = (fixture *)calloc(1, sizeof *f);
    assert_non_null(f);
    f->context = test_context(1);
    bl_arena_init(&f->arena, f->context);
    f->prepared = (bl_prepared){.label_kind = BL_LABEL_OF_SAMPLE,
                                .n_classes = 3,
                                .classes = classes,
                                .n_inputs = 2,
                                .inputs = inputs};
    bl_training_settings_init(&f->settings);
    *state = f;
    return 0;
}

static int end(void **state) {
    fixture *f = (fixture *)*state;
    bl_nn_network_free(f->network);
    bl_arena_release(&f->arena);
    bl_context_free(f->context);
    free(f);
    return 0;
}

/// Matches a network in YAML. \param message what an error must have in it
static void match(fixture *f, const char *yaml, bl_status expected, const char *message) {
    const bl_item *item = NULL;
    bl_error err = {0};
    bl_nn_network_free(f->network);
    f->network = NULL;
    assert_ok(bl_yaml_parse(&f->arena, "m.yaml", yaml, strlen(yaml), &item, &err));
    assert_ok(bl_nn_graph_read(&f->arena, item, &f->graph, &err));
    assert_ok(bl_nn_network_new(f->context, &f->graph, NULL, &f->network, &err));
    bl_status status =
        bl_match_model(&f->arena, &f->prepared, f->network, &f->settings, &f->match, &err);
    if (status != expected || !strstr(err.message, message))
        fail_msg("%d '%s', where '%s' was expected", status, err.message, message);
}

#define LAYERS(n, activation) \
    "layers: [Flatten, {Dense: {units: " n ", activation: " activation "}}]\n"
#define VECTOR "inputs: {features: [14]}\n"

static void by_name(void **state) {
    fixture *f = (fixture *)*state;
    match(f,
          "inputs: {particles: {shape: [801, 19], ragged: true}, features: [14]}\n"
          "layers:\n  - GRU: {units: 4, input: particles, name: g}\n"
          "  - Concatenate: {input: [g, features]}\n"
          "  - Dense: {units: 3, activation: softmax}\n",
          BL_OK, "");
    assert_int_equal(f->match.n_inputs, 2);
    assert_string_equal(f->match.inputs[0], "particles");
    assert_string_equal(f->match.inputs[1], "features");
    assert_int_equal(f->match.loss.kind, BL_NN_LOSS_CATEGORICAL);
    assert_int_equal(f->match.form, BL_TARGET_ALL);
    assert_int_equal(f->match.metrics.targets, BL_NN_TARGETS_ONE_OF);
    match(f, VECTOR LAYERS("3", "softmax"), BL_OK, ""); // others are not read
    assert_int_equal(f->match.n_inputs, 1);
    match(f, "inputs: {feature: [14]}\n" LAYERS("3", "softmax"), BL_E_NOTFOUND,
          "no input 'feature'");
    match(f, "inputs: {feature: [14]}\n" LAYERS("3", "softmax"), BL_E_NOTFOUND,
          "did you mean 'features'");
}

static void only_one(void **state) {
    fixture *f = (fixture *)*state;
    f->prepared.n_inputs = 1;
    match(f, "inputs: {whatever: [14]}\n" LAYERS("3", "softmax"), BL_OK, "");
    assert_string_equal(f->match.inputs[0], "features");
    assert_string_equal(f->match.names[0], "whatever");
}

static void shapes(void **state) {
    fixture *f = (fixture *)*state;
    match(f, "inputs: {features: [13]}\n" LAYERS("3", "softmax"), BL_E_SHAPE,
          "the model's input 'features' is a vector of 13, the data's 'features' a vector of 14");
    match(f, "inputs: {features: [5, 14]}\n" LAYERS("3", "softmax"), BL_E_SHAPE,
          "a sequence of at most 5 rows of 14");
    match(f, "inputs: {particles: [299, 19]}\n" LAYERS("3", "softmax"), BL_E_SHAPE,
          "a sequence of at most 299 rows of 19, the data's 'particles' a sequence of at most 300");
    match(f, "inputs: {particles: [300, 19]}\n" LAYERS("3", "softmax"), BL_OK, "");
    match(f, VECTOR LAYERS("5", "softmax"), BL_E_SHAPE,
          "'dense' has 5 numbers, where the data has 3 classes: QCD, tt, W");
    match(f, VECTOR LAYERS("1", "sigmoid"), BL_E_SHAPE, "has 1 number, where");
    match(f, "inputs: {particles: [300, 19]}\nlayers: [{Dense: 3}]\n", BL_E_UNSUPPORTED,
          "is a sequence");
    match(f, VECTOR "layers: [{Dense: 3}, {Dense: 3}]\noutputs: [dense, dense_1]\n",
          BL_E_UNSUPPORTED, "2 outputs");
}

static void two_classes(void **state) {
    fixture *f = (fixture *)*state;
    f->prepared.n_classes = 2;
    match(f, VECTOR LAYERS("1", "sigmoid"), BL_OK, "");
    assert_int_equal(f->match.loss.kind, BL_NN_LOSS_BINARY);
    assert_int_equal(f->match.form, BL_TARGET_SECOND);
    assert_int_equal(f->match.metrics.targets, BL_NN_TARGETS_YES_NO);
    match(f, VECTOR LAYERS("2", "softmax"), BL_OK, "");
    assert_int_equal(f->match.loss.kind, BL_NN_LOSS_CATEGORICAL);
    f->settings.has_loss = true;
    f->settings.loss = bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL);
    match(f, VECTOR LAYERS("1", "sigmoid"), BL_E_INVALID, "is 0 for all events");
}

static void losses(void **state) {
    fixture *f = (fixture *)*state;
    f->settings.has_loss = true;
    f->settings.loss = bl_nn_loss_of(BL_NN_LOSS_SPARSE);
    match(f, VECTOR LAYERS("3", "softmax"), BL_OK, "");
    assert_int_equal(f->match.form, BL_TARGET_LABEL);
    assert_int_equal(f->match.metrics.targets, BL_NN_TARGETS_LABELS);
    f->prepared.label_kind = BL_LABEL_NUMBERS;
    match(f, VECTOR LAYERS("3", "linear"), BL_E_INVALID, "for classes, not for numbers");
    f->settings.has_loss = false;
    match(f, VECTOR LAYERS("3", "linear"), BL_OK, "");
    assert_int_equal(f->match.loss.kind, BL_NN_LOSS_SQUARED);
    assert_int_equal(f->match.metrics.targets, BL_NN_TARGETS_NUMBERS);
    assert_false(f->match.metrics.curves);
    match(f, VECTOR LAYERS("2", "linear"), BL_E_SHAPE, "3 numbers to learn: QCD, tt, W");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(by_name, begin, end),
        cmocka_unit_test_setup_teardown(only_one, begin, end),
        cmocka_unit_test_setup_teardown(shapes, begin, end),
        cmocka_unit_test_setup_teardown(two_classes, begin, end),
        cmocka_unit_test_setup_teardown(losses, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
