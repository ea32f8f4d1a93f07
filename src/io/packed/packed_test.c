// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "io/bytes/sink_testing.h"
#include "io/codec/blocks_testing.h"
#include "io/packed/inflow.h"
#include "io/packed/outflow.h"

enum { N = 3 << 20 };

static const bl_codec_id ids[] = {BL_CODEC_STORED, BL_CODEC_GZIP, BL_CODEC_BZIP2, BL_CODEC_ZSTD,
                                  BL_CODEC_ZLIB};
static const char *const names[] = {NULL, "gzip", "bzip2", "zstd", "zlib"};
enum { N_CODECS = sizeof ids / sizeof *ids };

/// Packs `n` bytes of `raw`, given in pieces.
static bl_status pack(bl_context *context, bl_codec_id id, const uint8_t *raw, size_t n,
                      test_sink *to) {
    BL_AUTO(bl_outflow) out = NULL;
    BL_TRY(test_sink_init(to, context, 0, NULL));
    BL_TRY(bl_outflow_open(&to->sink, (bl_compression){id, 1}, &out, NULL));
    for (size_t done = 0, part = 1; done < n; done += part, part = part * 3 + 1) {
        part = part < n - done ? part : n - done;
        BL_TRY(bl_outflow_write(out, raw + done, part, NULL));
    }
    BL_TRY(bl_outflow_finish(out, NULL));
    assert_true(to->is_finished);
    return BL_OK;
}

/// Unpacks all of it in pieces of `step`. \param ret_n bytes that came
static bl_status unpack(bl_context *context, const uint8_t *data, size_t size, size_t step,
                        uint8_t *back, size_t *ret_n, const char **ret_name, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    BL_AUTO(bl_inflow) in = NULL;
    *ret_n = 0;
    BL_TRY(bl_source_open_memory(context, "memory", data, size, &source, err));
    if (bl_inflow_may_be_zlib(data, size))
        BL_TRY(bl_inflow_open_zlib(source, &in, err));
    else
        BL_TRY(bl_inflow_open(source, &in, err));
    *ret_name = bl_inflow_packing(in);
    for (size_t n = step; n == step; *ret_n += n) {
        size_t room = N + 1 - *ret_n < step ? N + 1 - *ret_n : step;
        BL_TRY(bl_inflow_read(in, back + *ret_n, room, &n, err));
    }
    assert_int_equal(bl_inflow_stored_bytes(in), size);
    return BL_OK;
}

typedef struct fixture {
    bl_context *context;
    uint8_t raw[N], back[N + 1];
    test_sink sink;
} fixture;

static void what_was_packed_comes_back(void **state) {
    fixture *f = *state;
    static const size_t sizes[] = {0, 1, 100, (1 << 20) - 1, 1 << 20, N};
    for (size_t c = 0; c < N_CODECS; c++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t n = 0;
            const char *name = NULL;
            assert_ok(pack(f->context, ids[c], f->raw, sizes[i], &f->sink));
            assert_ok(
                unpack(f->context, f->sink.data, f->sink.size, 77777, f->back, &n, &name, NULL));
            assert_int_equal(n, sizes[i]);
            assert_memory_equal(f->back, f->raw, n);
            if (names[c])
                assert_string_equal(name, names[c]);
            else
                assert_null(name);
        }
}

static void what_is_cut_is_corrupt(void **state) {
    fixture *f = *state;
    for (size_t c = 1; c < N_CODECS; c++) {
        assert_ok(pack(f->context, ids[c], f->raw, 5000, &f->sink));
        for (size_t cut = names[c][0] == 'g' ? 2 : 4; cut < f->sink.size; cut += 1 + cut / 8) {
            size_t n;
            const char *name;
            bl_error err = {0};
            assert_error(unpack(f->context, f->sink.data, cut, 1000, f->back, &n, &name, &err),
                         BL_E_CORRUPT, err, "truncated");
        }
    }
}

static void threads_do_not_matter(void **state) {
    fixture *f = *state;
    bl_context *other = test_context(2);
    static test_sink sink;
    for (size_t c = 1; c < N_CODECS; c++) {
        assert_ok(pack(f->context, ids[c], f->raw, N, &f->sink));
        assert_ok(pack(other, ids[c], f->raw, N, &sink));
        assert_int_equal(f->sink.size, sink.size);
        assert_memory_equal(f->sink.data, sink.data, sink.size);
    }
    bl_context_free(other);
}

static int set_up(void **state) {
    static fixture f;
    f.context = test_context(1);
    test_fill(f.raw, N, 3);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    bl_context_free(((fixture *)*state)->context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(what_is_cut_is_corrupt),
        cmocka_unit_test(threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
