// SPDX-License-Identifier: Apache-2.0
// Rows of a file that is near, far, or far and too large to be kept: any rows, with the next ones
// fetched ahead or not, on one thread and on three.
#include "formats/tfrecord/reader.h"

#include "base/testing.h"
#include "formats/tfrecord/example.h"
#include "formats/tfrecord/record.h"
#include "io/bytes/slow_test.h"

enum { N_ROWS = 3000, N_VALUES = 300, ROUNDS = 40, SMALL_BUDGET = 24 << 20 };

static uint8_t file_bytes[N_ROWS * (N_VALUES * sizeof(float) + 64)];
static size_t file_size;

/// A record of one feature `x` whose N_VALUES floats are all `value`.
static uint8_t *put_record(uint8_t *out, float value) {
    enum { KEY = 2, N_TAGS = 6 };
    uint8_t *head = out, *begin = head + BL_TF_HEAD;
    const size_t n = N_VALUES * sizeof value; // each tag and length in front takes three bytes more
    const uint8_t numbers[N_TAGS] = {1, 1, KEY, 2, BL_TF_FLOAT, 1};
    const size_t sizes[N_TAGS] = {n + 15, n + 12, 0, n + 6, n + 3, n};
    out = begin;
    for (size_t i = 0; i < N_TAGS; i++) {
        if (i == KEY) {
            memcpy(out, "\x0a\x01x", 3);
            out += 3;
            continue;
        }
        *out++ = (uint8_t)(numbers[i] << 3 | BL_WIRE_BYTES);
        out = bl_wire_put_varint(out, sizes[i]);
    }
    for (size_t i = 0; i < N_VALUES; i++, out += sizeof value)
        memcpy(out, &value, sizeof value);
    uint64_t length = (uint64_t)(out - begin);
    memcpy(head, &length, sizeof length);
    uint32_t sum = bl_crc32c_mask(bl_crc32c_plain(head, sizeof length));
    memcpy(head + sizeof length, &sum, sizeof sum);
    sum = bl_crc32c_mask(bl_crc32c_plain(begin, (size_t)length));
    memcpy(out, &sum, sizeof sum);
    return out + sizeof sum;
}

static int set_up(void **state) {
    (void)state;
    uint8_t *out = file_bytes;
    for (int i = 0; i < N_ROWS; i++)
        out = put_record(out, (float)i);
    file_size = (size_t)(out - file_bytes);
    return 0;
}

static void check_rows(bl_reader *reader, int64_t first, int64_t last) {
    bl_batch *batch = NULL;
    bl_error err = {0};
    const size_t column = 0;
    if (reader->ops->read(reader, first, last, &column, 1, &batch, &err) != BL_OK)
        fail_msg("%s", err.message);
    const float *values = (const float *)bl_column_values(bl_column_child(&batch->columns[0], 0));
    const int32_t *offsets = (const int32_t *)bl_column_offsets(&batch->columns[0]);
    assert_int_equal(batch->columns[0].length, last - first);
    for (int64_t row = first; row < last; row++) {
        assert_int_equal(offsets[row - first + 1], (row - first + 1) * N_VALUES);
        assert_true(values[(row - first) * N_VALUES] == (float)row);
        assert_true(values[(row - first + 1) * N_VALUES - 1] == (float)row);
    }
    bl_batch_release(batch);
}

static uint32_t draw(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*seed * below >> 32);
}

static void read_some(bl_context *context, bl_source *source) {
    bl_open_options options = {.size = sizeof options};
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    uint32_t seed = 3;
    const size_t column = 0;
    assert_ok(bl_tfrecord_open(context, source, &options, &file, NULL));
    assert_ok(file->ops->open_table(file, "Events", &reader, NULL));
    file->ops->release(file);
    assert_int_equal(reader->n_rows, N_ROWS);
    assert_true(reader->n_clusters > 2);
    check_rows(reader, 0, N_ROWS);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t first = draw(&seed, N_ROWS),
                last = first + draw(&seed, N_ROWS - (uint32_t)first + 1);
        if (i % 2)
            assert_ok(reader->ops->prefetch(reader, first, last, &column, 1, NULL));
        if (i % 4 == 3) // somebody thought better of it
            first = first / 2;
        check_rows(reader, first, last);
    }
    reader->ops->close(reader);
}

static void near(void **state) {
    (void)state;
    for (unsigned n_threads = 1; n_threads < 4; n_threads += 2) {
        bl_context *context = test_context(n_threads);
        bl_source *source = NULL;
        assert_ok(bl_source_open_memory(context, "a", file_bytes, file_size, &source, NULL));
        read_some(context, source);
        bl_context_free(context);
    }
}

static void far_with(uint64_t budget) {
    for (unsigned n_threads = 1; n_threads < 4; n_threads += 2) {
        bl_context *context = test_context_of(n_threads, NULL, budget);
        bl_source *inner = NULL;
        slow_source *source = NULL;
        assert_ok(bl_source_open_memory(context, "a", file_bytes, file_size, &inner, NULL));
        assert_ok(slow_source_open(inner, 0, &source, NULL));
        read_some(context, &source->source);
        bl_context_free(context);
    }
}

static void far_and_kept(void **state) {
    (void)state;
    far_with(0);
}

static void far_and_large(void **state) {
    (void)state;
    far_with(SMALL_BUDGET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near),
        cmocka_unit_test(far_and_kept),
        cmocka_unit_test(far_and_large),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
