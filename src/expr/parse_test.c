// SPDX-License-Identifier: Apache-2.0
// What texts mean, and what is said of those that mean nothing.
#include "base/testing.h"

#include <stdio.h>

#include "expr/syntax.h"

static void check(const char *text, const char *expected) {
    char got[1024];
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_node *node;
    bl_error err = {0};
    if (bl_expr_parse(&arena, text, &node, &err) == BL_OK)
        bl_node_format(node, got, sizeof got);
    else
        snprintf(got, sizeof got, "%s", err.message);
    assert_string_equal(got, expected);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void operators(void **state) {
    (void)state;
    check("1 + 2 * x", "add(1, multiply(2, x))");
    check("a - b - c", "subtract(subtract(a, b), c)");
    check("-x ** 2", "negative(power(x, 2))");
    check("2 ** -x ** 3", "power(2, negative(power(x, 3)))");
    check("a / b // c % d", "remainder(floor_divide(divide(a, b), c), d)");
    check("a | b ^ c & d << 1", "bit_or(a, bit_xor(b, bit_and(c, left_shift(d, 1))))");
    check("~a & -b", "bit_and(invert(a), negative(b))");
    check("1 < a <= b != c", "and(and(less(1, a), less_equal(a, b)), not_equal(b, c))");
    check("not a and b or not c", "or(and(not(a), b), not(c))");
    check("a && !b || c", "or(and(a, not(b)), c)");
    check("not a == b", "not(equal(a, b))");
    check("x if c else y if d else z", "where(c, x, where(d, y, z))");
    check("c ? x : d ? y : z", "where(c, x, where(d, y, z))");
}

static void names_and_calls(void **state) {
    (void)state;
    check("Jet.PT", "Jet.PT");
    check("a.b.c + `Event/Event.x[3]`", "add(a.b.c, Event/Event.x[3])");
    check("np.hypot(x, y)", "hypot(x, y)");
    check("ak.sum(Jet.PT, axis=1)", "sum(Jet.PT, axis=1)");
    check("label.argmax(1)", "argmax(label, 1)");
    check("zip(a=1, b=2,)", "zip(a=1, b=2)");
    check("f(x)[0].pt", "field(index(f(x), 0), 'pt')");
    check("f()", "f()");
    check("True and false", "and(True, False)");
    check("digitize(x, [1, 2.5, 1e3])", "digitize(x, list(1, 2.5, 1000))");
    check("x == 'a b'", "equal(x, 'a b')");
}

static void subscripts(void **state) {
    (void)state;
    check("x[0]", "index(x, 0)");
    check("x[:, 1:3]", "index(x, slice(None, None, None), slice(1, 3, None))");
    check("x[a > 3][:2]", "index(index(x, greater(a, 3)), slice(None, 2, None))");
    check("x[::2]", "index(x, slice(None, None, 2))");
}

static void numbers(void **state) {
    (void)state;
    check("0x1F + 1e-3 + .5 + 2.f", "add(add(add(31, 0.001), 0.5), 2)");
    check("9223372036854775807", "9223372036854775807");
    check("9223372036854775808", "a whole number past 9223372036854775807\n"
                                 "  9223372036854775808\n  ^^^^^^^^^^^^^^^^^^^");
}

static void errors(void **state) {
    (void)state;
    check("", "the expression ends where a value should follow\n  \n  ^");
    check("a +", "the expression ends where a value should follow\n  a +\n     ^");
    check("(a", "the expression ends where ')' should follow\n  (a\n    ^");
    check("a b", "an operator or the end should be here\n  a b\n    ^");
    check("f(a b)", "a comma or ')' should be here\n  f(a b)\n      ^");
    check("x = 3", "'=' gives a name to a value; 'equal to' is written ==\n  x = 3\n    ^");
    check("3x", "no number and no name; names do not begin with a digit\n  3x\n  ^^");
    check("'a", "this quote is never closed\n  'a\n  ^");
    check("a $ b", "nothing in an expression begins like this\n  a $ b\n    ^");
    check("lambda x: x", "a value should be here\n  lambda x: x\n  ^^^^^^");
    check("x[]", "an index, a slice or a mask should be here\n  x[]\n    ^");
}

static void limits(void **state) {
    (void)state;
    enum { DEEP = 5000, LONG = 70000 };
    static char text[LONG + 1];
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_node *node;
    static const char openings[] = "([-~!";
    for (size_t i = 0; i < sizeof openings - 1; i++) {
        memset(text, openings[i], DEEP);
        text[DEEP] = '\0';
        assert_int_equal(bl_expr_parse(&arena, text, &node, NULL), BL_E_LIMIT);
    }
    for (size_t i = 0; i < LONG; i++)
        text[i] = i % 2 ? '+' : '1';
    assert_int_equal(bl_expr_parse(&arena, text, &node, NULL), BL_E_LIMIT); // too long
    text[BL_EXPR_MOST_BYTES - 1] = '\0';
    assert_int_equal(bl_expr_parse(&arena, text, &node, NULL), BL_E_LIMIT); // too many parts
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators),  cmocka_unit_test(names_and_calls),
        cmocka_unit_test(subscripts), cmocka_unit_test(numbers),
        cmocka_unit_test(errors),     cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
