// SPDX-License-Identifier: Apache-2.0
// Rows of sequences from lists of lists of any numbers: where they lie as they would be gathered
// they are there, and else a copy has the same numbers.
#include <math.h>

#include "base/testing.h"
#include "column/builder.h"
#include "data/inputs/inputs.h"

enum { N_EVENTS = 9, WIDTH = 3, MOST_ROWS = 4 };

static const bl_type_id numbers[] = {BL_INT16, BL_FLOAT32, BL_FLOAT64};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

static size_t rows_of(int64_t event) { return (size_t)(event * 3 % (MOST_ROWS + 1)); }

static double number_of(int64_t event, size_t row, size_t i) {
    return (double)(100 * event + 10 * (int64_t)row) + (double)i;
}

/// Lists of lists of WIDTH numbers. \param has_nulls the numbers 0 of rows 1 are null
static void make(bl_context *context, bl_type_id id, bl_type_id inner, bool has_nulls,
                 bl_column *ret_column) {
    bl_type *number = has_nulls ? bl_type_primitive_nullable(id) : bl_type_primitive(id);
    bl_type *row_type = NULL, *type = NULL;
    bl_builder b;
    assert_ok(bl_type_new_list(context, inner, inner == BL_FIXED_LIST ? WIDTH : 0, number,
                               &row_type, NULL));
    assert_ok(bl_type_new_list(context, BL_LIST, 0, row_type, &type, NULL));
    assert_ok(bl_builder_init(&b, context, type, NULL));
    for (int64_t event = 0; event < N_EVENTS; event++) {
        bl_builder *rows = &b.children[0];
        for (size_t row = 0; row < rows_of(event); row++) {
            for (size_t i = 0; i < WIDTH; i++) {
                double x = number_of(event, row, i);
                if (has_nulls && row == 1 && i == 0)
                    bl_builder_append_nulls(&rows->children[0], 1);
                else
                    bl_builder_append_number(&rows->children[0], BL_FLOAT64, &x);
            }
            if (inner != BL_FIXED_LIST)
                bl_builder_end_list(rows);
        }
        bl_builder_end_list(&b);
    }
    assert_ok(bl_builder_finish(&b, ret_column, NULL));
    bl_builder_release(&b);
    bl_type_release(row_type);
    bl_type_release(type);
}

static double at(const void *x, size_t i, bool is_double) {
    return is_double ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

static void check_event(const bl_gathering *g, int64_t event, bool has_nulls, bool stays) {
    double copied[MOST_ROWS * WIDTH], room[MOST_ROWS * WIDTH];
    size_t n = 0, n_there = 0;
    assert_ok(bl_gather_count(g, event, &n, NULL));
    assert_int_equal(n, rows_of(event));
    assert_int_equal(bl_gather_rows(g, event, copied), n);
    const void *there = bl_gather_look(g, event, room, &n_there);
    assert_int_equal(n_there, n);
    assert_true((there != room) == stays);
    for (size_t i = 0; i < n * WIDTH; i++) {
        bool is_null = has_nulls && i == WIDTH;
        double wanted = number_of(event, i / WIDTH, i % WIDTH);
        double copy = at(copied, i, g->is_double), found = at(there, i, g->is_double);
        assert_true(is_null ? isnan(copy) && isnan(found) : copy == wanted && found == wanted);
    }
}

static void check(bl_context *context, bl_type_id id, bl_type_id inner, unsigned which) {
    bool is_double = which & 1, has_nulls = which & 2;
    static const size_t columns[] = {0};
    bl_column column;
    make(context, id, inner, has_nulls, &column);
    const bl_input_config config = {.name = "particles"};
    const bl_input input = {
        .config = &config, .layout = BL_INPUT_NESTED, .shape = {.width = WIDTH}};
    const bl_batch batch = {.n_rows = N_EVENTS, .n_columns = 1, .columns = &column};
    const bl_gathering g = {
        .input = &input, .batch = &batch, .columns = columns, .is_double = is_double};
    for (int64_t event = 0; event < N_EVENTS; event++)
        check_event(&g, event, has_nulls,
                    !has_nulls && id == (is_double ? BL_FLOAT64 : BL_FLOAT32));
    bl_column_release(context, &column);
}

static void rows_are_where_they_lie(void **state) {
    static const bl_type_id inner[] = {BL_FIXED_LIST, BL_LIST, BL_LARGE_LIST};
    (void)state;
    bl_context *context = test_context(1);
    for (size_t k = 0; k < N_NUMBERS; k++)
        for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
            for (unsigned which = 0; which < 4; which++)
                check(context, numbers[k], inner[i], which);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_where_they_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
