// SPDX-License-Identifier: Apache-2.0
// What is done to the rows of events, against plain definitions and against golden arrays of an
// independent program.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "nn/transform/transform.h"

enum { N = 5, STRIDE = 7, MOST_ROWS = 300, GUARD = 64 };

static bl_context *context;
static bl_arena arena;

static bl_nn_columns new_columns(size_t n) {
    bl_nn_columns c;
    assert_ok(bl_nn_columns_init(&arena, "x", n, &c, NULL));
    return c;
}

/// Arranges in just as much room as is asked for. \param most_rows of which room is made
static void arrange(const bl_nn_columns *c, size_t most_rows, size_t n_rows, const void *x,
                    size_t stride, bool is_double, void *out) {
    size_t n_bytes = bl_nn_columns_scratch_bytes(c, most_rows);
    uint8_t *scratch = (uint8_t *)malloc(n_bytes + GUARD);
    assert_non_null(scratch);
    memset(scratch + n_bytes, 0x5a, GUARD);
    bl_nn_columns_arrange(c, scratch, n_rows, x, stride, is_double, out);
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(scratch[n_bytes + i], 0x5a);
    free(scratch);
}

// ---- order ----

/// Numbers with many ties, those of which only the last bits differ, and what is no plain number.
static double draw(void) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, -NAN, 1e300, -1e-320};
    long kind = lrand48() % 10;
    return kind == 0  ? odd[lrand48() % 8]
           : kind < 4 ? (double)(lrand48() % 9) - 4
           : kind < 7 ? 1e5 + drand48()
                      : drand48() - 0.5;
}

static double naive_measure(const bl_nn_columns *c, const double *x, size_t row) {
    const double pi = 3.14159265358979323846;
    double a = x[row * STRIDE + c->rows.column], b = x[row * STRIDE + c->rows.phi];
    if (c->rows.order == BL_NN_ORDER_COLUMN)
        return a;
    double eta = a - x[c->rows.column], phi = b - x[c->rows.phi];
    while (phi > pi)
        phi -= 2 * pi;
    while (phi < -pi)
        phi += 2 * pi;
    return sqrt(eta * eta + phi * phi);
}

/// Row by row into its place among those before.
static void naive_order(const bl_nn_columns *c, const double *x, size_t n_rows, size_t *rows) {
    for (size_t row = 0; row < n_rows; row++) {
        double value = c->rows.order ? naive_measure(c, x, row) : 0;
        size_t to = row;
        for (; to; to--) {
            double before = c->rows.order ? naive_measure(c, x, rows[to - 1]) : 0;
            bool is_first = c->rows.ascending ? value < before : value > before;
            if (!(is_first || (isnan(before) && !isnan(value))))
                break;
            rows[to] = rows[to - 1];
        }
        rows[to] = row;
    }
}

static void check_order(const bl_nn_columns *c, size_t n_rows, const double *x,
                        const float *narrow) {
    static double out[MOST_ROWS * N];
    static float out_narrow[MOST_ROWS * N];
    size_t rows[MOST_ROWS] = {0}, n_kept = bl_nn_columns_n_kept(c, n_rows);
    naive_order(c, x, n_rows, rows);
    arrange(c, c->rows.length ? SIZE_MAX : n_rows, n_rows, x, STRIDE, true, out);
    arrange(c, n_rows, n_rows, narrow, STRIDE, false, out_narrow);
    assert_int_equal(n_kept, c->rows.length && c->rows.length < n_rows ? c->rows.length : n_rows);
    for (size_t i = 0; i < n_kept; i++) {
        assert_memory_equal(out + i * N, x + rows[i] * STRIDE, N * sizeof *x);
        assert_memory_equal(out_narrow + i * N, narrow + rows[i] * STRIDE, N * sizeof *narrow);
    }
}

static void rows_are_ordered_and_cut(void **state) {
    (void)state;
    static double x[MOST_ROWS * STRIDE];
    static float narrow[MOST_ROWS * STRIDE];
    bl_nn_columns c = new_columns(N);
    for (size_t lap = 0; lap < 2000; lap++) {
        size_t n_rows = (size_t)lrand48() % (lap % 4 ? 20 : MOST_ROWS);
        for (size_t i = 0; i < n_rows * STRIDE; i++) { // floats, so that both have one order
            narrow[i] = (float)draw();
            x[i] = narrow[i];
        }
        c.rows = (bl_nn_arrangement){
            .order = (bl_nn_order)(lap % BL_NN_N_ORDERS),
            .ascending = lap / 3 % 2,
            .column = (size_t)lrand48() % N,
            .phi = (size_t)lrand48() % N,
            .length = lap % 5 ? (size_t)lrand48() % (n_rows + 2) : 0,
        };
        if (c.rows.order == BL_NN_ORDER_DELTA_R) // angles
            for (size_t row = 0; row < n_rows; row++) {
                narrow[row * STRIDE + c.rows.phi] = (float)(12 * (drand48() - 0.5));
                x[row * STRIDE + c.rows.phi] = narrow[row * STRIDE + c.rows.phi];
            }
        check_order(&c, n_rows, x, narrow);
    }
}

// ---- standardised in each event ----

static void naive_standardise(size_t n_rows, const double *x, long double *out) {
    for (size_t k = 0; k < N; k++) {
        long double mean = 0, sigma = 0;
        for (size_t row = 0; row < n_rows; row++)
            mean += (long double)x[row * STRIDE + k] / (long double)n_rows;
        for (size_t row = 0; row < n_rows; row++)
            sigma += (x[row * STRIDE + k] - mean) * (x[row * STRIDE + k] - mean);
        sigma = sqrtl(sigma / (long double)n_rows);
        for (size_t row = 0; row < n_rows; row++)
            out[row * N + k] = (x[row * STRIDE + k] - mean) / (sigma == 0 ? 1 : sigma);
    }
}

static void events_are_standardised(void **state) {
    (void)state;
    static double x[MOST_ROWS * STRIDE], out[MOST_ROWS * N];
    static float narrow[MOST_ROWS * STRIDE], out_narrow[MOST_ROWS * N];
    static long double wanted[MOST_ROWS * N];
    bl_nn_columns c = new_columns(N);
    c.rows = (bl_nn_arrangement){.length = MOST_ROWS - 50, .is_per_event = true};
    for (size_t lap = 0; lap < 200; lap++) {
        size_t n_rows = 2 + (size_t)lrand48() % (MOST_ROWS - 2);
        for (size_t i = 0; i < n_rows * STRIDE; i++) {
            narrow[i] = (float)((drand48() - 0.3) * exp(8 * drand48()));
            x[i] = narrow[i];
        }
        size_t n_kept = bl_nn_columns_n_kept(&c, n_rows);
        naive_standardise(n_kept, x, wanted);
        arrange(&c, n_rows, n_rows, x, STRIDE, true, out);
        arrange(&c, n_rows, n_rows, narrow, STRIDE, false, out_narrow);
        for (size_t i = 0; i < n_kept * N; i++) {
            assert_true(fabsl(out[i] - wanted[i]) <= 1e-12L);
            assert_true(out_narrow[i] == (float)out[i]); // rounded once
        }
    }
}

/// Not even rounding gives it a spread; one row has none; a NaN stays in its column.
static void what_has_no_spread_is_zero(void **state) {
    (void)state;
    double x[801 * 3], out[801 * 3];
    bl_nn_columns c = new_columns(3);
    c.rows.is_per_event = true;
    for (size_t row = 0; row < 801; row++) {
        x[row * 3] = 0.1;
        x[row * 3 + 1] = 1e300 / 3;
        x[row * 3 + 2] = row == 400 ? NAN : (double)row;
    }
    arrange(&c, 801, 801, x, 3, true, out);
    for (size_t row = 0; row < 801; row++) {
        assert_true(out[row * 3] == 0 && out[row * 3 + 1] == 0);
        assert_true(isnan(out[row * 3 + 2]));
    }
    arrange(&c, 1, 1, x, 3, true, out);
    assert_true(out[0] == 0 && out[1] == 0 && out[2] == 0);
    arrange(&c, 0, 0, x, 3, true, out);
}

// ---- padding ----

static void rows_are_added(void **state) {
    (void)state;
    bl_nn_columns c = new_columns(2);
    c.pad[1] = -3.5;
    c.rows.length = 5;
    float rows[10] = {1, 2, 3, 4};
    assert_int_equal(bl_nn_columns_pad(&c, 2, rows), 2);
    c.rows.padding = BL_NN_FILL_WRAP;
    assert_int_equal(bl_nn_columns_pad(&c, 2, rows), 5);
    assert_memory_equal(rows, ((float[]){1, 2, 3, 4, 1, 2, 3, 4, 1, 2}), sizeof rows);
    c.rows.padding = BL_NN_FILL_CONSTANT;
    assert_int_equal(bl_nn_columns_pad(&c, 3, rows), 5);
    assert_memory_equal(rows, ((float[]){1, 2, 3, 4, 1, 2, 0, -3.5F, 0, -3.5F}), sizeof rows);
    assert_int_equal(bl_nn_columns_pad(&c, 5, rows), 5);
    c.rows.padding = BL_NN_FILL_WRAP;
    assert_int_equal(bl_nn_columns_pad(&c, 0, rows), 5);
    assert_memory_equal(rows, ((float[]){0, -3.5F, 0, -3.5F, 0, -3.5F, 0, -3.5F, 0, -3.5F}),
                        sizeof rows);
}

static void what_is_done_is_told(void **state) {
    (void)state;
    bl_nn_columns c = new_columns(2);
    assert_false(bl_nn_columns_arranges(&c));
    c.rows.is_per_event = true;
    assert_string_equal(bl_nn_arrangement_name(&c.rows), "standardised in each event");
    c.rows.length = 3;
    assert_string_equal(bl_nn_arrangement_name(&c.rows), "cut");
    c.rows.order = BL_NN_ORDER_DELTA_R;
    assert_string_equal(bl_nn_arrangement_name(&c.rows), "ordered");
    assert_true(bl_nn_columns_arranges(&c));
}

// ---- golden arrays ----

enum { PARTICLES = 801, FEATURES = 19, ETA = 5, PHI = 6, SCALED = 13 };

typedef struct golden {
    double low[PARTICLES * FEATURES], high[PARTICLES * FEATURES];
} golden;

static void read_array(const char *folder, const char *mode, int64_t event, const char *what,
                       double *values) {
    const char *path = bl_arena_printf(&arena, "%s/topology/golden/%s_ev%lld_%s.f64", folder, mode,
                                       (long long)event, what);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    assert_int_equal(fread(values, sizeof *values, PARTICLES * FEATURES, file),
                     PARTICLES * FEATURES);
    assert_int_equal(fclose(file), 0);
}

/// 1e-12 of the value, or of what was summed.
static void near(const double *found, const double *wanted) {
    for (size_t i = 0; i < PARTICLES * FEATURES; i++)
        if (!(fabs(found[i] - wanted[i]) <= 1e-12 * (1 + fabs(wanted[i]))))
            fail_msg("row %zu, column %zu: %.17g is not %.17g", i / FEATURES, i % FEATURES,
                     found[i], wanted[i]);
}

static void golden_compat(const char *folder, int64_t event, golden *g) {
    static double out[PARTICLES * FEATURES];
    bl_nn_columns c = new_columns(FEATURES);
    c.rows =
        (bl_nn_arrangement){BL_NN_ORDER_DELTA_R, .column = ETA, .phi = PHI, .is_per_event = true};
    read_array(folder, "compat", event, "lf", g->low);
    read_array(folder, "compat", event, "gru", g->high);
    arrange(&c, PARTICLES, PARTICLES, g->low, FEATURES, true, out);
    bl_nn_columns_run_double(&c, PARTICLES, out, FEATURES, out, FEATURES);
    near(out, g->high);
}

static void golden_fixed(const char *folder, int64_t event, size_t n_rows,
                         const bl_item *statistics, golden *g) {
    static double out[PARTICLES * FEATURES];
    bl_nn_columns c = new_columns(FEATURES);
    const bl_item *mean = bl_item_get(statistics, "mean"),
                  *sigma = bl_item_get(statistics, "sigma");
    c.rows = (bl_nn_arrangement){BL_NN_ORDER_DELTA_R, .column = ETA, .phi = PHI};
    for (size_t i = 0; i < SCALED; i++) {
        c.offset[i] = mean->items[i]->number;
        c.scale[i] = 1 / sigma->items[i]->number;
    }
    read_array(folder, "fixed", event, "lf", g->low);
    read_array(folder, "fixed", event, "gru", g->high);
    memset(out, 0, sizeof out); // the padding
    arrange(&c, n_rows, n_rows, g->low, FEATURES, true, out);
    bl_nn_columns_run_double(&c, n_rows, out, FEATURES, out, FEATURES);
    near(out, g->high);
}

static void rows_are_golden(void **state) {
    (void)state;
    const char *folder = getenv("BEAMLINE_DATA");
    const bl_item *document = NULL;
    static golden g;
    if (!folder) {
        print_message("BEAMLINE_DATA is not set: skipped\n");
        skip();
    }
    assert_ok(bl_document_read(&arena,
                               bl_arena_printf(&arena, "%s/topology/golden/golden.json", folder),
                               &document, NULL));
    const bl_item *events = bl_item_get(document, "events");
    assert_int_equal(events->n, 8);
    for (size_t i = 0; i < events->n; i++) {
        int64_t event = bl_item_get(events->items[i], "event")->integer;
        size_t n_rows = (size_t)bl_item_get(events->items[i], "n_particles")->integer;
        if (strcmp(bl_item_get(events->items[i], "mode")->text, "compat") == 0)
            golden_compat(folder, event, &g);
        else
            golden_fixed(folder, event, n_rows, bl_item_get(document, "fixed_statistics"), &g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_ordered_and_cut),   cmocka_unit_test(events_are_standardised),
        cmocka_unit_test(what_has_no_spread_is_zero), cmocka_unit_test(rows_are_added),
        cmocka_unit_test(what_is_done_is_told),       cmocka_unit_test(rows_are_golden),
    };
    srand48(5);
    return test_run(tests, 1, &context, &arena);
}
