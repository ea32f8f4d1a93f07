// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "base/arena.h"

static void many_things(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    uint64_t before = bl_context_used_bytes(context);
    bl_arena arena;
    bl_arena_init(&arena, context);
    assert_int_equal(bl_context_used_bytes(context), before);
    uint32_t *things[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        size_t n = i % 97 == 0 ? 10000 : i % 13;
        things[i] = bl_arena_array(&arena, n + 1, sizeof(uint32_t));
        assert_int_equal((uintptr_t)things[i] % 16, 0);
        for (size_t j = 0; j <= n; j++)
            assert_int_equal(things[i][j], 0);
        things[i][0] = things[i][n] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(things[i][0], i);
    bl_arena_release(&arena);
    assert_int_equal(bl_context_used_bytes(context), before);
    assert_non_null(bl_arena_alloc(&arena, 0));
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void text(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    assert_string_equal(bl_arena_text(&arena, "muon_pt", 4), "muon");
    assert_string_equal(bl_arena_text(&arena, NULL, 0), "");
    assert_string_equal(bl_arena_printf(&arena, "%s/%d", "one", 2), "one/2");
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void no_memory(void **state) {
    (void)state;
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    bl_context *context = test_context_of(1, &allocator, 0);
    bl_arena arena;
    bl_arena_init(&arena, context);
    assert_null(bl_arena_alloc(&arena, SIZE_MAX));
    assert_null(bl_arena_array(&arena, SIZE_MAX / 2, 4));
    assert_null(bl_arena_text(&arena, "", SIZE_MAX));
    atomic_store(&faulty.fail_in, 1);
    assert_null(bl_arena_alloc(&arena, 10));
    assert_non_null(bl_arena_alloc(&arena, 10));
    bl_arena_release(&arena);
    bl_context_free(context);
    assert_int_equal(faulty.n_live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_things),
        cmocka_unit_test(text),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
