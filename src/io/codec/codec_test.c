// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "io/codec/blocks_testing.h"

#define N_RAW 20000
#define ROOM 40000

typedef struct fixture {
    bl_context *context;
    bl_codecs *codecs;
    uint8_t raw[N_RAW], back[N_RAW], packed[ROOM];
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    f->context = test_context(1);
    assert_ok(bl_codecs_new(f->context, &f->codecs, NULL));
    test_fill(f->raw, N_RAW, 7);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    bl_codecs_free(f->codecs);
    bl_context_free(f->context);
    free(f);
    return 0;
}

static void round_trips(void **state) {
    fixture *f = *state;
    for (bl_codec_id id = 0; id < BL_N_CODECS; id++)
        for (size_t n = 1; n <= N_RAW; n = n * 7 + 1) {
            size_t size = test_compress(id, f->raw, n, f->packed, ROOM);
            memset(f->back, 0, N_RAW);
            assert_ok(bl_codec_decode(f->codecs, id, f->packed, size, f->back, n, NULL));
            assert_memory_equal(f->back, f->raw, n);
        }
}

static void names(void **state) {
    (void)state;
    assert_string_equal(bl_codec_name(BL_CODEC_STORED), "stored");
    assert_string_equal(bl_codec_name(BL_CODEC_DEFLATE), "deflate");
    assert_string_equal(bl_codec_name(BL_CODEC_ZSTD), "zstd");
    assert_string_equal(bl_codec_name(BL_N_CODECS), "unknown");
}

static void another_size_is_corrupt(void **state) {
    fixture *f = *state;
    bl_error err = {0};
    for (bl_codec_id id = 0; id < BL_N_CODECS; id++) {
        size_t size = test_compress(id, f->raw, N_RAW - 1, f->packed, ROOM);
        for (size_t wrong = N_RAW - 2; wrong <= N_RAW; wrong += 2) {
            assert_int_equal(bl_codec_decode(f->codecs, id, f->packed, size, f->back, wrong, &err),
                             BL_E_CORRUPT);
            assert_ptr_equal(strstr(err.message, bl_codec_name(id)), err.message);
        }
        assert_int_not_equal(bl_codec_decode(f->codecs, id, f->packed, size, f->back, 0, &err),
                             BL_OK);
    }
}

static void unknown_codec(void **state) {
    fixture *f = *state;
    assert_int_equal(bl_codec_decode(f->codecs, BL_N_CODECS, f->packed, 1, f->back, 1, NULL),
                     BL_E_UNSUPPORTED);
}

static void every_truncation_is_corrupt(void **state) {
    fixture *f = *state;
    for (bl_codec_id id = 0; id < BL_N_CODECS; id++) {
        size_t size = test_compress(id, f->raw, 1000, f->packed, ROOM);
        for (size_t n = 0; n < size; n++) {
            // A block of its own size, so that a sanitizer sees a read past it.
            uint8_t *cut = malloc(n ? n : 1);
            memcpy(cut, f->packed, n);
            assert_int_equal(bl_codec_decode(f->codecs, id, cut, n, f->back, 1000, NULL),
                             BL_E_CORRUPT);
            free(cut);
        }
    }
}

static void mutations_never_crash(void **state) {
    fixture *f = *state;
    uint32_t seed = 1;
    for (bl_codec_id id = 0; id < BL_N_CODECS; id++) {
        size_t size = test_compress(id, f->raw, 2000, f->packed, ROOM);
        for (int i = 0; i < 500; i++) {
            uint8_t *bad = malloc(size), *back = malloc(2000);
            memcpy(bad, f->packed, size);
            for (int flips = 1 + i % 4; flips; flips--) {
                seed = seed * 1664525u + 1013904223u;
                bad[(seed >> 8) % size] ^= (uint8_t)(1u << (seed >> 29));
            }
            bl_error err = {0};
            bl_status status = bl_codec_decode(f->codecs, id, bad, size, back, 2000, &err);
            assert_int_equal(status, err.status);
            // Only these carry a checksum of what they hold.
            if (status == BL_OK && (id == BL_CODEC_ZLIB || id == BL_CODEC_LZMA ||
                                    id == BL_CODEC_GZIP || id == BL_CODEC_BZIP2))
                assert_memory_equal(back, f->raw, 2000);
            free(bad);
            free(back);
        }
    }
    // The decoders are none the worse for it.
    round_trips(state);
}

static void lz4_checks_its_checksum(void **state) {
    fixture *f = *state;
    bl_error err = {0};
    size_t size = test_compress(BL_CODEC_LZ4, f->raw, 1000, f->packed, ROOM);
    f->packed[3] ^= 1;
    assert_int_equal(bl_codec_decode(f->codecs, BL_CODEC_LZ4, f->packed, size, f->back, 1000, &err),
                     BL_E_CORRUPT);
    assert_string_equal(err.message, "lz4: wrong checksum");
}

static void lzma_dictionary_is_limited(void **state) {
    fixture *f = *state;
    lzma_options_lzma options;
    assert_false(lzma_lzma_preset(&options, 0));
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t size = 0;
    assert_int_equal(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, f->raw, 100,
                                               f->packed, &size, ROOM),
                     LZMA_OK);
    // The block header: its length, …, the filter LZMA2 (0x21) with one property byte, its CRC.
    uint8_t *header = f->packed + 12;
    size_t length = 4 * ((size_t)header[0] + 1);
    uint8_t *filter = memmem(header, length, "\x21\x01", 2);
    assert_non_null(filter);
    filter[2] = 40; // 4 GiB − 1
    uint32_t crc = lzma_crc32(header, length - 4, 0);
    memcpy(header + length - 4, &crc, sizeof crc);
    bl_error err = {0};
    assert_error(bl_codec_decode(f->codecs, BL_CODEC_LZMA, f->packed, size, f->back, 100, &err),
                 BL_E_LIMIT, err, "512 MiB");
}

static bl_status decode_all(bl_context *context, const fixture *f, const size_t *sizes,
                            uint8_t (*packed)[ROOM], uint8_t *back) {
    BL_AUTO(bl_codecs) codecs = NULL;
    BL_TRY(bl_codecs_new(context, &codecs, NULL));
    for (bl_codec_id id = 0; id < BL_N_CODECS; id++) {
        BL_TRY(bl_codec_decode(codecs, id, packed[id], sizes[id], back, N_RAW, NULL));
        assert_memory_equal(back, f->raw, N_RAW);
    }
    return BL_OK;
}

static void every_allocation_may_fail(void **state) {
    fixture *f = *state;
    uint8_t(*packed)[ROOM] = calloc(BL_N_CODECS, ROOM);
    size_t sizes[BL_N_CODECS];
    for (bl_codec_id id = 0; id < BL_N_CODECS; id++)
        sizes[id] = test_compress(id, f->raw, N_RAW, packed[id], ROOM);
    test_allocator allocator = {0};
    bl_allocator face = test_allocator_face(&allocator);
    bl_context *context = test_context_of(1, &face, 0);
    long n = 1;
    for (;; n++) {
        test_allocator_arm(&allocator, n);
        bl_status status = decode_all(context, f, sizes, packed, f->back);
        assert_int_equal(allocator.n_live, 0);
        assert_int_equal(status, allocator.failed ? BL_E_NOMEM : BL_OK);
        if (!allocator.failed)
            break;
    }
    assert_true(n > 5);
    test_allocator_arm(&allocator, 0);
    bl_context_free(context);
    free(packed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trips, set_up, tear_down),
        cmocka_unit_test(names),
        cmocka_unit_test_setup_teardown(another_size_is_corrupt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_codec, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_truncation_is_corrupt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mutations_never_crash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lz4_checks_its_checksum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lzma_dictionary_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
