// SPDX-License-Identifier: Apache-2.0
// A small file with every kind of feature, written into memory and read back: while every
// allocation and every write fails once, cut at every byte, with every byte changed, and changed
// under checksums that are right.
#include "formats/tfrecord/writer.h"

#include "column/write_testing.h"
#include "formats/tfrecord/read_testing.h"
#include "formats/tfrecord/record.h"
#include "io/bytes/sink_testing.h"

enum { N_COLUMNS = 6, N_ROWS = 12 };
static const char *const names[N_COLUMNS] = {"x", "n", "list", "text", "texts", "deep"};

static test_sink memory;
static uint8_t whole[sizeof memory.data];
static size_t whole_size;

static test_rows shared;

static bl_status make_types(bl_context *context, bl_type **types) {
    types[0] = bl_type_primitive(BL_FLOAT32);
    types[1] = bl_type_primitive_nullable(BL_INT64);
    types[3] = bl_type_primitive(BL_UTF8);
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, types[0], &types[2], NULL));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, types[3], &types[4], NULL));
    return bl_type_new_list(context, BL_LIST, 0, types[2], &types[5], NULL);
}

static void fill_row(bl_builder *builders, uint32_t row) {
    *(float *)bl_builder_extend(&builders[0], 1) = (float)row;
    if (row % 3 == 1)
        bl_builder_append_nulls(&builders[1], 1);
    else
        *(int64_t *)bl_builder_extend(&builders[1], 1) = -(int64_t)row;
    for (uint32_t i = 0; i < row % 3; i++)
        *(float *)bl_builder_extend(&builders[2].children[0], 1) = (float)i;
    bl_builder_end_list(&builders[2]);
    bl_builder_append_string(&builders[3], (const uint8_t *)"abc", row % 4);
    for (uint32_t i = 0; i < row % 2; i++)
        bl_builder_append_string(&builders[4].children[0], (const uint8_t *)"xyz", 3);
    bl_builder_end_list(&builders[4]);
    for (uint32_t i = 0; i < row % 3; i++) {
        *(float *)bl_builder_extend(&builders[5].children[0].children[0], 1) = (float)i;
        bl_builder_end_list(&builders[5].children[0]);
    }
    bl_builder_end_list(&builders[5]);
}

static bl_status write_file(bl_context *context, const char *codec, long fail_in, bl_error *err) {
    bl_writer_options options = {.size = sizeof options, .path = "Events"};
    bl_create how = {0};
    bl_output *output = NULL;
    assert_ok(bl_compression_parse(codec, &how.compression, NULL));
    BL_TRY(test_sink_init(&memory, context, fail_in, err));
    BL_TRY(bl_tfrecord_create(context, &memory.sink, &how, &output, err));
    return test_rows_write(&shared, output, &options, err);
}

static const test_rows_of all = {N_COLUMNS, names, N_ROWS, make_types, fill_row, NULL};

static int set_up(void **state) {
    (void)state;
    test_rows_init(&shared, &all);
    assert_ok(write_file(shared.context, "none", 0, NULL));
    whole_size = memory.size;
    memcpy(whole, memory.data, whole_size);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_rows_release(&shared);
    return 0;
}

static bl_status write_plain(bl_context *context) { return write_file(context, "none", 0, NULL); }
static bl_status write_packed(bl_context *context) { return write_file(context, "gzip", 0, NULL); }
static bl_status read_whole(bl_context *context) {
    return test_read_bytes(context, memory.data, memory.size, NULL, NULL);
}

static void every_allocation_fails(void **state) {
    (void)state;
    test_every_allocation_fails(write_plain);
    test_every_allocation_fails(read_whole);
    test_every_allocation_fails(write_packed);
    test_every_allocation_fails(read_whole);
}

static void every_write_fails(void **state) {
    (void)state;
    for (long n = 1;; n++) {
        bl_error err = {0};
        bl_status status = write_file(shared.context, n % 2 ? "none" : "gzip", n, &err);
        if (!memory.failed && n > 2)
            break;
        assert_int_equal(status, memory.failed ? BL_E_IO : BL_OK);
    }
}

static void whole_and_cut(void **state) {
    (void)state;
    int64_t n_rows = -1, n_whole = 0;
    for (size_t size = 0; size <= whole_size; size++) {
        bl_error err = {0};
        bl_status status = test_read_bytes(shared.context, whole, size, &n_rows, &err);
        if (status == BL_OK) { // cut between two records
            assert_int_equal(n_rows, n_whole);
            n_whole++;
            continue;
        }
        assert_error(status, BL_E_CORRUPT, err, "record ");
        assert_non_null(strstr(err.message, "truncated"));
    }
    assert_int_equal(n_whole, N_ROWS + 1);
}

static void every_byte_changed(void **state) {
    (void)state;
    for (size_t i = 0; i < whole_size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bl_error err = {0};
            uint8_t flip = (uint8_t)(1u << bit);
            whole[i] ^= flip;
            bl_status status = test_read_bytes(shared.context, whole, whole_size, NULL, &err);
            whole[i] ^= flip;
            assert_error(status, BL_E_CORRUPT, err, "record ");
            assert_non_null(strstr(err.message, " at byte "));
        }
}

/// Makes the checksum right of the record that byte `i` is in; false where it is in none.
static bool make_right(size_t i) {
    for (size_t at = 0; at < whole_size;) {
        uint64_t length;
        memcpy(&length, whole + at, sizeof length);
        size_t end = at + BL_TF_HEAD + (size_t)length;
        if (i < at + BL_TF_HEAD)
            return false;
        if (i < end) {
            uint32_t sum = bl_crc32c_mask(bl_crc32c_plain(whole + at + BL_TF_HEAD, (size_t)length));
            memcpy(whole + end, &sum, sizeof sum);
            return true;
        }
        at = end + BL_TF_TAIL;
    }
    return false;
}

static void changed_under_right_checksums(void **state) {
    (void)state;
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x0a, 0x12};
    for (size_t i = 0; i < whole_size; i++)
        for (size_t k = 0; k < sizeof values; k++) {
            bl_error err = {0};
            uint8_t before = whole[i];
            if (!make_right(i))
                break;
            whole[i] = values[k];
            (void)make_right(i);
            bl_status status = test_read_bytes(shared.context, whole, whole_size, NULL, &err);
            whole[i] = before;
            (void)make_right(i);
            if (status == BL_OK) // it may be another record, and a good one
                continue;
            assert_error(status, BL_E_CORRUPT, err, "record ");
        }
    assert_ok(test_read_bytes(shared.context, whole, whole_size, NULL, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(every_write_fails),
        cmocka_unit_test(whole_and_cut),
        cmocka_unit_test(every_byte_changed),
        cmocka_unit_test(changed_under_right_checksums),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
