// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "io/codec/blocks_testing.h"

static const char *const settings[] = {"zlib",   "zlib:1", "zlib:12", "deflate:3",
                                       "lzma:1", "lzma",   "lz4:1",   "lz4",
                                       "lz4:12", "zstd:1", "zstd:19", "zstd"};
#define N_SETTINGS (sizeof settings / sizeof *settings)

/// What is compressed with each setting is read back; `n` bytes of which every `period` repeat.
static bl_status round_trip(bl_context *context, const char *setting, size_t n, size_t period) {
    BL_AUTO(bl_codecs) codecs = NULL;
    BL_AUTO(bl_buffer) raw = NULL;
    BL_AUTO(bl_buffer) out = NULL;
    BL_AUTO(bl_buffer) back = NULL;
    BL_TRY(bl_codecs_new(context, &codecs, NULL));
    BL_TRY(bl_buffer_new(context, n, &raw, NULL));
    BL_TRY(bl_buffer_new(context, n, &out, NULL));
    BL_TRY(bl_buffer_new(context, n, &back, NULL));
    for (size_t i = 0; i < n; i++)
        raw->data[i] = (uint8_t)(i % period % 251);
    bl_compression how;
    assert_ok(bl_compression_parse(setting, &how, NULL));
    size_t size = 0;
    BL_TRY(bl_root_blocks_encode(codecs, how, raw->data, n, out->data, &size, NULL));
    assert_in_range(size, 1, n - 1);
    BL_TRY(bl_root_blocks_check(out->data, size, n, NULL));
    BL_TRY(bl_root_blocks_decode(codecs, out->data, size, back->data, n, NULL));
    assert_memory_equal(raw->data, back->data, n);
    return BL_OK;
}

static void test_round_trips(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        assert_ok(round_trip(context, settings[i], 200, 7));
        assert_ok(round_trip(context, settings[i], 70000, 1234));
    }
    bl_context_free(context);
}

static void test_many_blocks(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    assert_ok(round_trip(context, "lz4:1", 40u << 20, 99));
    assert_ok(round_trip(context, "zstd:1", (1u << 24) - 1, 99));
    assert_ok(round_trip(context, "zlib:1", 1u << 24, 99));
    bl_context_free(context);
}

static void test_incompressible(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    BL_AUTO(bl_codecs) codecs = NULL;
    assert_ok(bl_codecs_new(context, &codecs, NULL));
    uint8_t raw[1000], out[1000];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
    for (size_t i = 0; i < N_SETTINGS; i++)
        for (size_t n = 0; n <= sizeof raw; n += n < 40 ? 1 : 60) {
            bl_compression how;
            size_t size = 1;
            assert_ok(bl_compression_parse(settings[i], &how, NULL));
            assert_ok(bl_root_blocks_encode(codecs, how, raw, n, out, &size, NULL));
            assert_int_equal(size, 0);
        }
    bl_codecs_free(BL_MOVE(codecs));
    bl_context_free(context);
}

static bl_status lz4_work(bl_context *context) { return round_trip(context, "lz4:2", 999, 10); }
static bl_status lz4_hc_work(bl_context *context) { return round_trip(context, "lz4:7", 999, 10); }
static bl_status zstd_work(bl_context *context) { return round_trip(context, "zstd", 999, 10); }
static bl_status lzma_work(bl_context *context) { return round_trip(context, "lzma:2", 999, 10); }

static void test_no_memory(void **state) {
    (void)state;
    test_every_allocation_fails(lz4_work);
    test_every_allocation_fails(lz4_hc_work);
    test_every_allocation_fails(zstd_work);
    test_every_allocation_fails(lzma_work);
}

static void test_parse(void **state) {
    (void)state;
    bl_compression how = {BL_CODEC_LZ4, 99};
    bl_error err;
    assert_ok(bl_compression_parse("none", &how, &err));
    assert_int_equal(how.codec, BL_CODEC_STORED);
    assert_int_equal(bl_compression_setting(how), 0);
    assert_ok(bl_compression_parse("ZSTD:9", &how, &err));
    assert_int_equal(bl_compression_setting(how), 509);
    static const char *const wrong[] = {"", "zstd:", "zstd:x", "zstd:99", "zstd:0", "none:1", ":1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(bl_compression_parse(wrong[i], &how, &err), BL_E_INVALID);
    assert_int_equal(bl_compression_parse("zsdt", &how, &err), BL_E_INVALID);
    assert_string_equal(err.message, "codec 'zsdt' is not known; known are 'none', 'zlib', "
                                     "'deflate', 'lzma', 'lz4', 'zstd', 'gzip', 'snappy', 'bzip2', "
                                     "'brotli'; did you mean 'zstd'?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),    cmocka_unit_test(test_many_blocks),
        cmocka_unit_test(test_incompressible), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
