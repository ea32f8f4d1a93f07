// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a prepared set of three classes and a model that looks at three of its six columns.
/// Class 0 has a larger hlf[0], class 1 a larger hlf[1], class 2 rows with a larger particles[0].
#ifndef BL_LEARN_EVALUATE_IMPORTANCE_TESTING_H
#define BL_LEARN_EVALUATE_IMPORTANCE_TESTING_H

#include "base/random.h"
#include "data/loader/loader_testing.h"
#include "learn/evaluate/evaluation.h"
#include "learn/train/start_testing.h"

enum { LOOKED_EVENTS = 600 };

typedef struct looked {
    test_set set;
    float hlf[LOOKED_EVENTS][TEST_WIDTH];
    float rows[LOOKED_EVENTS][TEST_MOST_ROWS][TEST_WIDTH];
    int64_t n_rows[LOOKED_EVENTS];
    char model[96];
} looked;

static inline void looked_draw(looked *l, size_t event) {
    size_t label = event % TEST_CLASSES;
    bl_random random;
    bl_random_init(&random, 77, 0, event);
    l->n_rows[event] = 1 + (int64_t)(bl_random_word(&random) % TEST_MOST_ROWS);
    for (size_t i = 0; i < TEST_WIDTH; i++)
        l->hlf[event][i] = (float)(bl_random_uniform(&random) + 0.5 * (i == label && label < 2));
    for (int64_t row = 0; row < l->n_rows[event]; row++)
        for (size_t i = 0; i < TEST_WIDTH; i++)
            l->rows[event][row][i] =
                (float)(bl_random_uniform(&random) + 0.5 * (i == 0 && label == 2));
}

static inline void looked_append(const looked *l, bl_builder *b, size_t event) {
    append_int(&b[0], (int64_t)event);
    append_int(&b[1], 0);
    append_int(&b[2], (int64_t)event);
    append_int(&b[3], 0);
    append_int(&b[4], (int64_t)(event % TEST_CLASSES));
    append(&b[5], event % 11 ? 1 + (double)(event % 5) : -1);
    append(&b[6], 1);
    for (size_t i = 0; i < TEST_WIDTH; i++)
        append(&b[7].children[0], l->hlf[event][i]);
    for (int64_t row = 0; row < l->n_rows[event]; row++)
        for (size_t i = 0; i < TEST_WIDTH; i++)
            append(&b[8].children[0].children[0], l->rows[event][row][i]);
    bl_builder_end_list(&b[8]);
}

/// One shard of all events.
static inline void looked_write(looked *l) {
    bl_context *context = test_context(1);
    bl_type *types[TEST_COLUMNS];
    bl_builder builders[TEST_COLUMNS] = {0};
    bl_batch *batch = NULL;
    char path[128];
    bl_prepared_shard *shard = &l->set.shards[0];
    make_types(context, &l->set.of, types);
    assert_ok(bl_batch_new(context, TEST_COLUMNS, test_columns, 0, LOOKED_EVENTS, &batch, NULL));
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        assert_ok(bl_builder_init(&builders[i], context, types[i], NULL));
    for (size_t event = 0; event < LOOKED_EVENTS; event++) {
        looked_draw(l, event);
        looked_append(l, builders, event);
    }
    for (size_t i = 0; i < TEST_COLUMNS; i++) {
        assert_ok(bl_builder_finish(&builders[i], &batch->columns[i], NULL));
        bl_builder_release(&builders[i]);
    }
    snprintf(path, sizeof path, "%s/%s", l->set.folder, l->set.names[0]);
    write_batch(context, path, types, batch, l->set.of.cluster_rows);
    *shard = (bl_prepared_shard){.file = l->set.names[0], .n_rows = LOOKED_EVENTS};
    assert_ok(bl_file_sum(path, &shard->bytes, &shard->xxh64, NULL));
    bl_batch_release(batch);
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        bl_type_release(types[i]);
    bl_context_free(context);
}

/// softmax of 3·(hlf[0], hlf[1], mean of particles[0])
static inline void looked_write_model(looked *l) {
    static const char yaml[] = "inputs: {particles: {shape: [4, 3], ragged: true}, hlf: [3]}\n"
                               "layers:\n"
                               "  - GlobalAveragePooling1D: {input: particles, name: mean}\n"
                               "  - Concatenate: {input: [mean, hlf]}\n"
                               "  - Dense: {units: 3, activation: softmax, name: last}\n";
    static const size_t looked_at[] = {TEST_WIDTH, TEST_WIDTH + 1, 0};
    static const char *const classes[] = {"a", "b", "c"};
    bl_context *context = test_context(1);
    bl_start start = {0};
    test_start_network(context, &start, yaml, 1);
    float *kernel = test_start_kernel(&start);
    for (size_t k = 0; k < 3; k++)
        kernel[looked_at[k] * 3 + k] = 3;
    bl_nn_network_pack(start.bundle->network);
    start.bundle->n_classes = 3;
    start.bundle->classes = classes;
    snprintf(l->model, sizeof l->model, "%s/model.blm", l->set.folder);
    assert_ok(bl_bundle_write(context, start.bundle, l->model, true, NULL));
    bl_start_release(&start);
    bl_context_free(context);
}

static inline void looked_init(looked *l) {
    static const test_set_of none = {.cluster_rows = 64};
    test_set_init(&l->set, &none);
    looked_write(l);
    l->set.part.name = "test";
    l->set.part.n_shards = 1;
    l->set.part.n_rows = LOOKED_EVENTS;
    looked_write_model(l);
}

static inline void looked_release(looked *l) {
    (void)unlink(l->model);
    test_set_release(&l->set);
}

static inline bl_evaluation *looked_open(bl_context *context, const looked *l, uint64_t seed) {
    const char *const path = l->model;
    const bl_evaluation_options options = {.n_paths = 1, .paths = &path, .seed = seed};
    bl_evaluation *evaluation = NULL;
    bl_error err = {0};
    if (bl_evaluation_open(context, &l->set.prepared, &options, &evaluation, &err) != BL_OK)
        fail_msg("%s", err.message);
    return evaluation;
}

#endif
