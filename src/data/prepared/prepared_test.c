// SPDX-License-Identifier: Apache-2.0
// Prepared data sets: prepared.json comes back as it was, what cannot be is refused, and fates of
// events are uniform.
#include "data/prepared/prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file_sum.h"
#include "base/folder_testing.h"
#include "base/testing.h"
#include "base/whole_file.h"

static bl_context *context;

static void must_be(const void *given) {
    if (!given)
        abort();
}

// ---- as it was ----

static const char *two_names[] = {"px", "py \"quoted\"\n"};

static bl_status add_shards(bl_prepared *made, bl_error *err) {
    bl_prepared_class classes[2] = {{3, 1, 0.1, 2.5, 3.5}, {1, 0, 1e300, -0.25, 0.25}};
    for (unsigned i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "train-%05u.arrow", i);
        bl_prepared_shard shard = {.file = name,
                                   .n_rows = 4,
                                   .bytes = 1000 + i,
                                   .xxh64 = UINT64_MAX - i,
                                   .classes = classes};
        BL_TRY(bl_prepared_add_shard(made, &made->parts[0], &shard, err));
    }
    return BL_OK;
}

static bl_status fit(bl_prepared *made, bl_error *err) {
    made->transforms = (bl_nn_transform *)bl_arena_array(&made->arena, 1, sizeof *made->transforms);
    if (!made->transforms)
        return bl_error_nomem(err, 0, "a transform");
    bl_nn_transform *t = &made->transforms[0];
    t->inputs = (bl_nn_columns *)bl_arena_array(&made->arena, 1, sizeof *t->inputs);
    if (!t->inputs)
        return bl_error_nomem(err, 0, "a transform");
    BL_TRY(bl_nn_columns_init(&made->arena, "particles", 2, &t->inputs[0], err));
    t->inputs[0].offset[1] = 0.1;
    t->inputs[0].scale[1] = 1.0 / 3;
    t->n_inputs = made->n_transforms = 1;
    return BL_OK;
}

static bl_status make(bl_context *in, bl_prepared **ret_made, bl_error *err) {
    static const char *classes[] = {"qcd", "top"}, *files[] = {"a.root", "b.root"};
    static bl_prepared_input inputs[] = {{"particles", 2, two_names, true, 801}};
    static bl_prepared_cut cuts[] = {{"all", 10, 10.5, 11.25}};
    static bl_prepared_sample samples[] = {{"top sample", 0.3, 1, cuts}};
    BL_AUTO(bl_prepared) made = NULL;
    BL_TRY(bl_prepared_new(in, test_folder, &made, err));
    made->fingerprint = "0123456789abcdef";
    made->configuration = "inputs:\n  a: [b]\n";
    made->treename = "dir/Events";
    made->label_kind = BL_LABEL_ONE_OF;
    made->n_classes = 2;
    made->classes = classes;
    made->n_inputs = 1;
    made->inputs = inputs;
    made->n_samples = 1;
    made->samples = samples;
    made->n_files = 2;
    made->files = files;
    made->n_identity = 2;
    made->identity = two_names;
    made->is_double = made->is_complete = true;
    made->seed = UINT64_MAX;
    made->split_seed = 1;
    made->n_buckets = made->n_gathered = 3;
    made->n_duplicates = 7;
    BL_TRY(bl_prepared_add_part(made, "train", err));
    BL_TRY(bl_prepared_add_part(made, "test.jesUp", err));
    made->parts[0].before[1].n_rows = 99;
    BL_TRY(add_shards(made, err));
    BL_TRY(fit(made, err));
    *ret_made = BL_MOVE(made);
    return BL_OK;
}

static void same_texts(const char **a, size_t n, const char **b, size_t m) {
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(a[i], b[i]);
}

static void same_parts(const bl_prepared *made, const bl_prepared *again) {
    assert_int_equal(again->n_parts, 2);
    for (size_t i = 0; i < 2; i++) {
        const bl_prepared_part *a = &made->parts[i], *b = &again->parts[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->n_rows, b->n_rows);
        assert_int_equal(a->n_shards, b->n_shards);
        assert_memory_equal(a->classes, b->classes, 2 * sizeof *a->classes);
        assert_memory_equal(a->before, b->before, 2 * sizeof *a->before);
        for (size_t k = 0; k < a->n_shards; k++) {
            assert_string_equal(a->shards[k].file, b->shards[k].file);
            assert_true(a->shards[k].bytes == b->shards[k].bytes);
            assert_true(a->shards[k].xxh64 == b->shards[k].xxh64);
        }
    }
}

static void all_comes_back(void **state) {
    (void)state;
    BL_AUTO(bl_prepared) made = NULL;
    BL_AUTO(bl_prepared) again = NULL;
    assert_false(bl_prepared_is(test_folder));
    assert_ok(make(context, &made, NULL));
    must_be(made);
    assert_ok(bl_prepared_write(made, NULL));
    assert_true(bl_prepared_is(test_folder));
    assert_ok(bl_prepared_open(context, test_folder, &again, NULL));
    must_be(again);
    assert_string_equal(again->fingerprint, made->fingerprint);
    assert_string_equal(again->configuration, made->configuration);
    assert_string_equal(again->treename, made->treename);
    assert_int_equal(again->label_kind, BL_LABEL_ONE_OF);
    same_texts(again->classes, again->n_classes, made->classes, 2);
    same_texts(again->files, again->n_files, made->files, 2);
    same_texts(again->identity, again->n_identity, two_names, 2);
    assert_int_equal(again->n_inputs, 1);
    assert_string_equal(again->inputs[0].name, "particles");
    same_texts(again->inputs[0].columns, again->inputs[0].width, two_names, 2);
    assert_true(again->inputs[0].is_sequence);
    assert_int_equal(again->inputs[0].most_rows, 801);
    assert_true(again->samples[0].factor == 0.3 && again->samples[0].cuts[0].sumw2 == 11.25);
    assert_true(again->is_double && again->is_complete);
    assert_true(again->seed == UINT64_MAX && again->split_seed == 1);
    assert_true(again->n_gathered == 3 && again->n_duplicates == 7);
    same_parts(made, again);
    const bl_nn_columns *columns = bl_nn_transform_find(&again->transforms[0], "particles");
    assert_true(columns && columns->scale[1] == 1.0 / 3);
    assert_ptr_equal(bl_prepared_find(again, "test.jesUp"), &again->parts[1]);
    assert_null(bl_prepared_find(again, "test"));
}

static bl_status write_and_read(bl_context *in) {
    BL_AUTO(bl_prepared) made = NULL;
    BL_AUTO(bl_prepared) again = NULL;
    BL_TRY(make(in, &made, NULL));
    BL_TRY(bl_prepared_write(made, NULL));
    return bl_prepared_open(in, test_folder, &again, NULL);
}

// ---- what cannot be ----

/// The document with some text in place of another, or nothing where that text is not there.
static char *changed(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    size_t room = strlen(text) + strlen(to) + 1;
    char *copy = (char *)malloc(room);
    if (!at)
        fail_msg("no %s in %s", from, text);
    if (!at || !copy)
        abort();
    snprintf(copy, room, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return copy;
}

static char *written(void) {
    static char text[1 << 16];
    FILE *file = fopen(test_path("prepared.json"), "rbe");
    must_be(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    (void)fclose(file);
    return text;
}

static void refused(const char *whole, const char *from, const char *to, bl_status status,
                    const char *says) {
    bl_error err = {0};
    BL_AUTO(bl_prepared) prepared = NULL;
    char *text = changed(whole, from, to);
    assert_ok(bl_whole_file_write(test_path("prepared.json"), text, strlen(text), true, NULL));
    free(text);
    assert_error(bl_prepared_open(context, test_folder, &prepared, &err), status, err, says);
    assert_non_null(strstr(err.message, "prepared.json"));
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
        bl_status status;
        const char *says;
    } cases[] = {
        {"beamline prepared 1", "beamline parts 1", BL_E_INVALID, "no prepared data set"},
        {"beamline prepared 1", "beamline prepared 2", BL_E_UNSUPPORTED, "beamline prepared 2"},
        {"\"xxh3\"", "\"md5\"", BL_E_UNSUPPORTED, "md5"},
        {"\"complete\": true", "\"complete\": 1", BL_E_INVALID, "complete"},
        {"\"label\": \"one_of\"", "\"label\": \"two_of\"", BL_E_UNSUPPORTED, "two_of"},
        {"float64", "float16", BL_E_UNSUPPORTED, "float16"},
        {"\"classes\": [\"qcd\", \"top\"]", "\"classes\": []", BL_E_INVALID, "no classes"},
        {"\"classes\": [\"qcd\", \"top\"]", "\"classes\": [\"qcd\"]", BL_E_INVALID, "2 entries"},
        {"\"classes\": [\"qcd\", \"top\"]", "\"classes\": \"qcd\"", BL_E_INVALID, "classes"},
        {"\"most_rows\": 801", "\"most_rows\": -1", BL_E_INVALID, "negative"},
        {"\"most_rows\": 801", "\"most_rows\": 1e30", BL_E_INVALID, "most_rows"},
        {"\"name\": \"particles\", \"s", "\"name\": {}, \"s", BL_E_INVALID, "name"},
        {"[\"px\", \"py \\\"quoted\\\"\\u000a\"]}", "[]}", BL_E_INVALID, "no columns"},
        {"[\"px\", \"py \\\"quoted\\\"\\u000a\"]}", "[\"px\"]}", BL_E_INVALID, "transform has 2"},
        {"train-00000.arrow", "../../etc/passwd", BL_E_INVALID, "no file of the folder"},
        {"train-00000.arrow", "..", BL_E_INVALID, "no file of the folder"},
        {"ffffffffffffffff", "fffffffffffffffg", BL_E_INVALID, "no checksum"},
        {"ffffffffffffffff", "fff", BL_E_INVALID, "no checksum"},
        {"\"events\": 4,", "\"events\": 5,", BL_E_INVALID, "13"},
        {"\"events\": 4,", "\"events\": 9223372036854775807,", BL_E_INVALID, "too many"},
        {"test.jesUp", "train", BL_E_INVALID, "twice"},
        {"\"gathered\": 3", "\"gathered\": 4", BL_E_INVALID, "more was gathered"},
        {"\"folds\": 0", "\"folds\": 5", BL_E_INVALID, "should be 5"},
        {"\"folds\": 0", "\"folds\": \"none\"", BL_E_INVALID, "folds"},
        {"\"scale\": 0.3333333333333333", "\"scale\": 1e999", BL_E_INVALID, ""},
        {"\"sumw2\": 11.25", "\"sumw2\": []", BL_E_INVALID, "sumw2"},
        {"\"cut_flow\": [", "\"cut_flow\": [1,", BL_E_INVALID, "entry"},
        {"\"fingerprint\"", "\"finger\"", BL_E_INVALID, "fingerprint"},
        {"}\n", "", BL_E_INVALID, ""},
    };
    BL_AUTO(bl_prepared) made = NULL;
    assert_ok(make(context, &made, NULL));
    assert_ok(bl_prepared_write(made, NULL));
    char *whole = strdup(written());
    must_be(whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(whole, cases[i].from, cases[i].to, cases[i].status, cases[i].says);
    free(whole);
    assert_int_equal(unlink(test_path("prepared.json")), 0);
    bl_prepared *none = NULL;
    assert_int_equal(bl_prepared_open(context, test_folder, &none, NULL), BL_E_NOTFOUND);
}

static void shards_are_checked(void **state) {
    (void)state;
    bl_error err = {0};
    BL_AUTO(bl_prepared) made = NULL;
    bl_prepared_shard shard = {.file = "train-00000.arrow"};
    assert_ok(make(context, &made, NULL));
    assert_error(bl_prepared_check(made, &shard, &err), BL_E_NOTFOUND, err, "train-00000.arrow");
    assert_ok(bl_whole_file_write(test_path(shard.file), "some bytes", 10, true, NULL));
    assert_int_equal(bl_prepared_check(made, &shard, &err), BL_E_CORRUPT);
    assert_ok(bl_file_sum(test_path(shard.file), &shard.bytes, &shard.xxh64, NULL));
    assert_ok(bl_prepared_check(made, &shard, &err));
    shard.xxh64 ^= 1;
    assert_int_equal(bl_prepared_check(made, &shard, &err), BL_E_CORRUPT);
    assert_int_equal(unlink(test_path(shard.file)), 0);
}

// ---- fates ----

static double chi2(const uint64_t *counts, size_t n, double expected) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return sum;
}

/// Shares and the upper bits of keys, alone and against each other, of identities that follow each
/// other: 99 degrees of freedom, of which 1 in 10⁶ is above 174.
static void fates_are_uniform(void **state) {
    (void)state;
    enum { N = 200000 };
    for (uint64_t split_seed = 7; split_seed <= 8; split_seed++) { // 7: one hash does both
        uint64_t shares[100] = {0}, keys[100] = {0}, both[100] = {0};
        for (int64_t i = 0; i < N; i++) {
            bl_event_fate fate =
                bl_event_fate_of(7, split_seed, "ttbar", (int64_t[]){1, i / 100, i}, 3);
            double place = (double)(fate.key >> 11) * 0x1p-53;
            assert_true(fate.share >= 0 && fate.share < 1);
            shares[(size_t)(fate.share * 100)]++;
            keys[(size_t)(place * 100)]++;
            both[(size_t)(fate.share * 10) * 10 + (size_t)(place * 10)]++;
        }
        assert_true(chi2(shares, 100, N / 100.0) < 174);
        assert_true(chi2(keys, 100, N / 100.0) < 174);
        assert_true(chi2(both, 100, N / 100.0) < 174);
    }
}

/// Numbers of another implementation of the rule: Python's xxhash.
static void fates_are_those_of_the_rule(void **state) {
    (void)state;
    bl_event_fate fate = bl_event_fate_of(7, 1, "ttbar", (int64_t[]){1, 2, 1LL << 60}, 3);
    assert_true(fate.key == UINT64_C(0xbdba9174c1c30d30));
    assert_true(fate.share == 0x1.d86f88a8a6960p-2);
    assert_true(bl_event_fate_of(7, 1, "qcd", (int64_t[]){1, 2, 1LL << 60}, 3).key != fate.key);
}

static void parts_are_those_of_shares(void **state) {
    (void)state;
    const double most = 1 - 0x1p-53;
    assert_int_equal(bl_fold_of(0, 5), 0);
    assert_int_equal(bl_fold_of(0.2, 5), 1);
    assert_int_equal(bl_fold_of(most, 5), 4);
    bl_split_config split = {.train = 0.5, .validation = 0.25, .test = 0.25};
    assert_int_equal(bl_part_of(0.4999, &split), 0);
    assert_int_equal(bl_part_of(0.5, &split), 1);
    assert_int_equal(bl_part_of(0.75, &split), 2);
    split = (bl_split_config){.train = 0.1 + 0.2, .validation = 0.7 - 1e-15};
    assert_int_equal(bl_part_of(most, &split), 1);
    split = (bl_split_config){.train = most};
    assert_int_equal(bl_part_of(most, &split), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_comes_back),
        test_each_allocation(write_and_read),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(shards_are_checked),
        cmocka_unit_test(fates_are_uniform),
        cmocka_unit_test(fates_are_those_of_the_rule),
        cmocka_unit_test(parts_are_those_of_shares),
    };
    context = test_context(2);
    int failed = cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
    bl_context_free(context);
    return failed;
}
