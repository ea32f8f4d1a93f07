// SPDX-License-Identifier: Apache-2.0
// Faults while networks are read, made, begun and trained: every allocation fails once, and nothing
// stays behind. What is steady, a step of training or a run of a model, allocates nothing.
#include <beamline/infer.h>
#include <stdio.h>
#include <string.h>

#include "base/folder_testing.h"
#include "each_allocation.h"
#include "model/bundle/made_testing.h"
#include "model/keras/to_graph.h"
#include "nn/network/trainer.h"

enum { STEPS = 5, WIDTH = 3, CLASSES = 3, EVENTS = 70, TRAINED = 3 };

static const char network[] =
    "inputs: {x: {shape: [5, 3], ragged: true}}\n"
    "layers:\n"
    "  - Bidirectional: {layer: {GRU: {units: 4, return_sequences: true}}}\n"
    "  - MultiHeadAttention: {num_heads: 2, key_dim: 3, input: [bidirectional, bidirectional]}\n"
    "  - GlobalAveragePooling1D\n"
    "  - BatchNormalization\n"
    "  - Dropout: 0.1\n"
    "  - Dense: {units: 3, activation: softmax}\n";

static const char keras_model[] =
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": ["
    "{\"class_name\": \"InputLayer\", \"config\": {\"batch_shape\": [null, 5, 3],"
    " \"name\": \"x\"}},"
    "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"a\", \"units\": 4}},"
    "{\"class_name\": \"Dense\", \"config\": {\"name\": \"b\", \"units\": 3,"
    " \"activation\": \"softmax\"}}]}}";

static bl_status read_yaml(bl_arena *arena, bl_nn_graph *ret_graph) {
    const bl_item *document = NULL;
    BL_TRY(bl_yaml_parse(arena, "network", network, sizeof network - 1, &document, NULL));
    return bl_nn_graph_read(arena, document, ret_graph, NULL);
}

static bl_status read_keras(bl_arena *arena, bl_nn_graph *ret_graph) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_TRY(bl_keras_read_json(arena->context, "model", keras_model, sizeof keras_model - 1, &file,
                              NULL));
    return bl_keras_to_graph(file, arena, ret_graph, NULL);
}

static bl_status make_trainer(bl_nn_network *made, bl_nn_trainer **ret_trainer) {
    const bl_nn_objective objective = {bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL), 1};
    const bl_nn_trainer_options options = {.objectives = &objective,
                                           .optimizer = bl_nn_optimizer_of(BL_NN_OPTIMIZER_ADAM),
                                           .clip = {BL_NN_CLIP_GLOBAL_NORM, 1},
                                           .most_events = EVENTS,
                                           .seed = 1};
    return bl_nn_trainer_new(made, &options, ret_trainer, NULL);
}

static bl_status step(bl_nn_trainer *trainer) {
    static const float x[EVENTS * STEPS * WIDTH] = {1, 2, 3};
    static const float y[EVENTS * CLASSES] = {0, 1, 0};
    const bl_nn_feed feed = {.data = x}, target = {.data = y};
    const bl_nn_batch batch = {EVENTS, &feed, &target, NULL};
    double loss;
    return bl_nn_trainer_step(trainer, &batch, 0.01, &loss, NULL);
}

/// What is steady comes behind a first step, with an allocator that fails: none may be asked.
static bl_status train(bl_arena *arena, const bl_nn_graph *graph, test_allocator *steady) {
    const bl_nn_network_options options = {.trains = true};
    BL_AUTO(bl_nn_network) made = NULL;
    bl_nn_trainer *trainer = NULL;
    BL_TRY(bl_nn_network_new(arena->context, graph, &options, &made, NULL));
    BL_TRY(bl_nn_network_start(made, 1, NULL));
    BL_TRY(make_trainer(made, &trainer));
    bl_status status = step(trainer);
    for (size_t i = 0; i < TRAINED && status == BL_OK && steady; i++) {
        atomic_store(&steady->fail_in, 1);
        status = step(trainer);
        assert_false(steady->failed);
    }
    bl_nn_trainer_free(trainer);
    return status;
}

typedef bl_status (*read_fn)(bl_arena *arena, bl_nn_graph *ret_graph);

static bl_status read_and_train(bl_context *context, void *argument) {
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    bl_status status = (*(const read_fn *)argument)(&arena, &graph);
    if (status == BL_OK)
        status = train(&arena, &graph, NULL);
    bl_arena_release(&arena);
    return status;
}

static void networks_are_read_and_trained(void **state) {
    (void)state;
    fail_each_allocation(read_and_train, NULL, &(read_fn){read_yaml}, 30, 10000);
    fail_each_allocation(read_and_train, NULL, &(read_fn){read_keras}, 30, 10000);
}

static void a_steady_step_allocates_nothing(void **state) {
    (void)state;
    for (unsigned n_threads = 1; n_threads <= 2; n_threads++) {
        test_allocator counting = {0};
        bl_allocator allocator = test_allocator_face(&counting);
        BL_AUTO(bl_context) context = test_context_of(n_threads, &allocator, 0);
        bl_arena arena;
        bl_nn_graph graph;
        bl_arena_init(&arena, context);
        assert_ok(read_yaml(&arena, &graph));
        assert_ok(train(&arena, &graph, &counting));
        bl_arena_release(&arena);
    }
}

static void a_steady_run_allocates_nothing(void **state) {
    (void)state;
    static const float rows[7 * 5], others[3];
    static const int64_t offsets[] = {0, 3};
    const bl_model_feed feeds[] = {{rows, 0, offsets}, {others, 0, NULL}};
    const char *path = test_path("network.blm");
    float out[64];
    test_allocator counting = {0};
    bl_allocator allocator = test_allocator_face(&counting);
    BL_AUTO(bl_context) context = test_context_of(1, &allocator, 0);
    bl_bundle *bundle = NULL;
    bl_model *model = NULL;
    bl_runner *runner = NULL;
    assert_ok(made_particles(context, &bundle));
    assert_ok(bl_bundle_write(context, bundle, path, true, NULL));
    assert_ok(bl_model_open(context, path, NULL, &model, NULL));
    assert_ok(bl_runner_new(model, 3, &runner, NULL));
    for (size_t i = 0; i < TRAINED; i++) {
        atomic_store(&counting.fail_in, 1);
        assert_ok(bl_runner_run(runner, 1, feeds, (float *[]){out}, NULL));
        assert_false(counting.failed);
    }
    atomic_store(&counting.fail_in, 0);
    bl_runner_free(runner);
    bl_model_free(model);
    bl_bundle_free(bundle);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks_are_read_and_trained),
                                       cmocka_unit_test(a_steady_step_allocates_nothing),
                                       cmocka_unit_test(a_steady_run_allocates_nothing)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
