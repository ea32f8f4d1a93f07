// SPDX-License-Identifier: Apache-2.0
// What is said of a prepared data set, exactly.
#include "cli/prepared.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/folder_testing.h"
#include "base/testing.h"

static const char *classes[] = {"qcd", "ttbar"};
static const char *columns[] = {"pt", "eta"};
static const char *identity[] = {"run", "event"};

static void check(bl_status status, const bl_error *err) {
    if (status != BL_OK)
        fail_msg("%s", err->message);
}

/// Two parts of two classes, one input, one transform.
static bl_prepared *make(bl_context *context, const char *folder) {
    static bl_prepared_input input = {"jets", 2, columns, true, 4};
    static bl_nn_transform transform;
    static bl_nn_columns of_jets;
    bl_prepared *prepared = NULL;
    bl_error err = {0};
    check(bl_prepared_new(context, folder, &prepared, &err), &err);
    prepared->fingerprint = "f";
    prepared->configuration = "inputs: …";
    prepared->n_classes = 2;
    prepared->classes = classes;
    prepared->n_inputs = 1;
    prepared->inputs = &input;
    prepared->n_identity = 2;
    prepared->identity = identity;
    prepared->is_complete = true;
    prepared->seed = 7;
    prepared->n_duplicates = 3;
    check(bl_nn_columns_init(&prepared->arena, "jets", 2, &of_jets, &err), &err);
    of_jets.names = columns;
    of_jets.curves[0] = BL_NN_CURVE_LOG;
    of_jets.offset[0] = 3.5;
    of_jets.scale[0] = 0.25;
    of_jets.low[0] = -5;
    of_jets.high[0] = 5;
    of_jets.missing[0] = 0;
    transform = (bl_nn_transform){1, &of_jets};
    prepared->n_transforms = 1;
    prepared->transforms = &transform;
    for (size_t i = 0; i < 2; i++) {
        bl_prepared_class counts[] = {{10, 0, 10, 20, 20}, {5, 1, 2.5, 5, 5}};
        bl_prepared_shard shard = {"x.arrow", 15, 1500, 1, counts};
        check(bl_prepared_add_part(prepared, i ? "test" : "train", &err), &err);
        check(bl_prepared_add_shard(prepared, &prepared->parts[i], &shard, &err), &err);
        prepared->parts[i].before[0] = (bl_prepared_class){1000, 0, 1000, 0, 0};
        prepared->parts[i].before[1] = (bl_prepared_class){5, 1, 2.5, 0, 0};
    }
    return prepared;
}

static void shows(void (*show)(bl_out *, const bl_prepared *), const bl_prepared *prepared,
                  const char *text) {
    bl_out out;
    bl_out_init_memory(&out, prepared->arena.context);
    show(&out, prepared);
    bl_out_char(&out, '\0');
    assert_int_equal(out.failed, BL_OK);
    assert_string_equal(out.data, text);
    bl_out_release(&out);
}

static const char expected_text[] =
    "  part  class      selected        events    negative selected sum w          sum w training "
    "sum w\n"
    "  train qcd           1,000            10           0           1000             10           "
    "  20\n"
    "        ttbar             5             5           1            2.5            2.5           "
    "   5\n"
    "  test  qcd           1,000            10           0           1000             10           "
    "  20\n"
    "        ttbar             5             5           1            2.5            2.5           "
    "   5\n"
    "\n"
    "  an event is one by its data set, run, event; seed 7, of the split 0\n"
    "  3 duplicates were left out\n"
    "\n"
    "  jets: 2 numbers a row, 4 rows at most\n"
    "    number curve            offset          scale\n"
    "    pt     log                 3.5           0.25  cut to -5, 5  NaN is 0\n"
    "    eta    identity              0              1\n";

#define CLASSES                                                                              \
    "\"classes\":[{\"class\":\"qcd\",\"selected\":1000,\"events\":10,\"negative\":0,"        \
    "\"selected_sumw\":1000,\"sumw\":10,\"training_sumw\":20,\"training_abs_sumw\":20},"     \
    "{\"class\":\"ttbar\",\"selected\":5,\"events\":5,\"negative\":1,\"selected_sumw\":2.5," \
    "\"sumw\":2.5,\"training_sumw\":5,\"training_abs_sumw\":5}]"

static const char expected_json[] =
    ",\"complete\":true,\"type\":\"float32\",\"seed\":7,\"split_seed\":0,\"folds\":0,"
    "\"duplicates_dropped\":3,\"classes\":[\"qcd\",\"ttbar\"],\"identity\":[\"run\",\"event\"],"
    "\"observers\":[],\"weights\":[],\"parts\":["
    "{\"name\":\"train\",\"events\":15,\"shards\":1,\"bytes\":1500," CLASSES "},"
    "{\"name\":\"test\",\"events\":15,\"shards\":1,\"bytes\":1500," CLASSES "}],"
    "\"inputs\":[{\"name\":\"jets\",\"sequence\":true,\"most_rows\":4,\"numbers\":["
    "{\"name\":\"pt\",\"curve\":\"log\",\"offset\":3.5,\"scale\":0.25,\"low\":-5,\"high\":5,"
    "\"missing\":0,\"pad\":0},"
    "{\"name\":\"eta\",\"curve\":\"identity\",\"offset\":0,\"scale\":1,\"pad\":0}]}]";

static void faces(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_prepared *prepared = make(context, "/nowhere");
    shows(bl_prepared_show_text, prepared, expected_text);
    shows(bl_prepared_show_json, prepared, expected_json);
    bl_prepared_close(prepared);
    bl_context_free(context);
}

/// What is written is what inspect finds.
static void inspected(void **state) {
    (void)state;
    bl_error err = {0};
    bool is_one = false;
    bl_cli cli = {.context = test_context(1)};
    bl_out_init_memory(&cli.out, cli.context);
    check(bl_inspect_prepared(&cli, test_folder, &is_one, &err), &err);
    assert_false(is_one);
    bl_prepared *prepared = make(cli.context, test_folder);
    check(bl_prepared_write(prepared, &err), &err);
    check(bl_inspect_prepared(&cli, test_folder, &is_one, &err), &err);
    assert_true(is_one);
    bl_out_char(&cli.out, '\0');
    assert_non_null(strstr(cli.out.data, ": prepared data set, 30 events, 3.0 kB\n"));
    assert_non_null(strstr(cli.out.data, expected_text));
    bl_out_release(&cli.out);
    bl_out_init_memory(&cli.out, cli.context);
    cli.arguments.names = true;
    check(bl_inspect_prepared(&cli, test_folder, &is_one, &err), &err);
    bl_out_char(&cli.out, '\0');
    assert_string_equal(cli.out.data, "train\ntest\n");
    bl_out_release(&cli.out);
    bl_prepared_close(prepared);
    bl_context_free(cli.context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(faces), cmocka_unit_test(inspected)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
