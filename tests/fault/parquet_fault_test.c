// SPDX-License-Identifier: Apache-2.0
// Faults: while a Parquet file is opened and read, every allocation fails once. The files are those
// of fuzz/corpus/parquet.
#include "each_allocation.h"

#include <stdio.h>

#include "formats/parquet/file.h"
#include "formats/walk_testing.h"

static bl_status open_parquet(bl_context *context, bl_source *source, bl_file **ret_file,
                              bl_error *err) {
    const bl_open_options options = {.size = sizeof options, .plain_vectors = true};
    return bl_parquet_open(context, source, &options, ret_file, err);
}

static bl_status read_all(bl_context *context, void *argument) {
    walk w = {.open = open_parquet};
    bl_source *source = NULL;
    BL_TRY(bl_source_open(context, (const char *)argument, &source, NULL));
    walk_source(context, source, &w);
    return w.status;
}

/// Threads, so that a page is a task.
enum { MANY = 8 };

static void every_allocation_may_fail(void **state) {
    (void)state;
    static const char *const files[] = {"v1",    "v2",      "delta", "delta_length",
                                        "pages", "vectors", "zstd"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.parquet", PARQUET_FILES, files[i]);
        fail_each_allocation(read_all, NULL, path, 20, 20000);
        fail_each_allocation_on(MANY, read_all, NULL, path, 20, 20000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
