// SPDX-License-Identifier: Apache-2.0
// Layers of several inputs: Concatenate and what merges number by number, against plain loops in
// double; and which rows count behind them.
#include "nn/network/network_testing.h"

static trial t;
static bl_nn_kind_id kind;

static double merged(double a, double b) {
    switch (kind) {
    case BL_NN_KIND_SUBTRACT:
        return a - b;
    case BL_NN_KIND_MULTIPLY:
        return a * b;
    case BL_NN_KIND_DIVIDE:
        return a / b;
    case BL_NN_KIND_MAXIMUM:
        return fmax(a, b);
    case BL_NN_KIND_MINIMUM:
        return fmin(a, b);
    default:
        return a + b;
    }
}

static void merge(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = rows_in(&of->in[0], e);
        double *y = next_event(out, e, n);
        for (size_t r = 0; r < n; r++, y += out->width)
            for (size_t k = 0; k < out->width; k++) {
                for (size_t i = 0; i < of->n_inputs; i++) {
                    double x = row_in(&of->in[i], e, r)[of->in[i].width == 1 ? 0 : k];
                    y[k] = i ? merged(y[k], x) : x;
                }
                y[k] /= kind == BL_NN_KIND_AVERAGE ? (double)of->n_inputs : 1;
            }
    }
}

static void concatenate(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = rows_in(&of->in[0], e);
        double *y = next_event(out, e, n);
        for (size_t r = 0; r < n; r++)
            for (size_t i = 0; i < of->n_inputs; y += of->in[i++].width)
                memcpy(y, row_in(&of->in[i], e, r), of->in[i].width * sizeof *y);
    }
}

static void concatenate_steps(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = 0;
        for (size_t i = 0; i < of->n_inputs; i++)
            n += rows_in(&of->in[i], e);
        double *y = next_event(out, e, n);
        for (size_t i = 0; i < of->n_inputs; i++) {
            size_t n_numbers = rows_in(&of->in[i], e) * out->width;
            memcpy(y, row_in(&of->in[i], e, 0), n_numbers * sizeof *y);
            y += n_numbers;
        }
    }
}

static void check(const void *options, size_t steps, bool is_ragged, size_t n_inputs,
                  const size_t *widths, reference_fn reference) {
    size_t inputs[MOST_PARTS] = {0};
    begin_trial(&t);
    for (size_t i = 0; i < n_inputs; i++)
        inputs[i] = add_input(&t, steps, widths[i], is_ragged);
    add_node(&t, kind, options, n_inputs, inputs);
    draw_trial(&t, 5, 0);
    for (size_t i = 0; i < MOST_NUMBERS && kind == BL_NN_KIND_DIVIDE; i++)
        t.in[1].data[i] = (double)(float)(t.in[1].data[i] + (t.in[1].data[i] < 0 ? -0.5 : 0.5));
    check_trial(&t, reference);
    end_trial(&t);
}

static void numbers_with_numbers(void **state) {
    (void)state;
    static const size_t widths[][3] = {{4, 4, 4}, {1, 4, 4}, {4, 1, 4}, {1, 1, 1}, {1, 1, 3}};
    srand48(1);
    for (kind = BL_NN_KIND_ADD; kind <= BL_NN_KIND_MINIMUM; kind++)
        for (size_t form = 0; form < 3; form++)
            for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
                for (size_t n = bl_nn_kinds[kind].fewest_inputs;
                     n <= 3 && n <= bl_nn_kinds[kind].most_inputs; n++)
                    check(NULL, form ? 4 : 0, form == 2, n, widths[i], merge);
}

static void columns_beside_columns(void **state) {
    (void)state;
    static const bl_nn_concatenate_options last = {.axis = -1};
    static const size_t widths[] = {3, 1, 17};
    srand48(2);
    kind = BL_NN_KIND_CONCATENATE;
    for (size_t form = 0; form < 3; form++)
        for (size_t n = 1; n <= 3; n++)
            check(&last, form ? 4 : 0, form == 2, n, widths, concatenate);
    static const bl_nn_concatenate_options first = {.axis = 1}; // the only axis of vectors
    check(&first, 0, false, 3, widths, concatenate);
}

static void steps_behind_steps(void **state) {
    (void)state;
    static const size_t widths[] = {3, 3, 3};
    srand48(3);
    kind = BL_NN_KIND_CONCATENATE;
    for (int64_t axis = -2; axis <= 1; axis += 3)
        for (size_t n = 1; n <= 3; n++)
            for (int is_ragged = 0; is_ragged < 2; is_ragged++) {
                bl_nn_concatenate_options options = {.axis = axis};
                check(&options, 4, is_ragged, n, widths, concatenate_steps);
            }
}

/// Of several that are the largest, each takes its part of the gradient.
static void equal_numbers(void **state) {
    (void)state;
    static gradients g;
    for (kind = BL_NN_KIND_MAXIMUM; kind <= BL_NN_KIND_MINIMUM; kind++) {
        begin_trial(&t);
        size_t inputs[] = {add_input(&t, 0, 1, false), add_input(&t, 0, 1, false),
                           add_input(&t, 0, 1, false)};
        add_node(&t, kind, NULL, 3, inputs);
        draw_trial(&t, 1, 0);
        t.in[0].data[0] = t.in[2].data[0] = 1;
        t.in[1].data[0] = kind == BL_NN_KIND_MAXIMUM ? 0 : 2;
        make_network(&t, NULL);
        train(&t, &g);
        assert_true(g.inputs[0][0] == (float)t.weights[0] / 2 && g.inputs[1][0] == 0 &&
                    g.inputs[2][0] == g.inputs[0][0]);
        end_trial(&t);
    }
}

// ---- masks ----

static size_t n_masked, joined_axis;

static bool row_counts(const trial *of, size_t input, size_t e, size_t r) {
    const double *x = row_in(&of->in[input], e, r);
    for (size_t k = 0; k < of->in[input].width; k++)
        if (x[k] != 0)
            return true;
    return input >= n_masked;
}

/// The mean of rows that count: for Keras, where any input's row does.
static void mean_of_joined(const trial *of, rows_of_events *out) {
    static rows_of_events rows;
    rows.width = out->width;
    (kind == BL_NN_KIND_ADD ? merge
     : joined_axis == 1     ? concatenate_steps
                            : concatenate)(of, &rows);
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1), n = 0, sums[16] = {0};
        for (size_t r = 0; r < rows_in(&rows, e); r++) {
            bool counts = false;
            size_t n_first = rows_in(&of->in[0], e);
            for (size_t i = 0; i < 2; i++)
                counts |= joined_axis != 1 ? row_counts(of, i, e, r)
                          : i == 0         ? r < n_first && row_counts(of, 0, e, r)
                                           : r >= n_first && row_counts(of, 1, e, r - n_first);
            n += counts;
            for (size_t k = 0; k < out->width && counts; k++)
                sums[k] += row_in(&rows, e, r)[k];
        }
        for (size_t k = 0; k < out->width && n > 0; k++)
            y[k] = sums[k] / n;
    }
}

static void which_rows_count(void **state) {
    (void)state;
    static const bl_nn_masking_options zero;
    static const bl_nn_reduce_options pool = {.axis = 1};
    srand48(4);
    for (size_t form = 0; form < 18; form++) {
        bl_nn_concatenate_options options = {.axis = form / 3 % 3 == 2 ? 1 : -1};
        kind = form / 3 % 3 ? BL_NN_KIND_CONCATENATE : BL_NN_KIND_ADD;
        joined_axis = (size_t)(options.axis == 1);
        n_masked = form % 3;
        begin_trial(&t);
        size_t inputs[2] = {0};
        for (size_t i = 0; i < 2; i++) {
            inputs[i] = add_input(&t, 5, 2, form >= 9);
            t.is_masked[i] = i < n_masked;
        }
        for (size_t i = 0; i < n_masked; i++)
            inputs[i] = ADD_NODE(&t, MASKING, &zero, inputs[i]);
        size_t joined = add_node(&t, kind, &options, 2, inputs);
        ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, joined);
        draw_trial(&t, 6, 0.4);
        check_trial(&t, mean_of_joined);
        end_trial(&t);
    }
}

static void refuses(void **state) {
    (void)state;
    static const bl_nn_concatenate_options last = {.axis = -1}, steps = {.axis = 1};
    begin_trial(&t);
    size_t vector = add_input(&t, 0, 3, false), sequence = add_input(&t, 4, 3, false);
    size_t longer = add_input(&t, 5, 3, false), wider = add_input(&t, 4, 2, false);
    ADD_NODE(&t, ADD, NULL, sequence, wider);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n4'", "(Add)", "columns", "3 and 2");
    t.n_nodes--;
    ADD_NODE(&t, ADD, NULL, sequence, longer);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n4'", "[4, 3] and [5, 3]");
    t.n_nodes--;
    ADD_NODE(&t, CONCATENATE, &last, vector, sequence);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n4'", "[3] and [4, 3]");
    t.n_nodes--;
    ADD_NODE(&t, CONCATENATE, &steps, sequence, wider);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n4'", "3 columns, not of 2");
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_with_numbers), cmocka_unit_test(columns_beside_columns),
        cmocka_unit_test(steps_behind_steps),   cmocka_unit_test(equal_numbers),
        cmocka_unit_test(which_rows_count),     cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
