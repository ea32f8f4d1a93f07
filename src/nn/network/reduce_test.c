// SPDX-License-Identifier: Apache-2.0
// Layers that see several steps: reductions, global pooling, pooling and convolution by windows,
// against plain loops in double.
#include "nn/layers/window.h"
#include "nn/network/network_testing.h"

static trial t;
static bl_nn_kind_id kind;

// ---- reductions ----

static bl_nn_reduce_options reduce_options;

static bool is_mean(void) {
    return kind == BL_NN_KIND_MEAN || kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
}

/// n numbers, so far apart; of none 0.
static double reduced(const double *x, size_t n, size_t apart) {
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        double next = x[i * apart];
        switch (kind) {
        case BL_NN_KIND_MAX:
        case BL_NN_KIND_GLOBAL_MAX_POOLING:
            y = i ? fmax(y, next) : next;
            break;
        case BL_NN_KIND_MIN:
            y = i ? fmin(y, next) : next;
            break;
        case BL_NN_KIND_ANY:
            y = y != 0 || next != 0;
            break;
        case BL_NN_KIND_ALL:
            y = (i == 0 || y != 0) && next != 0;
            break;
        default:
            y += next;
        }
    }
    return is_mean() && n ? y / (double)n : y;
}

static void reduced_steps(const trial *of, rows_of_events *out) {
    const rows_of_events *in = &of->in[0];
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1);
        for (size_t k = 0; k < in->width; k++)
            y[k] = reduced(row_in(in, e, 0) + k, rows_in(in, e), in->width);
    }
}

/// Each row a number: rows of one, or, where the axis is not kept, one row of all.
static void reduced_columns(const trial *of, rows_of_events *out) {
    const rows_of_events *in = &of->in[0];
    bool keeps = reduce_options.keepdims || !in->steps;
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, keeps ? rows_in(in, e) : 1);
        for (size_t r = 0; r < rows_in(in, e); r++)
            y[r] = reduced(row_in(in, e, r), in->width, 1);
    }
}

static void check_reduction(size_t steps, bool is_ragged) {
    begin_trial(&t);
    size_t x = add_input(&t, steps, 4, is_ragged);
    add_node(&t, kind, &reduce_options, 1, &x);
    draw_trial(&t, 7, 0);
    bool is_logical = kind == BL_NN_KIND_ANY || kind == BL_NN_KIND_ALL;
    bool is_global =
        kind == BL_NN_KIND_GLOBAL_MAX_POOLING || kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
    int64_t axis = is_global ? 1 : reduce_options.axis;
    reference_fn reference =
        axis == -1 || axis == (steps ? 2 : 1) ? reduced_columns : reduced_steps;
    if (is_logical) {
        static float found[MOST_NUMBERS];
        for (size_t i = 0; i < MOST_NUMBERS; i++)
            t.in[0].data[i] = by_chance(kind == BL_NN_KIND_ALL ? 0.1 : 0.9) ? 0 : t.in[0].data[i];
        make_network(&t, NULL);
        check_output(&t, reference, found, predict(&t, 3, found));
    } else {
        check_trial(&t, reference);
    }
    end_trial(&t);
}

static void reductions(void **state) {
    (void)state;
    static const bl_nn_kind_id kinds[] = {BL_NN_KIND_SUM,
                                          BL_NN_KIND_MEAN,
                                          BL_NN_KIND_MAX,
                                          BL_NN_KIND_MIN,
                                          BL_NN_KIND_ANY,
                                          BL_NN_KIND_ALL,
                                          BL_NN_KIND_GLOBAL_MAX_POOLING,
                                          BL_NN_KIND_GLOBAL_AVERAGE_POOLING};
    static const int64_t axes[] = {1, 2, -1, -2};
    srand48(1);
    for (size_t i = 0; i < 8 * 4 * 2 * 2; i++) {
        kind = kinds[i / 16];
        reduce_options = (bl_nn_reduce_options){axes[i % 4], i / 4 % 2};
        check_reduction(6, i / 8 % 2);
    }
    for (size_t i = 0; i < 6 * 2; i++) { // a vector has its columns
        kind = kinds[i / 2];
        reduce_options = (bl_nn_reduce_options){i % 2 ? -1 : 1, false};
        check_reduction(0, false);
    }
}

static void equal_numbers(void **state) {
    (void)state;
    static gradients g;
    static const double numbers[] = {2, 1, 2, 0};
    kind = BL_NN_KIND_MAX;
    for (int over_steps = 0; over_steps < 2; over_steps++) {
        begin_trial(&t);
        reduce_options = (bl_nn_reduce_options){over_steps ? 1 : -1, true};
        size_t x = over_steps ? add_input(&t, 4, 1, false) : add_input(&t, 0, 4, false);
        ADD_NODE(&t, MAX, &reduce_options, x);
        draw_trial(&t, 1, 0);
        memcpy(t.in[0].data, numbers, sizeof numbers);
        make_network(&t, NULL);
        train(&t, &g);
        for (size_t i = 0; i < 4; i++)
            assert_true(g.inputs[0][i] == (i % 2 ? 0 : (float)t.weights[0] / 2));
        end_trial(&t);
    }
}

// ---- windows ----

static bl_nn_window window;

/// Outputs for n steps, and how far the first window begins before the first step, by looking.
static size_t places(size_t n, size_t *ret_before) {
    size_t reach = (window.taps - 1) * window.dilation + 1, count = 0;
    *ret_before = 0;
    if (window.padding == BL_NN_VALID) {
        for (size_t at = 0; at + reach <= n; at += window.stride)
            count++;
        return count;
    }
    for (size_t at = 0; at < n; at += window.stride)
        count++;
    size_t needed = count ? (count - 1) * window.stride + reach : 0;
    *ret_before = window.padding == BL_NN_CAUSAL ? reach - 1 : needed > n ? (needed - n) / 2 : 0;
    return count;
}

/// The step that tap `tap` of window i sees. \return NULL: it is beyond an end
static const double *seen(const rows_of_events *in, size_t e, size_t before, size_t i, size_t tap) {
    size_t at = i * window.stride + tap * window.dilation;
    return at < before || at - before >= rows_in(in, e) ? NULL : row_in(in, e, at - before);
}

static bl_nn_convolution_options convolution_options;

static void convolved(const trial *of, rows_of_events *out) {
    const rows_of_events *in = &of->in[0];
    const double *kernel = parameter_of(of, "n1", "kernel");
    size_t n = out->width, before;
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n_places = places(rows_in(in, e), &before);
        double *y = next_event(out, e, n_places);
        for (size_t i = 0; i < n_places; i++, y += n)
            for (size_t k = 0; k < n; k++) {
                y[k] = convolution_options.use_bias ? parameter_of(of, "n1", "bias")[k] : 0;
                for (size_t tap = 0; tap < window.taps; tap++) {
                    const double *x = seen(in, e, before, i, tap);
                    for (size_t c = 0; c < in->width && x; c++)
                        y[k] += x[c] * kernel[(tap * in->width + c) * n + k];
                }
                if (convolution_options.activation.kind == BL_NN_GELU)
                    y[k] *= (1 + erf(y[k] / sqrt(2))) / 2;
                else if (convolution_options.activation.kind == BL_NN_TANH)
                    y[k] = tanh(y[k]);
            }
    }
}

static void pooled(const trial *of, rows_of_events *out) {
    const rows_of_events *in = &of->in[0];
    size_t n = out->width, before;
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n_places = places(rows_in(in, e), &before);
        double *y = next_event(out, e, n_places);
        for (size_t i = 0; i < n_places; i++, y += n)
            for (size_t k = 0; k < n; k++) {
                double n_seen = 0;
                for (size_t tap = 0; tap < window.taps; tap++) {
                    const double *x = seen(in, e, before, i, tap);
                    if (!x)
                        continue;
                    bool is_max = kind == BL_NN_KIND_MAX_POOLING && n_seen > 0;
                    y[k] = is_max                           ? fmax(y[k], x[k])
                           : kind == BL_NN_KIND_MAX_POOLING ? x[k]
                                                            : y[k] + x[k];
                    n_seen++;
                }
                y[k] /= kind == BL_NN_KIND_AVERAGE_POOLING && n_seen > 0 ? n_seen : 1;
            }
    }
}

static void convolution(void **state) {
    (void)state;
    static const bl_nn_activation_kind activations[] = {BL_NN_LINEAR, BL_NN_TANH, BL_NN_GELU};
    srand48(2);
    for (size_t i = 0; i < 60; i++) {
        window = (bl_nn_window){.taps = 1 + (size_t)lrand48() % 4,
                                .stride = 1 + (size_t)lrand48() % 3,
                                .dilation = 1 + (size_t)lrand48() % 2,
                                .padding = (bl_nn_window_padding)(i % 3)};
        convolution_options = (bl_nn_convolution_options){
            .filters = 1 + lrand48() % 4,
            .kernel_size = (int64_t)window.taps,
            .strides = (int64_t)window.stride,
            .dilation_rate = (int64_t)window.dilation,
            .padding = (int)window.padding,
            .activation = {.kind = activations[lrand48() % 3]},
            .use_bias = by_chance(0.5),
        };
        begin_trial(&t);
        ADD_NODE(&t, CONV1D, &convolution_options, add_input(&t, 7, 2, by_chance(0.5)));
        draw_trial(&t, 5, 0);
        check_trial(&t, convolved);
        end_trial(&t);
    }
}

static void pooling(void **state) {
    (void)state;
    srand48(3);
    for (size_t i = 0; i < 60; i++) {
        kind = i % 2 ? BL_NN_KIND_MAX_POOLING : BL_NN_KIND_AVERAGE_POOLING;
        bl_nn_pooling_options options = {
            .pool_size = 1 + lrand48() % 4, .strides = lrand48() % 4, .padding = i / 2 % 2};
        window = (bl_nn_window){.taps = (size_t)options.pool_size,
                                .stride =
                                    (size_t)(options.strides ? options.strides : options.pool_size),
                                .dilation = 1,
                                .padding = (bl_nn_window_padding)options.padding};
        begin_trial(&t);
        size_t x = add_input(&t, 7, 3, by_chance(0.5));
        add_node(&t, kind, &options, 1, &x);
        draw_trial(&t, 5, 0);
        check_trial(&t, pooled);
        end_trial(&t);
    }
}

static void refuses(void **state) {
    (void)state;
    begin_trial(&t);
    size_t vector = add_input(&t, 0, 3, false), sequence = add_input(&t, 4, 3, false);
    bl_nn_reduce_options reduce = {.axis = 1};
    ADD_NODE(&t, GLOBAL_MAX_POOLING, &reduce, vector);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n2'", "GlobalMaxPooling1D", "sequences");
    t.n_nodes--;
    for (int i = 0; i < 3; i++) {
        reduce.axis = (int64_t[]){0, 2, -2}[i];
        ADD_NODE(&t, SUM, &reduce, vector);
        EXPECT_ERROR(&t, BL_E_INVALID, "'n2'", "no axis");
        t.n_nodes--;
    }
    bl_nn_pooling_options pool = {.pool_size = 5};
    ADD_NODE(&t, MAX_POOLING, &pool, sequence);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n2'", "5 steps at once; there are 4");
    t.n_nodes--;
    bl_nn_convolution_options convolve = {
        .filters = 2, .kernel_size = 2, .strides = 1, .dilation_rate = 1};
    ADD_NODE(&t, CONV1D, &convolve, vector);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n2'", "Conv1D", "sequences");
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reductions),  cmocka_unit_test(equal_numbers),
        cmocka_unit_test(convolution), cmocka_unit_test(pooling),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
