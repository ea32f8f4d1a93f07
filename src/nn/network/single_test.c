// SPDX-License-Identifier: Apache-2.0
// Layers of one input whose rows each become one: Dense, Activation, PReLU, Dropout, comparisons,
// functions and scaling, against plain loops in double.
#include "nn/network/network_testing.h"

static trial t;

/// A function of a row. \param of the trial \param i the row's place in its event
typedef void (*row_fn)(const trial *of, size_t i, const double *x, double *y);
static row_fn row_of;

static void by_rows(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = rows_in(&of->in[0], e);
        double *y = next_event(out, e, n);
        for (size_t r = 0; r < n; r++)
            row_of(of, r, row_in(&of->in[0], e, r), y + r * out->width);
    }
}

/// A layer on vectors, on sequences and on ragged ones.
static void check_kind(bl_nn_kind_id kind, const void *options, row_fn row) {
    for (int form = 0; form < 3; form++) {
        begin_trial(&t);
        size_t x = add_input(&t, form ? 5 : 0, 3, form == 2);
        add_node(&t, kind, options, 1, &x);
        draw_trial(&t, 6, 0);
        row_of = row;
        check_trial(&t, by_rows);
        end_trial(&t);
    }
}

// ---- Dense and Activation ----

static bl_nn_dense_options dense_options;
static bl_nn_activation_options activation_options;

static double activated(const bl_nn_activation *a, double x) {
    switch (a->kind) {
    case BL_NN_RELU:
        return x > 0 ? x : (double)a->slope * x;
    case BL_NN_TANH:
        return tanh(x);
    case BL_NN_GELU: // its slopes come from arguments
        return x * (1 + erf(x / sqrt(2))) / 2;
    default:
        return x;
    }
}

static void activate_row(const bl_nn_activation *a, double *y, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += exp(y[k]);
    for (size_t k = 0; k < n; k++)
        y[k] = a->kind == BL_NN_SOFTMAX ? exp(y[k]) / sum : activated(a, y[k]);
}

static void dense_row(const trial *of, size_t i, const double *x, double *y) {
    (void)i;
    size_t n = (size_t)dense_options.units;
    const double *kernel = parameter_of(of, "n1", "kernel");
    for (size_t k = 0; k < n; k++) {
        y[k] = dense_options.use_bias ? parameter_of(of, "n1", "bias")[k] : 0;
        for (size_t c = 0; c < of->in[0].width; c++)
            y[k] += x[c] * kernel[c * n + k];
    }
    activate_row(&dense_options.activation, y, n);
}

static void activation_row(const trial *of, size_t i, const double *x, double *y) {
    (void)i;
    memcpy(y, x, of->in[0].width * sizeof *y);
    activate_row(&activation_options.activation, y, of->in[0].width);
}

static void dense_and_activation(void **state) {
    (void)state;
    static const bl_nn_activation activations[] = {{.kind = BL_NN_LINEAR},
                                                   {.kind = BL_NN_RELU, .limit = INFINITY},
                                                   {.kind = BL_NN_TANH},
                                                   {.kind = BL_NN_GELU},
                                                   {.kind = BL_NN_SOFTMAX}};
    srand48(1);
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        dense_options = (bl_nn_dense_options){
            .units = 1 + lrand48() % 20, .activation = activations[i], .use_bias = i % 2};
        activation_options.activation = activations[i];
        check_kind(BL_NN_KIND_DENSE, &dense_options, dense_row);
        check_kind(BL_NN_KIND_ACTIVATION, &activation_options, activation_row);
    }
}

// ---- PReLU ----

static void prelu_row(const trial *of, size_t i, const double *x, double *y) {
    size_t n = of->in[0].width;
    const double *alpha = parameter_of(of, "n1", "alpha");
    (void)i;
    for (size_t k = 0; k < n; k++)
        y[k] = x[k] < 0 ? alpha[k] * x[k] : x[k];
}

static void prelu(void **state) {
    (void)state;
    static const bl_nn_prelu_options options;
    srand48(2);
    check_kind(BL_NN_KIND_PRELU, &options, prelu_row);
}

// ---- comparisons ----

static bl_nn_kind_id kind_of_row;
static bl_nn_compare_options compare_options = {.value = 0.25};

static void compared_row(const trial *of, size_t i, const double *x, double *y) {
    (void)i;
    double value = compare_options.value;
    for (size_t k = 0; k < of->in[0].width; k++) {
        const bool results[] = {
            [BL_NN_KIND_NOT_EQUAL] = x[k] != value, [BL_NN_KIND_EQUAL] = x[k] == value,
            [BL_NN_KIND_GREATER] = x[k] > value,    [BL_NN_KIND_GREATER_EQUAL] = x[k] >= value,
            [BL_NN_KIND_LESS] = x[k] < value,       [BL_NN_KIND_LESS_EQUAL] = x[k] <= value};
        y[k] = results[kind_of_row];
    }
}

static void comparisons(void **state) {
    (void)state;
    srand48(3);
    for (kind_of_row = BL_NN_KIND_NOT_EQUAL; kind_of_row <= BL_NN_KIND_LESS_EQUAL; kind_of_row++)
        for (int form = 0; form < 2; form++) {
            begin_trial(&t);
            size_t x = add_input(&t, form ? 5 : 0, 3, form);
            add_node(&t, kind_of_row, &compare_options, 1, &x);
            draw_trial(&t, 9, 0);
            for (size_t i = 0; i < t.in[0].offsets[9] * 3; i += 2)
                t.in[0].data[i] = 0.25;
            row_of = compared_row;
            t.tolerance = 0;
            // Differences would see the steps: gradients are not compared.
            static float found[MOST_NUMBERS];
            static gradients g;
            make_network(&t, NULL);
            check_output(&t, by_rows, found, predict(&t, 4, found));
            train(&t, &g);
            for (size_t i = 0; i < t.in[0].offsets[9] * 3; i++)
                assert_true(g.inputs[0][i] == 0);
            end_trial(&t);
        }
}

// ---- functions ----

static bl_nn_clip_options clip_options = {.x_min = -0.5, .x_max = 0.75};

static double function(double x) {
    switch (kind_of_row) {
    case BL_NN_KIND_CLIP:
        return fmin(fmax(x, clip_options.x_min), clip_options.x_max);
    case BL_NN_KIND_EXP:
        return exp(x);
    case BL_NN_KIND_LOG:
        return log(x);
    case BL_NN_KIND_LOG1P:
        return log1p(x);
    case BL_NN_KIND_ABSOLUTE:
        return fabs(x);
    case BL_NN_KIND_SQUARE:
        return x * x;
    case BL_NN_KIND_SQRT:
        return sqrt(x);
    default:
        return -x;
    }
}

static void function_row(const trial *of, size_t i, const double *x, double *y) {
    (void)i;
    for (size_t k = 0; k < of->in[0].width; k++)
        y[k] = function(x[k]);
}

static bool is_of_positive(bl_nn_kind_id kind) {
    return kind == BL_NN_KIND_LOG || kind == BL_NN_KIND_LOG1P || kind == BL_NN_KIND_SQRT;
}

static void functions(void **state) {
    (void)state;
    srand48(4);
    for (kind_of_row = BL_NN_KIND_CLIP; kind_of_row <= BL_NN_KIND_NEGATIVE; kind_of_row++)
        for (int form = 0; form < 3; form++) {
            begin_trial(&t);
            size_t x = add_input(&t, form ? 5 : 0, 3, form == 2);
            add_node(&t, kind_of_row, &clip_options, 1, &x);
            draw_trial(&t, 6, 0);
            for (size_t i = 0; i < MOST_NUMBERS && is_of_positive(kind_of_row); i++)
                t.in[0].data[i] = (double)(float)(0.1 + fabs(t.in[0].data[i]));
            row_of = function_row;
            check_trial(&t, by_rows);
            end_trial(&t);
        }
}

/// NaN, infinities and zeros are what C's functions make of them.
static void functions_of_odd_numbers(void **state) {
    (void)state;
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, -1, -2};
    static float found[MOST_NUMBERS];
    for (kind_of_row = BL_NN_KIND_CLIP; kind_of_row <= BL_NN_KIND_NEGATIVE; kind_of_row++) {
        begin_trial(&t);
        size_t x = add_input(&t, 0, 7, false);
        add_node(&t, kind_of_row, &clip_options, 1, &x);
        draw_trial(&t, 1, 0);
        memcpy(t.in[0].data, odd, sizeof odd);
        make_network(&t, NULL);
        assert_int_equal(predict(&t, 1, found), 7);
        for (size_t i = 0; i < 7; i++) {
            float expected = (float)function(odd[i]);
            if (kind_of_row == BL_NN_KIND_CLIP && isnan(odd[i]))
                expected = NAN;
            if (found[i] != expected && !(isnan(found[i]) && isnan(expected)) &&
                fabs((double)found[i] - (double)expected) > 1e-6)
                fail_msg("%s(%g) is %g", bl_nn_kinds[kind_of_row].name, odd[i], (double)found[i]);
        }
        end_trial(&t);
    }
}

// ---- scaling ----

static bl_nn_scaling_options scaling_options;

static double at(const bl_nn_numbers *numbers, size_t i) {
    return numbers->items[numbers->n == 1 ? 0 : i];
}

static void scaled_row(const trial *of, size_t i, const double *x, double *y) {
    (void)i;
    const bl_nn_scaling_options *o = &scaling_options;
    for (size_t k = 0; k < of->in[0].width; k++) {
        if (kind_of_row == BL_NN_KIND_RESCALING) {
            y[k] = x[k] * at(&o->scale, k) + at(&o->offset, k);
            continue;
        }
        double deviation = fmax(sqrt(at(&o->variance, k)), 1e-7), mean = at(&o->mean, k);
        y[k] = o->invert ? x[k] * deviation + mean : (x[k] - mean) / deviation;
    }
}

static void scaling(void **state) {
    (void)state;
    static const double a[] = {0.5, -1.25, 3}, b[] = {2, 0.125, 0.75};
    srand48(5);
    for (size_t form = 0; form < 8; form++) {
        bl_nn_numbers first = {form & 1 ? 3 : 1, a}, second = {form & 2 ? 3 : 1, b};
        scaling_options = (bl_nn_scaling_options){.mean = first,
                                                  .variance = second,
                                                  .scale = first,
                                                  .offset = second,
                                                  .invert = form & 4};
        kind_of_row = BL_NN_KIND_NORMALIZATION;
        check_kind(kind_of_row, &scaling_options, scaled_row);
        kind_of_row = BL_NN_KIND_RESCALING;
        check_kind(kind_of_row, &scaling_options, scaled_row);
    }
    begin_trial(&t);
    scaling_options.mean.n = 2;
    ADD_NODE(&t, NORMALIZATION, &scaling_options, add_input(&t, 0, 3, false));
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n1'", "Normalization", "2", "3 columns");
    end_trial(&t);
}

// ---- dropout ----

static void check_dropped(bl_nn_kind_id kind, double rate, bool is_ragged) {
    static gradients g, part;
    static float predicted[MOST_NUMBERS];
    const bl_nn_dropout_options options = {.rate = rate};
    begin_trial(&t);
    size_t x = add_input(&t, 12, 5, is_ragged);
    add_node(&t, kind, &options, 1, &x);
    draw_trial(&t, 64, 0);
    t.seed = 99;
    make_network(&t, NULL);
    size_t n = predict(&t, 64, predicted), n_dropped = 0;
    train(&t, &g);
    for (size_t i = 0; i < n; i++) {
        assert_true((double)predicted[i] == t.in[0].data[i]);
        double factor = (double)g.out[i] / t.in[0].data[i], kept = 1 / (1 - rate);
        n_dropped += factor == 0;
        assert_true(factor == 0 || fabs(factor - kept) < 1e-6);
        assert_true(fabs((double)g.inputs[0][i] - factor * t.weights[i]) < 1e-5);
    }
    assert_true(fabs((double)n_dropped / (double)n - rate) <
                (kind == BL_NN_KIND_DROPOUT ? 0.05 : 0.1));
    for (size_t e = 0; e < 64 && kind == BL_NN_KIND_SPATIAL_DROPOUT; e++)
        for (size_t r = t.in[0].offsets[e] + 1; r < t.in[0].offsets[e + 1]; r++)
            for (size_t k = r * 5; k < r * 5 + 5; k++)
                assert_int_equal(g.out[k] != 0, g.out[k - 5] != 0);
    for (size_t e = 0, done = 0; e < 64; e += 7) { // whatever shards events are in
        size_t n_here = e + 7 > 64 ? 64 - e : 7, begin = t.in[0].offsets[e] * 5;
        train_some(&t, e, n_here, &part);
        assert_int_equal(begin, done);
        done = t.in[0].offsets[e + n_here] * 5;
        same_bits(part.out, g.out + begin, done - begin, "dropout");
    }
    t.seed = 100;
    train(&t, &part);
    assert_true(rate == 0 || memcmp(part.out, g.out, n * sizeof *g.out) != 0);
    end_trial(&t);
}

static void dropout(void **state) {
    (void)state;
    srand48(6);
    for (int is_ragged = 0; is_ragged < 2; is_ragged++) {
        check_dropped(BL_NN_KIND_DROPOUT, 0.3, is_ragged);
        check_dropped(BL_NN_KIND_DROPOUT, 0, is_ragged);
        check_dropped(BL_NN_KIND_SPATIAL_DROPOUT, 0.5, is_ragged);
    }
    begin_trial(&t);
    bl_nn_dropout_options all = {.rate = 1};
    ADD_NODE(&t, DROPOUT, &all, add_input(&t, 0, 3, false));
    EXPECT_ERROR(&t, BL_E_INVALID, "'n1'", "Dropout", "drops 1 of all");
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_and_activation),
        cmocka_unit_test(prelu),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(functions),
        cmocka_unit_test(functions_of_odd_numbers),
        cmocka_unit_test(scaling),
        cmocka_unit_test(dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
