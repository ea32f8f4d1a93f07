// SPDX-License-Identifier: Apache-2.0
// LayerNormalization, and BatchNormalization with its sums over shards of a batch, made here as
// whoever trains makes them, against plain loops in double.
#include "nn/network/network_testing.h"

static trial t;
static bl_nn_normalization_options options;

static const double *parameter_or_none(const trial *of, const char *name) {
    return bl_nn_network_find(of->network, "n1", name) ? parameter_of(of, "n1", name) : NULL;
}

// ---- LayerNormalization ----

static void layer_normalized(const trial *of, rows_of_events *out) {
    const double *gamma = parameter_or_none(of, "gamma"), *beta = parameter_or_none(of, "beta");
    size_t n = out->width;
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, rows_in(&of->in[0], e));
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++, y += n) {
            const double *x = row_in(&of->in[0], e, r);
            double mean = 0, variance = 0;
            for (size_t k = 0; k < n; k++)
                mean += x[k] / (double)n;
            for (size_t k = 0; k < n; k++)
                variance += (x[k] - mean) * (x[k] - mean) / (double)n;
            for (size_t k = 0; k < n; k++) {
                double taken = options.rms_scaling ? 0 : mean;
                y[k] = (x[k] - taken) / sqrt(variance + options.epsilon);
                y[k] = y[k] * (gamma ? gamma[k] : 1) + (beta ? beta[k] : 0);
            }
        }
    }
}

static void layer_normalization(void **state) {
    (void)state;
    srand48(1);
    for (int form = 0; form < 24; form++) {
        options = (bl_nn_normalization_options){
            .epsilon = 0.01, .center = form & 1, .scale = form & 2, .rms_scaling = form & 4};
        begin_trial(&t);
        size_t x = add_input(&t, form / 8 ? 4 : 0, form % 3 ? 5 : 18, form / 8 == 2);
        ADD_NODE(&t, LAYER_NORMALIZATION, &options, x);
        draw_trial(&t, 6, 0);
        make_network(&t, NULL);
        assert_int_equal(t.network->plan.parameters.n,
                         options.rms_scaling ? 1 : (size_t)options.center + options.scale);
        check_trial(&t, layer_normalized);
        end_trial(&t);
    }
}

// ---- BatchNormalization while predicting ----

static void normalized_with(const trial *of, const double *mean, const double *variance,
                            rows_of_events *out) {
    const double *gamma = parameter_or_none(of, "gamma"), *beta = parameter_or_none(of, "beta");
    size_t n = out->width;
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, rows_in(&of->in[0], e));
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++)
            for (size_t k = 0; k < n; k++) {
                double x = row_in(&of->in[0], e, r)[k];
                y[r * n + k] =
                    (x - mean[k]) / sqrt(variance[k] + options.epsilon) * (gamma ? gamma[k] : 1) +
                    (beta ? beta[k] : 0);
            }
    }
}

static void moving_normalized(const trial *of, rows_of_events *out) {
    normalized_with(of, parameter_of(of, "n1", "moving_mean"),
                    parameter_of(of, "n1", "moving_variance"), out);
}

/// Variances are positive.
static void make_variances(trial *of) {
    make_network(of, NULL);
    const bl_nn_parameter *p = bl_nn_network_find(of->network, "n1", "moving_variance");
    for (size_t k = p->offset; k < p->offset + p->n; k++)
        of->parameters[k] = (double)(float)(0.5 + fabs(of->parameters[k]));
}

static void predicting(void **state) {
    (void)state;
    static float first[MOST_NUMBERS], found[MOST_NUMBERS];
    srand48(2);
    for (int form = 0; form < 12; form++) {
        options = (bl_nn_normalization_options){
            .epsilon = 1e-3, .momentum = 0.9, .center = form & 1, .scale = form & 2};
        begin_trial(&t);
        size_t x = add_input(&t, form / 4 ? 4 : 0, 5, form / 4 == 2);
        ADD_NODE(&t, BATCH_NORMALIZATION, &options, x);
        draw_trial(&t, 6, 0);
        make_variances(&t);
        const bl_nn_kernels *kernels;
        for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
            make_network(&t, kernels);
            size_t n = predict(&t, 2, i ? found : first);
            check_output(&t, moving_normalized, first, n);
            same_bits(i ? found : first, first, n, kernels->name);
        }
        end_trial(&t);
    }
}

// ---- while training ----

/// Of all rows that count, in the whole batch.
static void batch_normalized(const trial *of, rows_of_events *out) {
    const rows_of_events *in = &of->in[0];
    double mean[8] = {0}, variance[8] = {0}, n = 0;
    for (int pass = 0; pass < 3; pass++)
        for (size_t e = 0; e < of->n_events; e++)
            for (size_t r = 0; r < rows_in(in, e); r++) {
                const double *x = row_in(in, e, r);
                bool counts = !of->is_masked[0];
                for (size_t k = 0; k < in->width; k++)
                    counts |= x[k] != 0;
                if (!counts)
                    continue;
                n += pass == 0;
                for (size_t k = 0; k < in->width && pass; k++)
                    if (pass == 1)
                        mean[k] += x[k] / n;
                    else
                        variance[k] += (x[k] - mean[k]) * (x[k] - mean[k]) / n;
            }
    normalized_with(of, mean, variance, out);
}

enum { SHARDS = 3, MOST_SUMS = 32 };

typedef struct shards {
    bl_nn_workspace *w[SHARDS];
    feeds f[SHARDS];
    size_t first[SHARDS + 1]; ///< events
    double sums[MOST_SUMS];
} shards;

static void open_shards(shards *s) {
    for (size_t i = 0; i < SHARDS; i++) {
        s->first[i] = t.n_events * i / SHARDS;
        s->first[i + 1] = t.n_events * (i + 1) / SHARDS;
        size_t n = s->first[i + 1] - s->first[i];
        s->w[i] = NULL;
        assert_ok(bl_nn_workspace_new(t.network, t.n_events, true, &s->w[i], NULL));
        feed_events(&t, s->first[i], n, &s->f[i]);
        s->w[i]->run.trains = true;
        s->w[i]->run.sums = s->sums;
        assert_ok(bl_nn_workspace_begin(s->w[i], n, s->f[i].list, NULL));
    }
}

static void add_sums(shards *s, const bl_nn_step *step, bool is_back) {
    memset(s->sums, 0, sizeof s->sums);
    for (size_t i = 0; i < SHARDS; i++) {
        if (is_back)
            step->layer->measure_back(&s->w[i]->run, step);
        else
            bl_nn_run_measure(s->w[i], step);
        for (size_t k = 0; k < step->n_sums; k++)
            s->sums[k] += s->w[i]->run.shard_sums[k];
    }
}

/// Steps before the layer, its sums, the rest; and back the same way.
static void train_in_shards(shards *s, gradients *whole) {
    static gradients part[SHARDS];
    size_t at = 0, done = 0, n_steps = t.network->n_steps, done_inputs = 0;
    while (!t.network->steps[at].layer->measure)
        at++;
    const bl_nn_step *step = &t.network->steps[at];
    assert_true(step->n_sums <= MOST_SUMS && t.network->n_barriers == !step->is_frozen);
    memset(whole, 0, sizeof *whole);
    for (size_t i = 0; i < SHARDS; i++)
        assert_ok(bl_nn_run_forward(s->w[i], 0, at, NULL));
    add_sums(s, step, false);
    for (size_t i = 0; i < SHARDS; i++) {
        size_t n = s->first[i + 1] - s->first[i];
        assert_ok(bl_nn_run_forward(s->w[i], at, n_steps, NULL));
        bl_nn_matrix g = bl_nn_output_gradient(s->w[i], 0);
        size_t width = t.network->plan.values.items[t.network->outputs[0]].shape.width;
        size_t n_out = copy_output(&t, s->w[i], n, whole->out + done);
        for (size_t k = 0; k < n_out; k++)
            g.data[k / width * g.stride + k % width] = (float)t.weights[done + k];
        done += n_out;
        s->w[i]->run.gradients = part[i].parameters;
        bl_nn_run_backward(s->w[i], at + 1, n_steps);
        bl_nn_run_point(s->w[i], step);
    }
    step->layer->settle(&s->w[0]->run, step, t.network->parameters);
    add_sums(s, step, true);
    for (size_t i = 0; i < SHARDS; i++) {
        bl_nn_run_backward(s->w[i], 0, at + 1);
        for (size_t k = 0; k < t.network->plan.n_floats; k++)
            whole->parameters[k] += part[i].parameters[k];
        size_t value = t.network->inputs[0], width = t.in[0].width;
        bl_nn_matrix g = s->w[i]->value_gradients[value];
        for (size_t r = 0; r < bl_nn_n_rows(&s->w[i]->run, value); r++, done_inputs += width)
            memcpy(whole->inputs[0] + done_inputs, g.data + r * g.stride, width * sizeof(float));
        bl_nn_workspace_free(s->w[i]);
    }
}

/// Moving statistics went the batch's way.
static void check_settled(const double *sums, size_t n) {
    const bl_nn_parameter *mean = bl_nn_network_find(t.network, "n1", "moving_mean");
    const bl_nn_parameter *variance = bl_nn_network_find(t.network, "n1", "moving_variance");
    const float *now = t.network->parameters;
    for (size_t k = 0; k < n; k++) {
        double m = sums[k] / sums[2 * n], v = sums[n + k] / sums[2 * n] - m * m;
        double keeps = t.nodes[1].frozen ? 1 : options.momentum;
        m = t.nodes[1].frozen ? 0 : m;
        v = t.nodes[1].frozen ? 0 : v;
        check_number(&t, (double)now[mean->offset + k],
                     t.parameters[mean->offset + k] * keeps + m * (1 - keeps), "mean", k);
        check_number(&t, (double)now[variance->offset + k],
                     t.parameters[variance->offset + k] * keeps + v * (1 - keeps), "variance", k);
    }
}

/// Sums of the batch by plain loops, for what is settled.
static void plain_sums(double *sums) {
    const rows_of_events *in = &t.in[0];
    memset(sums, 0, MOST_SUMS * sizeof *sums);
    for (size_t r = 0; r < in->offsets[t.n_events]; r++) {
        const double *x = in->data + r * in->width;
        bool counts = !t.is_masked[0];
        for (size_t k = 0; k < in->width; k++)
            counts |= x[k] != 0;
        for (size_t k = 0; k < in->width && counts; k++) {
            sums[k] += x[k];
            sums[in->width + k] += x[k] * x[k];
        }
        sums[2 * in->width] += counts;
    }
}

typedef enum mask_kind { NO_MASK, MASKING_LAYER, GIVEN_MASK } mask_kind;

static void check_training(size_t steps, bool is_ragged, mask_kind mask, bool is_frozen) {
    static shards s;
    static gradients g;
    static const bl_nn_masking_options zero;
    static const bl_nn_reduce_options columns = {.axis = -1, .keepdims = true};
    double sums[MOST_SUMS];
    begin_trial(&t);
    size_t x = add_input(&t, steps, 4, is_ragged);
    size_t layer = ADD_NODE(&t, BATCH_NORMALIZATION, &options, x);
    t.nodes[layer].frozen = is_frozen;
    if (mask) { // the mask comes first, under the number that tests know the layer by
        t.nodes[layer].kind = &bl_nn_kinds[BL_NN_KIND_MASKING];
        t.nodes[layer].options = (void *)(uintptr_t)&zero;
        t.nodes[layer].name = "mask";
        t.is_masked[0] = true;
        size_t given = mask == GIVEN_MASK ? ADD_NODE(&t, ANY, &columns, x) : BL_NN_NONE;
        layer = ADD_NODE(&t, BATCH_NORMALIZATION, &options, layer);
        t.nodes[layer].mask = given;
        t.nodes[layer].name = "n1";
    }
    draw_trial(&t, 9, mask ? 0.4 : 0);
    make_variances(&t);
    make_network(&t, NULL);
    open_shards(&s);
    train_in_shards(&s, &g);
    reference_fn reference = is_frozen ? moving_normalized : batch_normalized;
    check_output(&t, reference, g.out, t.in[0].offsets[9] * 4);
    check_gradients(&t, reference, &g);
    plain_sums(sums);
    check_settled(sums, 4);
    end_trial(&t);
}

static void training(void **state) {
    (void)state;
    srand48(3);
    for (int form = 0; form < 16; form++) {
        options = (bl_nn_normalization_options){
            .epsilon = 1e-2, .momentum = 0.75, .center = form & 1, .scale = form & 2};
        size_t steps = form & 4 ? 5 : 0;
        check_training(steps, steps && form & 8, NO_MASK, false);
        check_training(steps, steps && form & 8, NO_MASK, true);
        if (steps)
            check_training(steps, form & 8, MASKING_LAYER, false);
        if (steps)
            check_training(steps, form & 8, GIVEN_MASK, false);
    }
}

/// A batch without rows is normalised with what there was, and changes nothing.
static void training_without_rows(void **state) {
    (void)state;
    static shards s;
    static gradients g;
    options = (bl_nn_normalization_options){
        .epsilon = 1e-2, .momentum = 0.75, .center = true, .scale = true};
    begin_trial(&t);
    ADD_NODE(&t, BATCH_NORMALIZATION, &options, add_input(&t, 3, 4, true));
    draw_trial(&t, 3, 0);
    memset(t.in[0].offsets, 0, sizeof t.in[0].offsets);
    make_variances(&t);
    make_network(&t, NULL);
    open_shards(&s);
    train_in_shards(&s, &g);
    for (size_t i = 0; i < t.network->plan.n_floats; i++) {
        assert_true(g.parameters[i] == 0);
        assert_true((double)t.network->parameters[i] == t.parameters[i]);
    }
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_normalization),
        cmocka_unit_test(predicting),
        cmocka_unit_test(training),
        cmocka_unit_test(training_without_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
