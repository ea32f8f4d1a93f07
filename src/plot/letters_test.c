// SPDX-License-Identifier: Apache-2.0
// Letters: UTF-8 and what is none, raised and lowered signs, texts that fit.
#include "plot/letters.h"

#include <math.h>

#include "base/testing.h"
#include "plot/canvas_pdf_letters.h"

static void utf8_is_read(void **state) {
    static const uint32_t expected[] = {'p', 0x3b7, 0x221a, 0x1d4c1, 0xfffd, 0xfffd, 0xfffd, 'x'};
    const char *text = "pη√𝓁\xff\xc0\xafx";
    bl_letter letter;
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        text = bl_letter_next(text, &letter);
        assert_non_null(text);
        assert_int_equal(letter.code, expected[i]);
    }
    assert_null(bl_letter_next(text, &letter));
}

static void what_xml_has_not_is_replaced(void **state) {
    static const char *const texts[] = {"\xed\xa0\x80", "\xef\xbf\xbe", "\xf4\x90\x80\x80",
                                        "\xe2\x88"};
    bl_letter letter;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_non_null(bl_letter_next(texts[i], &letter));
        assert_int_equal(letter.code, 0xfffd);
    }
    bl_letter_next("\x01", &letter);
    assert_int_equal(letter.code, ' ');
}

static void codes_become_utf8_again(void **state) {
    static const uint32_t codes[] = {'a', 0x7ff, 0x800, 0xffff - 2, 0x10000, 0x10ffff};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char bytes[5] = "";
        bl_letter letter;
        size_t n = bl_letter_utf8(codes[i], bytes);
        assert_ptr_equal(bl_letter_next(bytes, &letter), bytes + n);
        assert_int_equal(letter.code, codes[i]);
    }
}

static void signs_are_raised_and_lowered(void **state) {
    static const bl_letter expected[] = {{'1', 0}, {0x2212, 1}, {'3', 1}, {'m', 0}, {'0', -1}};
    const char *text = "1⁻³m₀";
    bl_letter letter;
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        text = bl_letter_next(text, &letter);
        assert_int_equal(letter.code, expected[i].code);
        assert_int_equal(letter.level, expected[i].level);
    }
}

static void texts_fit(void **state) {
    char text[32];
    (void)state;
    assert_true(fabs(bl_letters_width("pT [GeV]", 10) - 40.02) < 1e-9);
    bl_letters_fit("short", 10, 100, text, sizeof text);
    assert_string_equal(text, "short");
    bl_letters_fit("a text that is long", 10, 50, text, sizeof text);
    assert_string_equal(text, "a text th…");
    assert_true(bl_letters_width(text, 10) <= 50);
    bl_letters_fit("ηηηηηηηηηηηη", 10, 1e9, text, 8); // no half letters
    assert_string_equal(text, "ηη…");
    bl_letters_fit("anything", 10, 0, text, sizeof text);
    assert_string_equal(text, "…");
}

static void pdf_has_greek_letters(void **state) {
    bl_pdf_font font;
    (void)state;
    assert_int_equal(bl_pdf_letter(0x3b7, &font), 'h');
    assert_int_equal(font, BL_PDF_SYMBOL);
    assert_int_equal(bl_pdf_letter(0x3a9, &font), 'W');
    assert_int_equal(bl_pdf_letter(0xb1, &font), 0xb1);
    assert_int_equal(font, BL_PDF_HELVETICA);
    assert_int_equal(bl_pdf_letter(0x4e2d, &font), '?');
    assert_int_equal(bl_pdf_letter(0x304, &font), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_read),
        cmocka_unit_test(what_xml_has_not_is_replaced),
        cmocka_unit_test(codes_become_utf8_again),
        cmocka_unit_test(signs_are_raised_and_lowered),
        cmocka_unit_test(texts_fit),
        cmocka_unit_test(pdf_has_greek_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
