// SPDX-License-Identifier: Apache-2.0
// Every kernel of this processor against the plain one: the same bits for random bytes, all lengths
// and any alignment, and nothing written past the end.
#include "formats/root/kernels.h"

#include <string.h>

#include "base/testing.h"

enum { MOST = 600, MOST_ROWS = 75, ROOM = 8 * MOST + 64, GUARD = 0xa5 };

static const bl_root_kernels *under_test;

typedef struct fixture {
    const bl_root_kernels *plain, *fast;
    uint8_t data[ROOM + 64];
    _Alignas(32) uint8_t expected[ROOM], got[ROOM];
    uint32_t seed;
} fixture;

static uint32_t draw(fixture *f) {
    f->seed = f->seed * 1664525u + 1013904223u;
    return f->seed >> 8;
}

static int set_up(void **state) {
    static fixture f;
    f = (fixture){.plain = &bl_root_kernels_plain, .fast = under_test, .seed = 7};
    for (size_t i = 0; i < sizeof f.data; i++)
        f.data[i] = (uint8_t)draw(&f);
    *state = &f;
    return 0;
}

static void wipe(fixture *f) {
    memset(f->expected, GUARD, sizeof f->expected);
    memset(f->got, GUARD, sizeof f->got);
}

static void same(const fixture *f) { assert_memory_equal(f->got, f->expected, ROOM); }

/// A place in the data that is aligned differently for each n.
static const uint8_t *bytes_for(const fixture *f, size_t n) { return f->data + n % 17; }

static void byte_order(void **state) {
    fixture *f = (fixture *)*state;
    for (size_t n = 0; n <= MOST; n++) {
        const uint8_t *data = bytes_for(f, n);
        wipe(f);
        size_t place = n % 5; // in numbers, to which values are aligned
        f->plain->swap16(data, n, f->expected + 2 * place);
        f->fast->swap16(data, n, f->got + 2 * place);
        same(f);
        f->plain->swap32(data, n, f->expected + 4 * place);
        f->fast->swap32(data, n, f->got + 4 * place);
        same(f);
        f->plain->swap64(data, n, f->expected + 8 * place);
        f->fast->swap64(data, n, f->got + 8 * place);
        same(f);
    }
    f->fast->swap32((const uint8_t *)"\1\2\3\4", 1, f->got);
    uint32_t value;
    memcpy(&value, f->got, 4);
    assert_int_equal(value, 0x01020304);
}

static void packed_floats(void **state) {
    fixture *f = (fixture *)*state;
    bl_root_number ranged = {.type = BL_FLOAT64,
                             .packing = BL_ROOT_RANGED,
                             .size = 4,
                             .factor = 1023 / 7.3,
                             .min = -3.1};
    bl_root_number truncated = {.packing = BL_ROOT_TRUNCATED, .size = 3};
    for (size_t n = 0; n <= MOST; n++) {
        const uint8_t *data = bytes_for(f, n);
        wipe(f);
        f->plain->widened(data, n, (double *)(void *)f->expected);
        f->fast->widened(data, n, (double *)(void *)f->got);
        same(f);
        f->plain->ranged(&ranged, data, n, (double *)(void *)f->expected);
        f->fast->ranged(&ranged, data, n, (double *)(void *)f->got);
        same(f);
        truncated.n_bits = (uint8_t)(2 + n % 13);
        truncated.type = n % 2 ? BL_FLOAT32 : BL_FLOAT64;
        f->plain->truncated(&truncated, data, n, f->expected);
        f->fast->truncated(&truncated, data, n, f->got);
        same(f);
    }
}

static void bools(void **state) {
    fixture *f = (fixture *)*state;
    for (size_t n = 0; n <= MOST; n++) {
        uint8_t bytes[MOST] = {0};
        for (size_t i = 0; i < n; i++)
            bytes[i] = draw(f) % 3 ? (uint8_t)draw(f) : 0;
        wipe(f);
        f->plain->pack_bools(bytes, n, f->expected);
        f->fast->pack_bools(bytes, n, f->got);
        same(f);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(f->got[i / 8] >> i % 8 & 1, bytes[i] != 0);
        memcpy(f->got, bytes, n);
        f->fast->pack_bools(f->got, n, f->got);
        assert_memory_equal(f->got, f->expected, (n + 7) / 8);
    }
}

/// Ascending positions from `start` on, multiples of an item apart.
static void make_table(fixture *f, size_t n, uint32_t start, unsigned shift) {
    uint32_t position = start;
    for (size_t i = 0; i < n; i++) {
        position += draw(f) % 5 << shift;
        const uint8_t bytes[] = {(uint8_t)(position >> 24), (uint8_t)(position >> 16),
                                 (uint8_t)(position >> 8), (uint8_t)position};
        memcpy(f->data + 4 * i, bytes, 4);
    }
}

static bool both_offsets(fixture *f, size_t n, uint32_t start, unsigned shift) {
    int32_t *expected = (int32_t *)(void *)f->expected + n % 9;
    int32_t *got = (int32_t *)(void *)f->got + n % 9;
    bool ok = f->plain->offsets(f->data, n, start, shift, 1000, expected);
    assert_int_equal(f->fast->offsets(f->data, n, start, shift, 1000, got), ok);
    if (ok)
        same(f);
    return ok;
}

static void positions(void **state) {
    fixture *f = (fixture *)*state;
    for (size_t n = 0; n <= MOST; n++) {
        unsigned shift = n % 4;
        uint32_t start = n % 3 ? 70 : 0xffff0000u; // past 2^31 they are still unsigned
        wipe(f);
        make_table(f, n, start, shift);
        assert_true(both_offsets(f, n, start, shift));
        if (n == 0)
            continue;
        size_t bad = draw(f) % n;
        uint8_t kept[4];
        memcpy(kept, f->data + 4 * bad, 4);
        memset(f->data + 4 * bad, 0, 4); // before the start
        assert_false(both_offsets(f, n, start, shift));
        memset(f->data + 4 * bad, 0xff, 4); // behind its successor, or no multiple of an item
        assert_true(!both_offsets(f, n, start, shift) || bad + 1 == n);
        memcpy(f->data + 4 * bad, kept, 4);
    }
}

static size_t put32(uint8_t *to, uint32_t value) {
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    memcpy(to, bytes, 4);
    return 4;
}

typedef struct vector_test {
    uint8_t bytes[8192];
    uint32_t starts[MOST_ROWS + 1];
    int32_t ends[2][MOST_ROWS], inner_ends[2][4 * MOST_ROWS];
    size_t n_inner, n_numbers;
} vector_test;

/// Rows of short vectors, or of a few short vectors each; the numbers are whatever was there.
static void make_rows(fixture *f, vector_test *v, size_t n, unsigned size, bool nested) {
    size_t at = v->n_inner = v->n_numbers = 0;
    for (size_t i = 0; i < sizeof v->bytes; i++)
        v->bytes[i] = (uint8_t)draw(f);
    for (size_t i = 0; i < n; i++) {
        size_t n_items = draw(f) % (nested ? 3 : i % 16 ? 3 : 40), begin = at;
        v->starts[i] = (uint32_t)at;
        at += 10;
        for (size_t k = 0; nested && k < n_items; k++) {
            size_t n_numbers = draw(f) % 3;
            at += put32(v->bytes + at, (uint32_t)n_numbers) + n_numbers * size;
            v->n_numbers += n_numbers;
        }
        v->n_inner += nested ? n_items : 0;
        v->n_numbers += nested ? 0 : n_items;
        at += nested ? 0 : n_items * size;
        put32(v->bytes + begin, 0x40000000u | (uint32_t)(at - begin - 4));
        v->bytes[begin + 4] = 0;
        put32(v->bytes + begin + 6, (uint32_t)n_items);
    }
    v->starts[n] = (uint32_t)at;
}

static bool both_vectors(fixture *f, vector_test *v, size_t n, unsigned size, bool nested) {
    bool ok[2];
    wipe(f);
    for (int i = 0; i < 2; i++) {
        const bl_root_kernels *k = i ? f->fast : f->plain;
        bl_vector_rows rows = {.data = v->bytes,
                               .starts = v->starts,
                               .n = n,
                               .ends = v->ends[i],
                               .inner_ends = v->inner_ends[i],
                               .n_inner = v->n_inner,
                               .numbers = i ? f->got : f->expected,
                               .n_numbers = v->n_numbers};
        ok[i] = nested ? k->nested(&rows, size) && rows.n_numbers == v->n_numbers &&
                             rows.n_inner == v->n_inner
                       : k->vectors(&rows, size);
    }
    assert_int_equal(ok[0], ok[1]);
    if (ok[0]) {
        same(f);
        assert_memory_equal(v->ends[0], v->ends[1], n * sizeof v->ends[0][0]);
        assert_memory_equal(v->inner_ends[0], v->inner_ends[1], v->n_inner * 4);
    }
    return ok[0];
}

static void rows_of_vectors(void **state) {
    fixture *f = (fixture *)*state;
    static vector_test v;
    for (size_t n = 0; n <= MOST_ROWS; n++)
        for (unsigned size = 1; size <= 8; size *= 2)
            for (int nested = 0; nested < 2; nested++) {
                make_rows(f, &v, n, size, nested);
                assert_true(both_vectors(f, &v, n, size, nested));
                if (n == 0)
                    continue;
                uint32_t at = v.starts[draw(f) % n];
                v.bytes[at + 3] ^= 1; // the byte count
                assert_false(both_vectors(f, &v, n, size, nested));
                v.bytes[at + 3] ^= 1;
                v.bytes[at + 9] ^= 1; // the length
                assert_false(both_vectors(f, &v, n, size, nested));
                v.bytes[at + 9] ^= 1;
                v.bytes[at + 4] = 0x40; // memberwise
                assert_false(both_vectors(f, &v, n, size, nested));
                v.bytes[at + 4] = 0;
                v.n_numbers++;
                assert_false(both_vectors(f, &v, n, size, nested));
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(byte_order, set_up),
        cmocka_unit_test_setup(packed_floats, set_up),
        cmocka_unit_test_setup(bools, set_up),
        cmocka_unit_test_setup(positions, set_up),
        cmocka_unit_test_setup(rows_of_vectors, set_up),
    };
    int n_failed = 0;
    const bl_root_kernels *tables[] = {bl_root_kernels_get(), bl_root_kernels_get_past()};
    for (size_t i = 0; i < 2; i++) {
        under_test = tables[i];
        n_failed += cmocka_run_group_tests_name(under_test->name, tests, NULL, NULL);
    }
    return n_failed;
}
