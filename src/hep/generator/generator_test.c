// SPDX-License-Identifier: Apache-2.0
// Batches of the generator: they depend on neither threads nor ranges, their counters count, and
// every lepton has its track. What the events look like is tested from outside.
#include "hep/generator/generator.h"

#include "base/testing.h"
#include "column/column.h"

/// All events [first, last) as one batch.
static bl_batch *make(bl_context *context, bl_process process, uint64_t seed, int64_t first,
                      int64_t last) {
    bl_generator_options options = {
        .process = process, .seed = seed, .first = first, .last = last, .negative_fraction = 0.25};
    bl_generator *generator;
    bl_batch *batch, *all = NULL;
    assert_ok(bl_generator_new(context, &options, &generator, NULL));
    bl_status status;
    while ((status = bl_generator_next(generator, &batch, NULL)) == BL_OK) {
        if (all)
            assert_int_equal(bl_batch_first_row(batch), bl_batch_n_rows(all));
        assert_ok(bl_batch_append(&all, batch, NULL));
        bl_batch_release(batch);
    }
    assert_int_equal(status, BL_END);
    bl_generator_free(generator);
    assert_true(all && bl_batch_n_rows(all) == last - first);
    return all;
}

/// Values of member `leaf` of collection `column`, and where each event's begin.
static const void *leaf_of(const bl_batch *batch, size_t column, size_t leaf,
                           const int32_t **ret_offsets) {
    const bl_column *list = bl_batch_column(batch, column);
    *ret_offsets = (const int32_t *)bl_column_offsets(list);
    return bl_column_values(bl_column_child(bl_column_child(list, 0), leaf));
}

enum { EVENT = 0, TRACK = 2, ELECTRON = 8, MUON = 10, MISSING = 14 };

static void assert_same_columns(const bl_column *a, const bl_column *b) {
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->n_children, b->n_children);
    if (a->offsets)
        assert_memory_equal(a->offsets->data, b->offsets->data, (size_t)(a->length + 1) * 4);
    if (a->values)
        assert_memory_equal(a->values->data, b->values->data,
                            (size_t)a->length * bl_type_id_width(a->type->id));
    for (size_t i = 0; i < a->n_children; i++)
        assert_same_columns(&a->children[i], &b->children[i]);
}

static void assert_same_batches(const bl_batch *a, const bl_batch *b) {
    assert_int_equal(bl_batch_n_columns(a), bl_batch_n_columns(b));
    for (size_t i = 0; i < bl_batch_n_columns(a); i++)
        assert_same_columns(bl_batch_column(a, i), bl_batch_column(b, i));
}

static void test_threads_and_ranges(void **state) {
    (void)state;
    enum { N = 300, CUT = 77 };
    for (int process = BL_PROCESS_QCD; process <= BL_PROCESS_WJETS; process++) {
        bl_context *one = test_context_of(1, NULL, 0), *three = test_context_of(3, NULL, 0);
        bl_batch *whole = make(one, (bl_process)process, 9, 0, N);
        bl_batch *same = make(three, (bl_process)process, 9, 0, N);
        assert_same_batches(whole, same);
        bl_batch *left = make(three, (bl_process)process, 9, 0, CUT);
        bl_batch *right = make(one, (bl_process)process, 9, CUT, N);
        assert_ok(bl_batch_append(&left, right, NULL));
        assert_same_batches(whole, left);
        bl_batch_release(whole);
        bl_batch_release(same);
        bl_batch_release(left);
        bl_batch_release(right);
        bl_context_free(one);
        bl_context_free(three);
    }
}

static void test_seeds_and_processes_differ(void **state) {
    (void)state;
    bl_context *context = test_context_of(1, NULL, 0);
    bl_batch *batches[] = {make(context, BL_PROCESS_TTBAR, 1, 0, 1),
                           make(context, BL_PROCESS_TTBAR, 1ULL << 63 | 1, 0, 1),
                           make(context, BL_PROCESS_TTBAR, 1, 1, 2),
                           make(context, BL_PROCESS_QCD, 1, 0, 1)};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < i; k++) {
            const int32_t *offsets;
            const float *a = leaf_of(batches[i], MISSING, 0, &offsets);
            const float *b = leaf_of(batches[k], MISSING, 0, &offsets);
            assert_true(*a != *b);
        }
    for (size_t i = 0; i < 4; i++)
        bl_batch_release(batches[i]);
    bl_context_free(context);
}

static void test_numbers_and_counters(void **state) {
    (void)state;
    enum { FIRST = 1000000, N = 500 };
    bl_context *context = test_context_of(2, NULL, 0);
    bl_batch *batch = make(context, BL_PROCESS_WJETS, 3, FIRST, FIRST + N);
    const int32_t *offsets;
    const int64_t *numbers = leaf_of(batch, EVENT, 0, &offsets);
    const int32_t *processes = leaf_of(batch, EVENT, 1, &offsets);
    const float *weights = leaf_of(batch, EVENT, 2, &offsets);
    int n_negative = 0;
    for (int i = 0; i < N; i++) {
        assert_int_equal(numbers[i], FIRST + i);
        assert_int_equal(processes[i], BL_PROCESS_WJETS);
        assert_true(weights[i] == 1 || weights[i] == -1);
        n_negative += weights[i] < 0;
    }
    assert_in_range(n_negative, N / 4 - 50, N / 4 + 50); // five standard deviations
    for (size_t column = 0; column < bl_batch_n_columns(batch); column += 2) {
        const int32_t *counts = bl_column_values(bl_batch_column(batch, column + 1));
        (void)leaf_of(batch, column, 0, &offsets);
        for (int i = 0; i < N; i++)
            assert_int_equal(counts[i], offsets[i + 1] - offsets[i]);
    }
    bl_batch_release(batch);
    bl_context_free(context);
}

static void check_tracks_of(const bl_batch *batch, size_t leptons, int kind) {
    const int32_t *of_tracks, *of_leptons;
    const int32_t *pid = leaf_of(batch, TRACK, 0, &of_tracks);
    const int32_t *track_charge = leaf_of(batch, TRACK, 1, &of_tracks);
    const float *track_pt = leaf_of(batch, TRACK, 2, &of_tracks);
    const float *track_eta = leaf_of(batch, TRACK, 3, &of_tracks);
    const float *track_phi = leaf_of(batch, TRACK, 4, &of_tracks);
    const float *pt = leaf_of(batch, leptons, 0, &of_leptons);
    const float *eta = leaf_of(batch, leptons, 1, &of_leptons);
    const float *phi = leaf_of(batch, leptons, 2, &of_leptons);
    const int32_t *charge = leaf_of(batch, leptons, 3, &of_leptons);
    for (int64_t event = 0; event < bl_batch_n_rows(batch); event++)
        for (int32_t i = of_leptons[event]; i < of_leptons[event + 1]; i++) {
            int n_found = 0;
            for (int32_t k = of_tracks[event]; k < of_tracks[event + 1]; k++)
                n_found += track_pt[k] == pt[i] && track_eta[k] == eta[i] &&
                           track_phi[k] == phi[i] && track_charge[k] == charge[i] &&
                           pid[k] == -charge[i] * kind;
            assert_int_equal(n_found, 1);
            assert_true(i == of_leptons[event] || pt[i - 1] >= pt[i]);
        }
    assert_true(of_leptons[bl_batch_n_rows(batch)] > 0);
}

static void test_leptons_are_tracks(void **state) {
    (void)state;
    bl_context *context = test_context_of(2, NULL, 0);
    bl_batch *batch = make(context, BL_PROCESS_TTBAR, 4, 0, 300);
    check_tracks_of(batch, ELECTRON, 11);
    check_tracks_of(batch, MUON, 13);
    bl_batch_release(batch);
    bl_context_free(context);
}

static void test_no_events(void **state) {
    (void)state;
    bl_context *context = test_context_of(1, NULL, 0);
    bl_generator_options options = {.process = BL_PROCESS_QCD, .first = 5, .last = 5};
    bl_generator *generator;
    bl_batch *batch;
    assert_ok(bl_generator_new(context, &options, &generator, NULL));
    assert_int_equal(bl_generator_next(generator, &batch, NULL), BL_END);
    bl_generator_free(generator);
    bl_context_free(context);
}

static bl_status make_a_few(bl_context *context) {
    bl_generator_options options = {.process = BL_PROCESS_WJETS, .last = 3};
    bl_generator *generator;
    bl_batch *batch = NULL;
    BL_TRY(bl_generator_new(context, &options, &generator, NULL));
    bl_status status = bl_generator_next(generator, &batch, NULL);
    if (status == BL_OK)
        bl_batch_release(batch);
    bl_generator_free(generator);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_and_ranges),
        cmocka_unit_test(test_seeds_and_processes_differ),
        cmocka_unit_test(test_numbers_and_counters),
        cmocka_unit_test(test_leptons_are_tracks),
        cmocka_unit_test(test_no_events),
        test_each_allocation(make_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
