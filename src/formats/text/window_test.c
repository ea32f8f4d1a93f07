// SPDX-License-Identifier: Apache-2.0
// A text behind a slow server: the same rows as from memory, asked for ahead, and nothing is left
// behind when a read fails.
#include "formats/text/window.h"

#include <stdio.h>

#include "base/testing.h"
#include "formats/text/text.h"
#include "io/bytes/slow_test.h"

enum { ROWS = 200000, STEP = 50000, DELAY_MS = 1 };

static char *make_text(size_t *ret_size) {
    char *text = (char *)test_malloc((size_t)ROWS * 24 + 64);
    size_t room = (size_t)ROWS * 24 + 64, n = (size_t)snprintf(text, room, "a,b\n");
    for (int i = 0; i < ROWS; i++)
        n += (size_t)snprintf(text + n, room - n, "%d,t%d\n", i, i * 7);
    *ret_size = n;
    return text;
}

static bl_status read_steps(bl_context *context, bl_source *source, int64_t *ret_sum) {
    const bl_open_options options = {.size = sizeof options};
    const size_t columns[] = {0, 1};
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    BL_TRY(bl_csv_open(context, source, &options, &file, NULL));
    bl_status status = file->ops->open_table(file, NULL, &reader, NULL);
    file->ops->release(file);
    BL_TRY(status);
    for (int64_t first = 0; status == BL_OK && first < ROWS; first += STEP) {
        int64_t last = first + STEP, next = last + STEP < ROWS ? last + STEP : ROWS;
        BL_AUTO(bl_batch) batch = NULL;
        if (first == 0)
            (void)(reader->ops->prefetch(reader, first, last, columns, 2, NULL) == BL_OK);
        (void)(reader->ops->prefetch(reader, last, next, columns, 2, NULL) == BL_OK);
        status = reader->ops->read(reader, first, last, columns, 2, &batch, NULL);
        for (int64_t i = 0; status == BL_OK && i < STEP; i++)
            *ret_sum += ((const int64_t *)bl_column_values(&batch->columns[0]))[i] +
                        ((const int32_t *)bl_column_offsets(&batch->columns[1]))[i + 1];
    }
    reader->ops->close(reader);
    return status;
}

static bl_source *memory_source(bl_context *context, const char *text, size_t size) {
    bl_source *source = NULL;
    assert_ok(bl_source_open_memory(context, "t.csv", text, size, &source, NULL));
    return source;
}

static slow_source *far_source(bl_context *context, const char *text, size_t size) {
    slow_source *slow = NULL;
    assert_ok(slow_source_open(memory_source(context, text, size), DELAY_MS, &slow, NULL));
    return slow;
}

static void test_far(void **state) {
    (void)state;
    size_t size;
    char *text = make_text(&size);
    bl_context *context = test_context(2);
    int64_t from_near = 0, from_far = 0;
    assert_ok(read_steps(context, memory_source(context, text, size), &from_near));
    assert_ok(read_steps(context, &far_source(context, text, size)->source, &from_far));
    assert_true(from_near == from_far);
    bl_context_free(context);
    test_free(text);
}

static void test_lost_connection(void **state) {
    (void)state;
    size_t size;
    char *text = make_text(&size);
    bl_context *context = test_context(2);
    bl_status status = BL_E_IO;
    for (uint64_t n = 1; status == BL_E_IO; n++) {
        slow_source *slow = far_source(context, text, size);
        int64_t sum = 0;
        slow->fail_round_trip = n;
        status = read_steps(context, &slow->source, &sum);
        assert_true(status == BL_E_IO || (status == BL_OK && n > 5));
    }
    bl_context_free(context);
    test_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_far),
                                       cmocka_unit_test(test_lost_connection)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
