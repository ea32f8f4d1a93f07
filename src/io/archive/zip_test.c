// SPDX-License-Identifier: Apache-2.0
// Archives written and read back, deflated and zip64 ones, and what is refused.
#include "io/archive/zip.h"

#include "base/testing.h"

static const bl_zip_part parts[] = {
    {"config.json", "{}", 2}, {"assets/a", "some text", 9}, {"empty", "", 0}};

static bl_status write_parts(bl_context *context, bl_buffer **buffer) {
    BL_AUTO(bl_sink) sink = NULL;
    BL_TRY(bl_buffer_new(context, 64, buffer, NULL));
    BL_TRY(bl_sink_open_memory(context, "a.zip", buffer, &sink, NULL));
    BL_TRY(bl_zip_write(sink, parts, 3, NULL));
    return bl_sink_finish(sink, NULL);
}

static bl_status read_parts(bl_context *context, const void *bytes, size_t size, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    bl_arena arena;
    bl_zip zip = {0};
    bl_arena_init(&arena, context);
    bl_status status = bl_source_open_memory(context, "a.zip", bytes, size, &source, err);
    if (status == BL_OK)
        status = bl_zip_open(&arena, source, &zip, err);
    for (size_t i = 0; status == BL_OK && i < zip.n_members; i++) {
        uint8_t *data = NULL;
        status = bl_zip_read(&arena, &zip, &zip.members[i], &data, err);
        if (status != BL_OK)
            break;
        assert_int_equal(zip.members[i].raw_bytes, parts[i].size);
        assert_memory_equal(data, parts[i].data, parts[i].size + 1);
        assert_ptr_equal(bl_zip_find(&zip, parts[i].name), &zip.members[i]);
    }
    if (status == BL_OK)
        assert_null(bl_zip_find(&zip, "config"));
    bl_arena_release(&arena);
    return status;
}

static bl_status round_trip(bl_context *context) {
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_TRY(write_parts(context, &bytes));
    assert_true(bl_zip_probe(bytes->data, bytes->size));
    return read_parts(context, bytes->data, bytes->size, NULL);
}

static void test_round_trip(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    assert_ok(round_trip(context));
    bl_context_free(context);
    test_every_allocation_fails(round_trip);
}

/// "config.json" deflated, with every size and place that can be one of zip64.
static const uint8_t deflated[] = {
    0x50, 0x4b, 0x03, 0x04, 0x2d, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x00, 0x43, 0xbf,
    0xa6, 0xa3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0b, 0x00, 0x14, 0x00, 0x63, 0x6f,
    0x6e, 0x66, 0x69, 0x67, 0x2e, 0x6a, 0x73, 0x6f, 0x6e, 0x01, 0x00, 0x10, 0x00, 0x02, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xab, 0xae, 0x05,
    0x00, 0x50, 0x4b, 0x01, 0x02, 0x2d, 0x03, 0x2d, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21,
    0x00, 0x43, 0xbf, 0xa6, 0xa3, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x0c,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x63,
    0x6f, 0x6e, 0x66, 0x69, 0x67, 0x2e, 0x6a, 0x73, 0x6f, 0x6e, 0x01, 0x00, 0x08, 0x00, 0x04, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x06, 0x06, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x2d, 0x00, 0x2d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x45, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50, 0x4b,
    0x06, 0x07, 0x00, 0x00, 0x00, 0x00, 0x86, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
    0x00, 0x00, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00,
};

static void test_zip64(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_error err = {0};
    assert_int_equal(read_parts(context, deflated, sizeof deflated, &err), BL_OK);
    bl_context_free(context);
}

/// Every byte of a small archive damaged in turn: an error, or the same members.
static void test_damage(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_buffer *bytes = NULL;
    assert_ok(write_parts(context, &bytes));
    for (size_t n = 0; n < bytes->size; n++) {
        bl_error err = {0};
        assert_int_not_equal(read_parts(context, bytes->data, n, &err), BL_OK); // cut
        assert_true(err.message[0]);
    }
    bl_buffer_release(bytes);
    bl_context_free(context);
}

/// Puts `text` over each place of `old`, which is as long. \return what reading says
static bl_status read_changed(const char *old, const char *text, size_t size, bl_error *err) {
    bl_context *context = test_context(1);
    bl_buffer *bytes = NULL;
    assert_ok(write_parts(context, &bytes));
    for (size_t i = 0; i + size <= bytes->size; i++)
        if (memcmp(bytes->data + i, old, size) == 0)
            memcpy(bytes->data + i, text, size);
    bl_status status = read_parts(context, bytes->data, bytes->size, err);
    bl_buffer_release(bytes);
    bl_context_free(context);
    return status;
}

static void assert_refused(const char *old, const char *text, size_t size, bl_status status,
                           const char *message) {
    bl_error err = {0};
    assert_error(read_changed(old, text, size, &err), status, err, message);
}

static void test_refused(void **state) {
    (void)state;
    assert_refused("assets/a", "../../aa", 8, BL_E_CORRUPT, "'../../aa': a name that leads");
    assert_refused("assets/a", "/ssets/a", 8, BL_E_CORRUPT, "leads elsewhere");
    assert_refused("some text", "some tent", 9, BL_E_CORRUPT,
                   "member 'assets/a': its checksum is wrong");
    assert_refused("PK\3\4\x14\0\0\x08\0\0", "PK\3\5\x14\0\0\x08\0\0", 10, BL_E_CORRUPT,
                   "member 'config.json': its own header is damaged");
    assert_refused("PK\1\2\x14\0\x14\0\0\x08\0\0", "PK\1\2\x14\0\x14\0\1\x08\0\0", 12,
                   BL_E_UNSUPPORTED, "encrypted");
    assert_refused("PK\1\2\x14\0\x14\0\0\x08\0\0", "PK\1\2\x14\0\x14\0\0\x08\x0c\0", 12,
                   BL_E_UNSUPPORTED, "method 12");
    assert_refused("\x09\0\0\0\x09\0\0\0", "\x09\0\0\0\x0a\0\0\0", 8, BL_E_CORRUPT,
                   "10 bytes cannot be packed into 9");
    assert_refused("PK\5\6\0\0\0\0", "PK\5\6\1\0\0\0", 8, BL_E_UNSUPPORTED, "several files");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_zip64),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
