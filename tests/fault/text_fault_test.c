// SPDX-License-Identifier: Apache-2.0
// Faults while CSV and JSON lines are read and written: every allocation fails once, and nothing
// stays behind.
#include "base/folder_testing.h"
#include "each_allocation.h"
#include "formats/text/walk_testing.h"

static const char csv[] =
    "a,b,c,d\n1,2.5,x,\"[1,{\"\"x\"\":\"\"\\u00e9\"\"}]\"\n,,\"y \"\"q\"\"\",\n"
    "3,NA,z,[]\n";
static const char json_lines[] = "{\"a\":1,\"b\":[1.5,null],\"c\":\"\\u00e9\",\"a\":2}\n"
                                 "{\"d\":{\"x\":[true],\"y\":\"z\"},\"b\":null}\n";

static bl_status read_csv(bl_context *context, void *argument) {
    const bl_open_options options = {.size = sizeof options,
                                     .types = "a=float32, b=list<struct<x: utf8>>, b*=float64"};
    const bl_open_options plain = {.size = sizeof plain};
    (void)argument;
    bl_status status = walk_text(context, bl_csv_open, "t.csv", csv, sizeof csv - 1, &plain, NULL);
    if (status != BL_OK)
        return status;
    status = walk_text(context, bl_csv_open, "t.csv", csv, sizeof csv - 1, &options, NULL);
    return status == BL_E_TYPE ? BL_OK : status; // b is no list
}

static bl_status read_json_lines(bl_context *context, void *argument) {
    const bl_open_options options = {.size = sizeof options, .types = "c=binary, e=int8"};
    (void)argument;
    return walk_text(context, bl_json_lines_open, "t.jsonl", json_lines, sizeof json_lines - 1,
                     &options, NULL);
}

/// Reads a text and writes its rows as the other kind of text.
static bl_status copy(bl_context *context, const char *from, size_t size, bool from_csv,
                      const char *to) {
    const bl_open_options options = {.size = sizeof options};
    const bl_output_options how = {.size = sizeof how, .overwrite = true};
    BL_AUTO(bl_batch) batch = NULL;
    bl_source *source = NULL;
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    bl_output *output = NULL;
    bl_writer *writer = NULL;
    BL_TRY(bl_source_open_memory(context, "t", from, size, &source, NULL));
    BL_TRY((from_csv ? bl_csv_open : bl_json_lines_open)(context, source, &options, &file, NULL));
    bl_status status = file->ops->open_table(file, NULL, &reader, NULL);
    bl_column_spec specs[4];
    const size_t columns[] = {0, 1, 2, 3};
    for (size_t i = 0; status == BL_OK && i < 4; i++)
        specs[i] = (bl_column_spec){.size = sizeof *specs,
                                    .name = reader->columns[i].name,
                                    .type = reader->columns[i].type};
    if (status == BL_OK)
        status = reader->ops->read(reader, 0, reader->n_rows, columns, 4, &batch, NULL);
    if (status == BL_OK)
        status = bl_output_open(context, to, &how, &output, NULL);
    if (status == BL_OK)
        status = bl_output_add(output, specs, 4, NULL, &writer, NULL);
    if (status == BL_OK)
        status = bl_writer_write(writer, batch, NULL);
    if (status == BL_OK)
        status = bl_output_finish(output, NULL);
    bl_output_close(output);
    if (reader)
        reader->ops->close(reader);
    file->ops->release(file);
    return status;
}

static bl_status write_both(bl_context *context, void *argument) {
    (void)argument;
    bl_status status = copy(context, csv, sizeof csv - 1, true, test_path("out.jsonl"));
    if (status == BL_OK)
        status = copy(context, json_lines, sizeof json_lines - 1, false, test_path("out.csv.gz"));
    return status;
}

static void csv_is_read(void **state) {
    (void)state;
    fail_each_allocation(read_csv, NULL, NULL, 50, 10000);
}

static void json_lines_are_read(void **state) {
    (void)state;
    fail_each_allocation(read_json_lines, NULL, NULL, 50, 10000);
}

static void both_are_written(void **state) {
    (void)state;
    fail_each_allocation(write_both, NULL, NULL, 50, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(csv_is_read),
                                       cmocka_unit_test(json_lines_are_read),
                                       cmocka_unit_test(both_are_written)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
