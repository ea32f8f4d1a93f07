// SPDX-License-Identifier: Apache-2.0
// Faults from a configuration's text to a written file: every allocation fails once, nothing stays
// behind, and no file appears that is not whole.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "data/ingest/ingest.h"
#include "each_allocation.h"

static const char text[] =
    "samples:\n"
    "  a: {files: [" TINY_FILES "/leaves-zlib.root], label: 1, weight: big}\n"
    "  b: {files: [" TINY_FILES "/leaves-zlib.root], label: 2,\n"
    "      xsec_pb: 2, sumw: {tree: one/two/t, branch: n + 1}}\n"
    "branch_magic: {words: text}\n"
    "file_magic: {kind: {'leaves-.*': 3}}\n"
    "selection: [n > 0, kind == 3]\n"
    "new_variables: {big: 1.5 + n, sum: sum(values)}\n"
    "observers: [words, values, sum]\n";

static bl_status ingest_with(bl_context *context, bl_config *config, const char *url) {
    bl_dataset_options options = {.fraction = 0.9};
    bl_ingest_options of_ingest = {.url = url, .overwrite = true};
    bl_dataset *dataset = NULL;
    bl_ingest ingest = {.n_rows = 0};
    bl_status status = bl_dataset_open(context, config, &options, &dataset, NULL);
    if (status == BL_OK)
        status = bl_ingest_prepare(&ingest, dataset, &of_ingest, NULL);
    if (status == BL_OK)
        status = bl_ingest_run(&ingest, NULL);
    bl_ingest_release(&ingest);
    bl_dataset_close(dataset);
    return status;
}

/// \param url of the output
static bl_status run(bl_context *context, void *url) {
    bl_arena arena;
    bl_config config;
    const bl_item *document;
    bl_arena_init(&arena, context);
    bl_config_init(&config, &arena);
    bl_status status = bl_yaml_parse(&arena, "text", text, sizeof text - 1, &document, NULL);
    if (status == BL_OK)
        status = bl_config_read_document(&config, document, NULL);
    if (status == BL_OK)
        status = ingest_with(context, &config, (const char *)url);
    bl_arena_release(&arena);
    return status;
}

static void look(bl_status status, void *url) {
    assert_int_equal(access((const char *)url, F_OK) == 0, status == BL_OK);
    (void)unlink((const char *)url);
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    char url[256];
    snprintf(url, sizeof url, "%s", test_path("out.root"));
    fail_each_allocation(run, look, url, 500, 50000);
    assert_int_equal(rmdir(test_folder), 0); // nothing else is in it
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
