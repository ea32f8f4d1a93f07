// SPDX-License-Identifier: Apache-2.0
// Transforms against their definitions, and through JSON.
#include "nn/transform/transform.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/testing.h"

enum { N = 150 };

static bl_context *context;
static bl_arena arena;

static double draw(double low, double high) { return low + (high - low) * drand48(); }

/// Columns of all curves, cut and not, in runs of different lengths.
static bl_nn_columns draw_columns(size_t n) {
    bl_nn_columns c;
    assert_ok(bl_nn_columns_init(&arena, "x", n, &c, NULL));
    for (size_t i = 0; i < n; i++) {
        c.names[i] = i % 3 ? bl_arena_printf(&arena, "column \"%zu\" \\ \n\x01", i) : NULL;
        c.curves[i] = (bl_nn_curve)(i / 7 % BL_NN_N_CURVES);
        c.offset[i] = i % 5 ? draw(-3, 3) : 0;
        c.scale[i] = i % 4 ? draw(-2, 2) : 1;
        if (i % 2) {
            c.low[i] = draw(-1, 0);
            c.high[i] = draw(0, 1);
        }
        if (i % 6 == 0)
            c.missing[i] = draw(-1, 1);
    }
    return c;
}

static long double bend(bl_nn_curve curve, long double x) {
    switch (curve) {
    case BL_NN_CURVE_LOG:
        return logl(x);
    case BL_NN_CURVE_LOG1P:
        return log1pl(x);
    case BL_NN_CURVE_ASINH:
        return asinhl(x);
    default:
        return x;
    }
}

static long double expected(const bl_nn_columns *c, size_t i, float x) {
    long double y = (bend(c->curves[i], x) - c->offset[i]) * c->scale[i];
    y = y < c->low[i] ? c->low[i] : y;
    y = y > c->high[i] ? c->high[i] : y;
    return isnan(y) ? (long double)c->missing[i] : y;
}

static void check(float y, long double wanted, long double slack) {
    if (isnan(wanted)) {
        assert_true(isnan(y));
        return;
    }
    if (fabsl(wanted) > FLT_MAX) {
        assert_true(y == (float)wanted);
        return;
    }
    // rounded once to float32, after a few roundings of doubles
    assert_true(fabsl(y - wanted) <= fabsl(wanted) * 0x1.001p-24L + slack);
}

static void rows_are_as_defined(void **state) {
    (void)state;
    enum { ROWS = 300, X_STRIDE = N + 3, OUT_STRIDE = N + 1 };
    static const float odd[] = {NAN,   INFINITY, -INFINITY, 0,        -0.0F,  -1,
                                1e-9F, -1e-9F,   FLT_MAX,   -FLT_MAX, 1e-45F, -2};
    static float x[ROWS * X_STRIDE], out[ROWS * OUT_STRIDE];
    bl_nn_columns c = draw_columns(N);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = i % 5 ? (float)(draw(-1, 1) * exp(draw(-20, 20))) : odd[i / 5 % 12];
    out[N] = 42;
    bl_nn_columns_run(&c, ROWS, x, X_STRIDE, out, OUT_STRIDE);
    assert_true(out[N] == 42); // gaps between rows are left alone
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < N; i++) {
            long double wanted = expected(&c, i, x[r * X_STRIDE + i]);
            check(out[r * OUT_STRIDE + i], wanted, fabs(c.offset[i] * c.scale[i]) * 1e-15 + 1e-45);
        }
}

/// A row's bits depend neither on the other rows nor on where it lies.
static void rows_are_alone(void **state) {
    (void)state;
    enum { ROWS = 20 };
    static float x[ROWS * N], all[ROWS * N], one[N];
    bl_nn_columns c = draw_columns(N);
    for (size_t i = 0; i < ROWS * N; i++)
        x[i] = (float)draw(-4, 9);
    bl_nn_columns_run(&c, ROWS, x, N, all, N);
    for (size_t r = 0; r < ROWS; r++) {
        bl_nn_columns_run(&c, 1, x + r * N, N, one, N);
        assert_memory_equal(one, all + r * N, sizeof one);
    }
    bl_nn_columns_run(&c, ROWS, x, N, x, N);
    assert_memory_equal(x, all, sizeof all);
}

/// Doubles are floats but for the last rounding.
static void doubles_are_not_rounded(void **state) {
    (void)state;
    enum { ROWS = 40, STRIDE = N + 2 };
    static float x[ROWS * N], y[ROWS * N];
    static double wide[ROWS * STRIDE], out[ROWS * N];
    bl_nn_columns c = draw_columns(N);
    for (size_t i = 0; i < ROWS * N; i++) {
        x[i] = i % 31 ? (float)draw(-4, 9) : NAN;
        wide[i / N * STRIDE + i % N] = x[i];
    }
    bl_nn_columns_run(&c, ROWS, x, N, y, N);
    bl_nn_columns_run_double(&c, ROWS, wide, STRIDE, out, N);
    size_t n_finer = 0;
    for (size_t i = 0; i < ROWS * N; i++) {
        assert_true((float)out[i] == y[i] || (isnan(out[i]) && isnan(y[i])));
        n_finer += out[i] != (double)y[i] && !isnan(out[i]);
    }
    assert_true(n_finer > ROWS * N / 4);
}

/// However few columns there are, and whether or not anything but a line is asked for.
static void short_rows_are_as_long_ones(void **state) {
    (void)state;
    enum { ROWS = 300 };
    static float x[ROWS * N], out[ROWS * N];
    for (size_t n = 1; n < N; n = n * 3 / 2 + 1)
        for (int is_line = 0; is_line < 2; is_line++) {
            bl_nn_columns c = draw_columns(n);
            for (size_t i = 0; i < n && is_line; i++) {
                c.curves[i] = BL_NN_CURVE_IDENTITY;
                c.low[i] = -INFINITY;
                c.high[i] = INFINITY;
                c.missing[i] = NAN;
            }
            for (size_t i = 0; i < ROWS * n; i++)
                x[i] = i % 31 ? (float)draw(-4, 9) : NAN;
            bl_nn_columns_run(&c, ROWS, x, n, out, n);
            for (size_t i = 0; i < ROWS * n; i++)
                check(out[i], expected(&c, i % n, x[i]), 1e-14);
        }
}

static void curves_are_precise(void **state) {
    (void)state;
    bl_nn_columns c;
    assert_ok(bl_nn_columns_init(&arena, "x", 2, &c, NULL));
    c.curves[0] = BL_NN_CURVE_LOG1P;
    c.curves[1] = BL_NN_CURVE_ASINH;
    for (size_t i = 0; i < 100000; i++) {
        float x[2] = {(float)exp(draw(-90, 88)), (float)(exp(draw(-90, 88)) * (i % 2 ? 1 : -1))};
        float y[2];
        bl_nn_columns_run(&c, 1, x, 2, y, 2);
        for (size_t k = 0; k < 2; k++)
            check(y[k], bend(c.curves[k], x[k]), 0);
    }
}

static bl_status read_text(const char *text, bl_nn_transform *ret_transform, bl_error *err) {
    const bl_item *item = NULL;
    BL_TRY(bl_json_parse(&arena, "t", text, strlen(text), &item, err));
    return bl_nn_transform_read(&arena, item, ret_transform, err);
}

static bl_nn_transform again; ///< that was read back

static void same_rows(const bl_nn_arrangement *a, const bl_nn_arrangement *b) {
    assert_int_equal(a->order, b->order);
    assert_int_equal(a->ascending, b->ascending);
    assert_int_equal(a->column, b->column);
    assert_int_equal(a->phi, b->phi);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->padding, b->padding);
    assert_int_equal(a->is_per_event, b->is_per_event);
}

/// Whatever rows may be asked for.
static void rows_read_back(void **state) {
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        bl_nn_columns c = draw_columns(3);
        bl_nn_transform t = {.n_inputs = 1, .inputs = &c};
        const char *text = NULL;
        c.rows.order = (bl_nn_order)(i % BL_NN_N_ORDERS);
        c.rows.ascending = c.rows.order && i / 3 % 2;
        c.rows.column = c.rows.order ? i / 6 % 3 : 0;
        c.rows.phi = c.rows.order == BL_NN_ORDER_DELTA_R ? i / 18 % 3 : 0;
        c.rows.length = i / 5 % 4 ? i : 0;
        c.rows.padding = c.rows.length ? (bl_nn_fill)(i / 7 % BL_NN_N_FILLS) : BL_NN_FILL_NONE;
        c.rows.is_per_event = i / 2 % 2;
        assert_ok(bl_nn_transform_write(&arena, &t, &text, NULL));
        assert_ok(read_text(text, &again, NULL));
        same_rows(&c.rows, &again.inputs[0].rows);
        assert_int_equal(bl_nn_columns_arranges(&c), strstr(text, "\"rows\"") != NULL);
    }
}

static void json_reads_back(void **state) {
    (void)state;
    bl_nn_columns two[] = {draw_columns(N), draw_columns(0)};
    bl_nn_transform t = {.n_inputs = 2, .inputs = two};
    const char *text = NULL, *text_again = NULL;
    two[0].offset[0] = -0.0;
    two[0].scale[3] = DBL_MIN;
    two[0].pad[4] = -1.5;
    two[0].rows = (bl_nn_arrangement){.order = BL_NN_ORDER_DELTA_R,
                                      .column = 5,
                                      .phi = 6,
                                      .length = 801,
                                      .padding = BL_NN_FILL_WRAP,
                                      .is_per_event = true};
    two[1].input = "a \"name\"";
    assert_ok(bl_nn_transform_write(&arena, &t, &text, NULL));
    assert_ok(read_text(text, &again, NULL));
    assert_int_equal(again.n_inputs, 2);
    assert_string_equal(again.inputs[1].input, two[1].input);
    const bl_nn_columns *a = &two[0], *b = bl_nn_transform_find(&again, "x");
    assert_non_null(b);
    assert_null(bl_nn_transform_find(&again, "y"));
    assert_memory_equal(a->offset, b->offset, N * sizeof(double));
    assert_memory_equal(a->scale, b->scale, N * sizeof(double));
    assert_memory_equal(a->low, b->low, N * sizeof(double));
    assert_memory_equal(a->high, b->high, N * sizeof(double));
    assert_memory_equal(a->missing, b->missing, N * sizeof(double));
    assert_memory_equal(a->pad, b->pad, N * sizeof(double));
    assert_memory_equal(a->curves, b->curves, N * sizeof *a->curves);
    same_rows(&a->rows, &b->rows);
    assert_false(bl_nn_columns_arranges(&again.inputs[1]));
    for (size_t i = 0; i < N; i++)
        if (a->names[i])
            assert_string_equal(a->names[i], b->names[i]);
        else
            assert_null(b->names[i]);
    assert_ok(bl_nn_transform_write(&arena, &again, &text_again, NULL));
    assert_string_equal(text, text_again);
}

#define WITH_ROWS(rows) \
    "{\"version\": 1, \"inputs\": [{\"name\": \"x\", \"columns\": [{}, {}], \"rows\": " rows "}]}"

static void bad_ones_are_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"[]", "is a map, not a list"},
        {"{}", "version 0"},
        {"{\"version\": 2, \"inputs\": []}", "version 2"},
        {"{\"version\": 1}", "'inputs' is missing"},
        {"{\"version\": 1, \"inputs\": 3}", "inputs"},
        {"{\"version\": 1, \"inputs\": [], \"more\": 1}", "unknown key 'more'"},
        {"{\"version\": 1, \"inputs\": [{}]}", "'name' is missing"},
        {"{\"version\": 1, \"inputs\": [{\"name\": \"x\"}]}", "'columns' is missing"},
        {"{\"version\": 1, \"inputs\": [{\"name\": \"x\", \"columns\": [1]}]}", "column 0"},
        {"{\"version\": 1, \"inputs\": [{\"name\": \"x\", \"columns\": [{\"curve\": \"cube\"}]}]}",
         "unknown curve 'cube'"},
        {"{\"version\": 1, \"inputs\": [{\"name\": \"x\", \"columns\": [{}, {\"name\": \"pt\", "
         "\"low\": 1, \"high\": 0}]}]}",
         "column 'pt': low is above high"},
        {WITH_ROWS("3"), "rows is a map"},
        {WITH_ROWS("{\"sort\": 1}"), "unknown key 'sort'"},
        {WITH_ROWS("{\"order\": \"pt\"}"), "input 'x': t: unknown order 'pt'"},
        {WITH_ROWS("{\"padding\": \"more\"}"), "unknown padding 'more'"},
        {WITH_ROWS("{\"order\": \"column\", \"column\": 2}"),
         "input 'x': rows are ordered by column 2, where there are 2"},
        {WITH_ROWS("{\"order\": \"delta_r\", \"column\": 1, \"phi\": 9}"), "by column 9"},
        {WITH_ROWS("{\"order\": \"delta_r\", \"column\": 1}"), "'phi' is missing"},
        {WITH_ROWS("{\"order\": \"column\"}"), "input 'x': t: 'column' is missing"},
        {WITH_ROWS("{\"order\": \"column\", \"column\": -1}"), "'column' is -1"},
        {WITH_ROWS("{\"length\": -7}"), "'length' is -7"},
        {WITH_ROWS("{\"length\": 4294967296}"), "input 'x': its length is too large"},
        {WITH_ROWS("{\"length\": 1e99}"), "length"},
        {WITH_ROWS("{\"padding\": \"wrap\"}"), "rows are padded up to no length"},
        {WITH_ROWS("{\"per_event\": 2}"), "per_event"},
        {"{\"version\": 1, \"inputs\": [{\"name\": \"x\", \"columns\": []}, {\"name\": \"x\", "
         "\"columns\": []}]}",
         "'x' is there twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bl_nn_transform t;
        bl_error err = {0};
        assert_int_not_equal(read_text(cases[i][0], &t, &err), BL_OK);
        if (!strstr(err.message, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.message);
    }
    bl_nn_columns c = draw_columns(2);
    bl_nn_transform t = {.n_inputs = 1, .inputs = &c};
    const char *text;
    c.scale[1] = NAN;
    assert_int_equal(bl_nn_transform_write(&arena, &t, &text, NULL), BL_E_INVALID);
    c.scale[1] = 1;
    c.pad[1] = INFINITY;
    bl_error err = {0};
    assert_error(bl_nn_transform_write(&arena, &t, &text, &err), BL_E_INVALID, err, "input 'x'");
    assert_non_null(strstr(err.message, "pad is no finite number"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_as_defined),  cmocka_unit_test(rows_are_alone),
        cmocka_unit_test(curves_are_precise),   cmocka_unit_test(json_reads_back),
        cmocka_unit_test(rows_read_back),       cmocka_unit_test(doubles_are_not_rounded),
        cmocka_unit_test(bad_ones_are_refused), cmocka_unit_test(short_rows_are_as_long_ones),
    };
    srand48(1);
    return test_run(tests, 1, &context, &arena);
}
