// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "base/context.h"
#include "base/memory.h"

#define MIB ((size_t)1 << 20)

static void alignment_and_waste(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (size_t size = 0; size < 100 * MIB; size = size * 9 / 8 + 1) {
        bl_buffer *buffer = NULL;
        assert_ok(bl_buffer_new(context, size, &buffer, NULL));
        assert_int_equal((uintptr_t)buffer->data % 64, 0);
        assert_true(buffer->capacity >= size);
        assert_true(buffer->capacity <= size + size / 4 + 64);
        assert_int_equal(buffer->size, 0);
        if (size)
            buffer->data[0] = buffer->data[size - 1] = 1;
        bl_buffer_release(buffer);
    }
    bl_context_free(context);
}

static void recycles(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_buffer *buffer = NULL;
    assert_ok(bl_buffer_new(context, 1000, &buffer, NULL));
    bl_buffer *first = buffer;
    uint64_t used = bl_context_used_bytes(context);
    bl_buffer_ref(buffer);
    bl_buffer_release(buffer);
    bl_buffer_release(buffer);
    assert_int_equal(bl_context_used_bytes(context), used);
    assert_ok(bl_buffer_new(context, 1020, &buffer, NULL));
    assert_ptr_equal(buffer, first);
    assert_int_equal(buffer->size, 0);
    bl_buffer_release(buffer);
    bl_context_free(context);
}

static void keeps_within_its_limit(void **state) {
    (void)state;
    bl_context *context = test_context_of(1, NULL, 40 * MIB);
    uint64_t before = bl_context_used_bytes(context);
    bl_buffer *buffers[32];
    for (size_t i = 0; i < 32; i++)
        assert_ok(bl_buffer_new(context, MIB + i * 10000, &buffers[i], NULL));
    for (size_t i = 0; i < 32; i++)
        bl_buffer_release(buffers[i]);
    assert_in_range(bl_context_used_bytes(context) - before, 8 * MIB, 10 * MIB + 32 * 256);
    // The sizes change: the old ones make place.
    assert_ok(bl_buffer_new(context, 9 * MIB, &buffers[0], NULL));
    bl_buffer *big = buffers[0];
    bl_buffer_release(big);
    assert_ok(bl_buffer_new(context, 9 * MIB, &buffers[0], NULL));
    assert_ptr_equal(buffers[0], big);
    bl_buffer_release(big);
    // Too big for the limit.
    uint64_t kept = bl_context_used_bytes(context);
    assert_ok(bl_buffer_new(context, 15 * MIB, &buffers[0], NULL));
    bl_buffer_release(buffers[0]);
    assert_int_equal(bl_context_used_bytes(context), kept);
    // Waiting buffers make place where the budget has none beside them.
    assert_ok(bl_buffer_new(context, 25 * MIB, &buffers[0], NULL));
    assert_in_range(bl_context_used_bytes(context), 25 * MIB, 30 * MIB);
    assert_in_range(bl_context_busy_bytes(context), 25 * MIB, 30 * MIB);
    bl_buffer_release(buffers[0]);
    // Above the largest class.
    assert_ok(bl_buffer_new(context, 65 * MIB, &buffers[0], NULL));
    bl_buffer_release(buffers[0]);
    assert_true(bl_context_used_bytes(context) < MIB);
    bl_context_free(context);
}

static void reserve_keeps_what_is_in_use(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_buffer *buffer = NULL;
    assert_ok(bl_buffer_new(context, 10, &buffer, NULL));
    memcpy(buffer->data, "0123456789", 10);
    buffer->size = 10;
    assert_ok(bl_buffer_reserve(&buffer, 100000, NULL));
    assert_int_equal(buffer->size, 10);
    assert_memory_equal(buffer->data, "0123456789", 10);
    bl_error err = {0};
    assert_int_equal(bl_buffer_reserve(&buffer, SIZE_MAX, &err), BL_E_NOMEM);
    assert_memory_equal(buffer->data, "0123456789", 10);
    bl_buffer_release(buffer);
    bl_buffer_release(NULL);
    bl_context_free(context);
}

static bl_status use_buffers(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    for (size_t i = 0; i < 50; i++) {
        bl_buffer *buffer = NULL;
        BL_TRY(bl_buffer_new((bl_context *)argument, 100 * (1 + (index + i) % 7), &buffer, err));
        memset(buffer->data, (int)index, buffer->capacity);
        bl_buffer_release(buffer);
    }
    return BL_OK;
}

static void many_threads(void **state) {
    (void)state;
    bl_context *context = test_context(4);
    assert_ok(bl_run_tasks(context, use_buffers, context, 100, NULL));
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alignment_and_waste),    cmocka_unit_test(recycles),
        cmocka_unit_test(keeps_within_its_limit), cmocka_unit_test(reserve_keeps_what_is_in_use),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
