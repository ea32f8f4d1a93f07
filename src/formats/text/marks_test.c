// SPDX-License-Identifier: Apache-2.0
// The passes over text beside each other, on random texts cut at random places: plain, for this
// processor, and byte by byte.
#include "formats/text/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXTS = 3000, MOST = 700, PIECE = 128 };

static uint64_t state_of_random = 88172645463325252U;

static size_t below(size_t n) {
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return (size_t)(state_of_random % n);
}

typedef struct result {
    uint32_t ends[MOST + BL_MARKS_STEP];
    size_t n;
    bl_marks_count count;
    bl_marks_state state, count_state;
} result;

/// Splits and counts a text in pieces of whole steps.
static void split(const bl_marks_kernels *kernels, const char *text, size_t size,
                  bl_marks_what what, result *r) {
    *r = (result){.state = BL_MARKS_BEGIN, .count_state = BL_MARKS_BEGIN};
    for (size_t at = 0; at < size; at += PIECE) {
        uint8_t piece[PIECE + BL_MARKS_STEP] = {0};
        uint32_t ends[PIECE + BL_MARKS_STEP];
        size_t n = size - at < PIECE ? size - at : PIECE;
        memcpy(piece, text + at, n);
        size_t found = kernels->split(piece, n, ',', what, &r->state, (uint32_t)at, ends);
        memcpy(r->ends + r->n, ends, found * sizeof *ends);
        r->n += found;
        kernels->count(piece, n, ',', &r->count_state, &r->count);
    }
}

static void compare(const char *text, size_t size, const result *a, const result *b) {
    if (a->n != b->n || memcmp(a->ends, b->ends, a->n * sizeof *a->ends) != 0)
        fail_msg("other ends in '%.*s'", (int)size, text);
    assert_true(a->count.n_rows == b->count.n_rows && a->count.n_lines == b->count.n_lines);
    assert_true((a->state.inside != 0) == (b->state.inside != 0));
}

static void check(const char *text, size_t size, bool is_lenient_too) {
    static result plain, fast, lenient;
    for (int what = BL_MARKS_FIELDS; what <= BL_MARKS_ROWS; what++) {
        split(&bl_marks_plain, text, size, (bl_marks_what)what, &plain);
        split(bl_marks_get(true), text, size, (bl_marks_what)what, &fast);
        compare(text, size, &plain, &fast);
        assert_true(plain.state.is_odd == fast.state.is_odd);
        assert_true(what == BL_MARKS_FIELDS || plain.n == plain.count.n_rows);
        split(&bl_marks_lenient, text, size, (bl_marks_what)what, &lenient);
        bool is_closed = lenient.state.inside == 0;
        if (is_lenient_too)
            assert_false(plain.state.is_odd);
        if (is_lenient_too && is_closed)
            compare(text, size, &plain, &lenient);
    }
    split(&bl_marks_lines, text, size, BL_MARKS_ROWS, &plain);
    split(bl_marks_get(false), text, size, BL_MARKS_ROWS, &fast);
    compare(text, size, &plain, &fast);
}

static void test_any(void **state) {
    static const char letters[] = ",,\"\n\r\nab\"\"";
    (void)state;
    char text[MOST];
    for (int i = 0; i < TEXTS; i++) {
        size_t n = below(MOST);
        for (size_t k = 0; k < n; k++)
            text[k] = letters[below(sizeof letters - 1)];
        check(text, n, false);
    }
}

static size_t put_field(char *text) {
    static const char inside[] = "ab,\n\r", outside[] = "abc \t";
    bool is_quoted = below(2);
    size_t n = 0, length = below(9);
    if (is_quoted)
        text[n++] = '"';
    for (size_t i = 0; i < length; i++) {
        bool is_quote = is_quoted && below(4) == 0;
        if (is_quote)
            text[n++] = '"';
        text[n++] = is_quote    ? '"'
                    : is_quoted ? inside[below(sizeof inside - 1)]
                                : outside[below(sizeof outside - 1)];
    }
    if (is_quoted)
        text[n++] = '"';
    return n;
}

/// Texts as RFC 4180 wants them, but for empty lines.
static void test_proper(void **state) {
    (void)state;
    char text[MOST];
    for (int i = 0; i < TEXTS; i++) {
        size_t n = 0;
        while (n + 64 < MOST) {
            n += put_field(text + n);
            size_t what = below(5);
            if (what == 0)
                text[n++] = '\r';
            if (what <= 1)
                text[n++] = '\n';
            else
                text[n++] = ',';
        }
        text[n++] = '\n';
        check(text, n, true);
    }
}

static void test_rows(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t n_rows, n_lines;
    } rows[] = {
        {"", 0, 0},           {"\n\n\n", 0, 3},          {"a\n", 1, 1},  {"a\n\r\n\r\nb\n", 2, 4},
        {"\"\n\n\"\n", 1, 3}, {"\"a\n\"\"\n\"\n", 1, 3}, {"\r\n", 0, 1}, {"a\r\n\n", 1, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static result r;
        split(bl_marks_get(true), rows[i].text, strlen(rows[i].text), BL_MARKS_ROWS, &r);
        assert_int_equal(r.count.n_rows, rows[i].n_rows);
        assert_int_equal(r.count.n_lines, rows[i].n_lines);
    }
}

static void test_list(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t ends[3], n;
        bool is_closed, is_followed;
    } lists[] = {
        {"1,2]", {1, 3}, 2, true, false},
        {"[1,2],{\"a\":[3,4]}]\n", {5, 17}, 2, true, false},
        {"\"a,]\\\",\", \"\\\\\"]", {8, 14}, 2, true, false},
        {"1,{2,3", {1}, 1, false, false},
        {"\"]", {0}, 0, false, false},
        {",]", {0, 1}, 2, true, false},
        {"1] ,", {1}, 1, true, true},
        {"}}1,]]", {3, 4}, 2, true, true},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        static result r;
        split(&bl_marks_list, lists[i].text, strlen(lists[i].text), BL_MARKS_ROWS, &r);
        assert_int_equal(r.n, lists[i].n);
        assert_int_equal(r.count.n_rows, lists[i].n);
        for (size_t k = 0; k < r.n; k++)
            assert_int_equal(r.ends[k], lists[i].ends[k]);
        assert_true(r.state.is_closed == lists[i].is_closed);
        assert_true(r.state.is_followed == lists[i].is_followed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any), cmocka_unit_test(test_proper),
                                       cmocka_unit_test(test_rows), cmocka_unit_test(test_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
