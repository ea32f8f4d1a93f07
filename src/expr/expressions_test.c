// SPDX-License-Identifier: Apache-2.0
// Expressions from text to batch. Values are compared with awkward-array's in tests/conformance;
// here are errors, memory, threads, and what is used of a batch.
#include <beamline/expression.h>

#include "base/testing.h"

#include "expr/batch_testing.h"

static bl_status compile(bl_context *context, const bl_named_text *texts, size_t n,
                         bl_expressions **ret_expressions, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(test_batch(context, NULL, 0, 0, &batch));
    return bl_expressions_new_for_batch(context, batch, texts, n, ret_expressions, err);
}

/// Compiles and evaluates over `n_rows` rows. \param ret_batch the caller holds it
static bl_status evaluate(bl_context *context, const bl_named_text *texts, size_t n, int64_t n_rows,
                          bl_batch **ret_batch, bl_error *err) {
    bl_expressions *expressions = NULL;
    const size_t *columns;
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(compile(context, texts, n, &expressions, err));
    size_t n_columns = bl_expressions_columns(expressions, &columns);
    bl_status status = test_batch(context, columns, n_columns, n_rows, &batch);
    if (status == BL_OK)
        status = bl_expressions_eval(expressions, batch, ret_batch, err);
    bl_expressions_free(expressions);
    return status;
}

static void check_error(const char *text, bl_status expected, const char *message) {
    bl_context *context = test_context(1);
    const bl_named_text named = {"v", text};
    bl_batch *batch = NULL;
    bl_error err = {0};
    assert_int_equal(evaluate(context, &named, 1, 9, &batch, &err), expected);
    assert_string_equal(err.message, message);
    bl_context_free(context);
}

static void errors(void **state) {
    (void)state;
    check_error("xss + 1", BL_E_NOTFOUND,
                "v: no column 'xss'; did you mean 'xs'?\n"
                "  xss + 1\n  ^^^");
    check_error("sqrtt(x)", BL_E_NOTFOUND,
                "v: there is no function 'sqrtt'; did you mean 'sqrt'?\n"
                "  sqrtt(x)\n  ^^^^^^^^");
    check_error("sum(x)", BL_E_SHAPE,
                "v: sum takes lists, and this is one float an event\n"
                "  sum(x)\n      ^");
    check_error("xs & 1", BL_E_TYPE,
                "v: bit_and takes whole numbers or bools, and this has floats; & | ^ "
                "bind tighter than comparisons: (a > 1) & (b < 2)\n  xs & 1\n  ^^^^^^");
    check_error("xs[-1]", BL_E_INVALID,
                "v: an index counts from the front, a negative one points at nothing; "
                "the last item is last(x)\n  xs[-1]\n     ^^");
    check_error("1 + (xs + xs[xs > 0])", BL_E_SHAPE,
                "lists of different lengths meet in row 2\n  1 + (xs + xs[xs > 0])\n"
                "       ^^^^^^^^^^^^^^^");
    check_error("zip(a=x)", BL_E_TYPE, "v: is a record; choose one of its fields");
    check_error("v * 2", BL_E_INVALID,
                "v: 'v' needs itself here; a variable hides a column of its name, so "
                "give it another one\n  v * 2\n  ^");
}

static void variables_of_variables(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    const bl_named_text texts[] = {{"b", "a + 1"}, {"x", "n * 2"}, {"a", "x * x"}};
    BL_AUTO(bl_batch) batch = NULL;
    assert_ok(evaluate(context, texts, 3, 4, &batch, NULL));
    const int64_t *b = (const int64_t *)bl_column_values(bl_batch_column(batch, 0));
    assert_int_equal(b[0], 17); // n is −2 in row 0, and x hides the column x
    assert_string_equal(bl_batch_name(batch, 2), "a");
    bl_batch_release(BL_MOVE(batch));
    bl_context_free(context);
}

static void only_used_columns(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    const bl_named_text texts[] = {{"a", "sum(ys) + n"}, {"b", "max(ys)"}};
    bl_expressions *expressions = NULL;
    const size_t *columns;
    assert_ok(compile(context, texts, 2, &expressions, NULL));
    assert_int_equal(bl_expressions_columns(expressions, &columns), 2);
    assert_string_equal(test_names[columns[0]], "ys");
    assert_string_equal(test_names[columns[1]], "n");
    bl_expressions_free(expressions);
    bl_context_free(context);
}

static const bl_named_text many[] = {
    {"a", "xs[(xs > 1) & flags]"},
    {"b", "sum(vv) / x"},
    {"c", "mass(zip(pt=p0, eta=1, phi=0, mass=0), zip(pt=p1, eta=0, phi=1, mass=0))"},
    {"p0", "combinations(ys, 2)[\"0\"]"},
    {"p1", "combinations(ys, 2)[\"1\"]"},
    {"d", "ys[idx] if n % 3 else ys[0]"},
    {"e", "flag or max(xs) > 2"},
    {"f", "vv[argmax(ys)]"},
    {"g", "pad(sort(xs), 2)"},
};

static bl_status evaluate_many(bl_context *context, int64_t n_rows, bl_batch **ret_batch) {
    return evaluate(context, many, sizeof many / sizeof *many, n_rows, ret_batch, NULL);
}

static void same_columns(const bl_column *a, const bl_column *b) {
    assert_int_equal(a->length, b->length);
    for (; a->n_children; a = a->children, b = b->children)
        assert_memory_equal(a->offsets->data, b->offsets->data, ((size_t)a->length + 1) * 4);
    assert_int_equal(a->values->size, b->values->size);
    assert_memory_equal(a->values->data, b->values->data, a->values->size);
}

/// Enough rows for several blocks.
static void threads_change_nothing(void **state) {
    (void)state;
    enum { N_ROWS = 10000 };
    bl_context *one = test_context(1), *four = test_context(4);
    bl_batch *a = NULL, *b = NULL;
    assert_ok(evaluate_many(one, N_ROWS, &a));
    assert_ok(evaluate_many(four, N_ROWS, &b));
    for (size_t i = 0; i < bl_batch_n_columns(a); i++)
        same_columns(bl_batch_column(a, i), bl_batch_column(b, i));
    bl_batch_release(a);
    bl_batch_release(b);
    bl_context_free(one);
    bl_context_free(four);
}

static bl_status evaluate_and_release(bl_context *context) {
    bl_batch *batch = NULL;
    BL_TRY(evaluate_many(context, 5, &batch));
    bl_batch_release(batch);
    return BL_OK;
}

static void no_rows(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_batch *batch = NULL;
    assert_ok(evaluate_many(context, 0, &batch));
    assert_int_equal(bl_batch_n_rows(batch), 0);
    bl_batch_release(batch);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(variables_of_variables),
        cmocka_unit_test(only_used_columns),
        cmocka_unit_test(threads_change_nothing),
        test_each_allocation(evaluate_and_release),
        cmocka_unit_test(no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
