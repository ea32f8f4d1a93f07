// SPDX-License-Identifier: Apache-2.0
// A small file with every kind of feature, written into memory while every allocation and every
// write fails once; the encodings against what the format's document says.
#include "formats/parquet/writer.h"

#include <stdio.h>

#include "column/write_testing.h"
#include "formats/parquet/write.h"
#include "io/bytes/sink_testing.h"

enum { N_COLUMNS = 5, N_ROWS = 40 };
static const char *const names[N_COLUMNS] = {"x", "n", "text", "lists", "fixed"};

static test_sink memory;

static test_rows shared;

static bl_status make_types(bl_context *context, bl_type **types) {
    BL_AUTO(bl_type) pair = NULL;
    types[0] = bl_type_primitive(BL_FLOAT32);
    types[1] = bl_type_primitive_nullable(BL_INT64);
    types[2] = bl_type_primitive(BL_UTF8);
    BL_TRY(bl_type_new_struct(context, 2, (const char *const[]){"a", "b"},
                              (bl_type *const[]){types[1], types[2]}, &pair, NULL));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, pair, &types[3], NULL));
    return bl_type_new_list(context, BL_FIXED_LIST, 2, types[1], &types[4], NULL);
}

static void fill_number(bl_builder *builder, uint32_t row) {
    if (row % 3 == 1)
        bl_builder_append_nulls(builder, 1);
    else
        *(int64_t *)bl_builder_extend(builder, 1) = -(int64_t)row;
}

static void fill_row(bl_builder *builders, uint32_t row) {
    *(float *)bl_builder_extend(&builders[0], 1) = (float)row;
    fill_number(&builders[1], row);
    bl_builder_append_string(&builders[2], (const uint8_t *)"abcd", row % 5);
    for (uint32_t i = 0; i < row % 4; i++) {
        fill_number(&builders[3].children[0].children[0], row + i);
        bl_builder_append_string(&builders[3].children[0].children[1], (const uint8_t *)"xyz", i);
    }
    bl_builder_end_list(&builders[3]);
    fill_number(&builders[4].children[0], row);
    fill_number(&builders[4].children[0], row + 1);
}

static const test_rows_of all = {N_COLUMNS, names, N_ROWS, make_types, fill_row, NULL};

static int set_up(void **state) {
    (void)state;
    test_rows_init(&shared, &all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_rows_release(&shared);
    return 0;
}

// ---- failures ----

static bl_status write_file(bl_context *context, const char *encoding, long fail_in,
                            bl_error *err) {
    const char *const pair[] = {"key", "value"};
    const bl_output_options wishes = {
        .size = sizeof wishes, .encoding = encoding, .metadata = pair, .n_metadata = 1};
    const bl_writer_options options = {
        .size = sizeof options, .path = "Events", .cluster_rows = 16, .chunk_bytes = 40};
    bl_create how = {.options = &wishes};
    bl_output *output = NULL;
    assert_ok(bl_compression_parse("lz4", &how.compression, NULL));
    BL_TRY(test_sink_init(&memory, context, fail_in, err));
    BL_TRY(bl_parquet_create(context, &memory.sink, &how, &output, err));
    return test_rows_write(&shared, output, &options, err);
}

static void every_allocation_fails_with(unsigned n_threads, const char *encoding) {
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    for (long n = 1; n == 1 || faulty.failed; n++) {
        test_allocator_arm(&faulty, 0);
        bl_context *context = test_context_of(n_threads, &allocator, 0);
        atomic_store(&faulty.fail_in, n);
        bl_status status = write_file(context, encoding, 0, NULL);
        bl_context_free(context);
        assert_int_equal(status, faulty.failed ? BL_E_NOMEM : BL_OK);
        assert_int_equal(faulty.n_live, 0);
    }
}

static void every_allocation_fails(void **state) {
    (void)state;
    every_allocation_fails_with(1, "auto");
    every_allocation_fails_with(1, "dictionary");
}

/// Pages that wait for one that failed wait no longer; with more threads than columns.
static void every_allocation_of_threads_fails(void **state) {
    (void)state;
    every_allocation_fails_with(2, "dictionary");
    every_allocation_fails_with(8, "dictionary");
}

static void every_write_fails(void **state) {
    (void)state;
    for (long n = 1; n == 1 || memory.failed; n++) {
        bl_status status = write_file(shared.context, "plain", n, NULL);
        assert_int_equal(status, memory.failed ? BL_E_IO : BL_OK);
        assert_int_equal(memory.is_finished, !memory.failed);
    }
}

// ---- notes ----

enum { N_NOTES = 300000 };

/// Some megabytes of notes, kept and written.
static bl_status keep_notes(bl_context *context) {
    static uint8_t wanted[8 * N_NOTES];
    bl_pqw_scratch scratch = {.codecs = NULL};
    bl_pqw_notes notes = {.open.out.context = context};
    bl_pqw_scratch_init(context, 8000, &scratch);
    bl_status status = bl_pqw_scratch_ready(&scratch, NULL);
    for (uint32_t i = 0; i < N_NOTES && status == BL_OK; i++) {
        memcpy(wanted + 8 * i, (const uint32_t[]){i / 3, 7}, 8);
        bl_pack_bytes(&notes.open.out, wanted + 8 * i, 8);
        status = bl_pqw_notes_pack(&notes, &scratch, NULL);
    }
    if (status == BL_OK)
        status = test_sink_init(&memory, context, 0, NULL);
    if (status == BL_OK) {
        assert_true(notes.n_blocks > 1 && notes.blocks[0].size < notes.blocks[0].raw_size / 3);
        status = bl_pqw_notes_write(&notes, &memory.sink, &scratch, NULL);
        bl_free(context, memory.sink.url);
    }
    if (status == BL_OK)
        assert_true(memory.size == sizeof wanted && !memcmp(memory.data, wanted, sizeof wanted));
    bl_pqw_notes_release(context, &notes);
    bl_pqw_scratch_release(&scratch);
    return status;
}

// ---- encodings ----

static void assert_bytes(const bl_packer *packer, const char *hex) {
    char text[256] = "";
    for (size_t i = 0; i < packer->buffer->size; i++)
        snprintf(text + 2 * i, sizeof text - 2 * i, "%02x", packer->buffer->data[i]);
    assert_string_equal(text, hex);
}

static void runs(void **state) {
    (void)state;
    const uint32_t counted[] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint8_t levels[64];
    bl_packer out = {.context = shared.context};
    bl_pqw_pack_indices(&out, counted, 8, 3); // the example of Encodings.md
    assert_bytes(&out, "0388c6fa");
    bl_packer_release(&out);
    for (size_t i = 0; i < sizeof levels; i++)
        levels[i] = i >= 56;
    bl_pqw_pack_levels(&out, levels, 64, 1); // 56 zeros, then eight ones
    assert_bytes(&out, "700003ff");
    bl_packer_release(&out);
    bl_pqw_pack_levels(&out, (const uint8_t[]){3, 1, 2}, 3, 2);
    assert_bytes(&out, "032700");
    bl_packer_release(&out);
    bl_pqw_pack_run(&out, 300, 100, 9);
    assert_bytes(&out, "c8012c01");
    bl_packer_release(&out);
}

static void deltas(void **state) {
    (void)state;
    const int32_t rising[] = {1, 2, 3, 4, 5}, jagged[] = {7, 5, 3, 1, 2, 3, 4, 5};
    const int64_t far[] = {INT64_MIN, INT64_MAX};
    bl_packer out = {.context = shared.context};
    // the examples of Encodings.md
    bl_pqw_pack_deltas(&out, (const uint8_t *)rising, 5, 4);
    assert_bytes(&out, "800104"
                       "05"
                       "02"
                       "02"
                       "00000000");
    bl_packer_release(&out);
    bl_pqw_pack_deltas(&out, (const uint8_t *)jagged, 8, 4);
    assert_bytes(&out, "800104"
                       "08"
                       "0e"
                       "03"
                       "02000000"
                       "c03f000000000000");
    bl_packer_release(&out);
    bl_pqw_pack_deltas(&out, (const uint8_t *)far, 2, 8); // wraps
    assert_bytes(&out, "800104"
                       "02"
                       "ffffffffffffffffff01"
                       "01"
                       "00000000");
    bl_packer_release(&out);
    bl_pqw_pack_deltas(&out, NULL, 0, 8);
    assert_bytes(&out, "800104"
                       "00"
                       "00");
    bl_packer_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(every_allocation_of_threads_fails),
        cmocka_unit_test(every_write_fails),
        test_each_allocation(keep_notes),
        cmocka_unit_test(runs),
        cmocka_unit_test(deltas),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
