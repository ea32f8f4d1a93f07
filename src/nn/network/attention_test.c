// SPDX-License-Identifier: Apache-2.0
// MultiHeadAttention against plain loops in double: masks as Keras combines them, causal masks,
// ragged and packed rows, every gradient, the same bits however events are cut into runs; and what
// dropout does.
#include "nn/network/network_testing.h"

enum { QUERY, VALUE, KEY };

/// How a random case is made.
typedef struct wiring {
    bl_nn_attention_options options;
    bool is_self; ///< query and value are the same
} wiring;

static wiring w;
static trial t;

static const rows_of_events *part(size_t which) {
    size_t i = w.is_self ? 0 : which == KEY && t.n_inputs < 3 ? VALUE : which;
    return &t.in[i];
}

static bool counts(size_t which, size_t event, size_t row) {
    size_t i = w.is_self ? 0 : which == KEY && t.n_inputs < 3 ? VALUE : which;
    if (!t.is_masked[i])
        return true;
    const double *x = row_in(&t.in[i], event, row);
    for (size_t k = 0; k < t.in[i].width; k++)
        if (x[k] != 0)
            return true;
    return false;
}

static double projected(const trial *of, size_t which, const char *kernel, const char *bias,
                        size_t event, size_t row, size_t column, size_t width) {
    const rows_of_events *in = part(which);
    const double *x = row_in(in, event, row), *k = parameter_of(of, "attention", kernel);
    double sum = w.options.use_bias ? parameter_of(of, "attention", bias)[column] : 0;
    for (size_t i = 0; i < in->width; i++)
        sum += x[i] * k[i * width + column];
    return sum;
}

static bool sees(size_t event, size_t query, size_t key) {
    bool is_ahead = w.options.use_causal_mask && key > query;
    return counts(QUERY, event, query) && counts(VALUE, event, key) && counts(KEY, event, key) &&
           !is_ahead;
}

/// What one query of one head sees. \param to [value_dim]
static void look(const trial *of, size_t event, size_t query, size_t head, double *to) {
    size_t d = (size_t)w.options.key_dim, h = (size_t)w.options.num_heads;
    size_t d_value = (size_t)(w.options.value_dim ? w.options.value_dim : w.options.key_dim);
    size_t n = rows_in(part(VALUE), event);
    double weights[32], sum = 0, most = -INFINITY;
    bool is_blind = true;
    for (size_t key = 0; key < n; key++) {
        double score = 0;
        for (size_t k = head * d; k < (head + 1) * d; k++)
            score += projected(of, QUERY, "query/kernel", "query/bias", event, query, k, h * d) *
                     projected(of, KEY, "key/kernel", "key/bias", event, key, k, h * d);
        weights[key] = sees(event, query, key) ? score / sqrt((double)d) : -INFINITY;
        is_blind &= !sees(event, query, key);
        most = fmax(most, weights[key]);
    }
    for (size_t key = 0; key < n; key++) {
        weights[key] = is_blind ? (w.options.dropout > 0 ? 0 : 1) : exp(weights[key] - most);
        sum += weights[key];
    }
    for (size_t key = 0; key < n && sum > 0; key++)
        for (size_t k = 0; k < d_value; k++)
            to[k] += weights[key] / sum *
                     projected(of, VALUE, "value/kernel", "value/bias", event, key,
                               head * d_value + k, h * d_value);
}

static void attention(const trial *of, rows_of_events *out) {
    size_t h = (size_t)w.options.num_heads, n_out = out->width;
    size_t d_value = (size_t)(w.options.value_dim ? w.options.value_dim : w.options.key_dim);
    const double *kernel = parameter_of(of, "attention", "attention_output/kernel");
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = rows_in(part(QUERY), e);
        double *y = next_event(out, e, n);
        for (size_t q = 0; q < n; q++, y += n_out) {
            for (size_t k = 0; k < n_out && w.options.use_bias; k++)
                y[k] = parameter_of(of, "attention", "attention_output/bias")[k];
            for (size_t head = 0; head < h; head++) {
                double context[16] = {0};
                look(of, e, q, head, context);
                for (size_t j = 0; j < d_value; j++)
                    for (size_t k = 0; k < n_out; k++)
                        y[k] += context[j] * kernel[(head * d_value + j) * n_out + k];
            }
        }
    }
}

/// The mean of all rows that count, by pooling behind the attention.
static void pooled_attention(const trial *of, rows_of_events *out) {
    static rows_of_events rows;
    rows.width = out->width;
    attention(of, &rows);
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1), n = 0;
        for (size_t r = 0; r < rows_in(&rows, e); r++)
            n += counts(QUERY, e, r);
        for (size_t r = 0; r < rows_in(&rows, e); r++)
            for (size_t k = 0; k < out->width && counts(QUERY, e, r); k++)
                y[k] += row_in(&rows, e, r)[k] / n;
    }
}

static const bl_nn_masking_options zero = {.mask_value = 0};

static size_t add_part(size_t steps, size_t width, bool is_ragged, bool is_masked) {
    size_t i = t.n_inputs, node = add_input(&t, steps, width, is_ragged);
    t.is_masked[i] = is_masked;
    return is_masked ? ADD_NODE(&t, MASKING, &zero, node) : node;
}

/// Attention of random sizes between random inputs.
static void draw_wiring(bool is_self, bool is_pooled) {
    memset(&w, 0, sizeof w);
    w.is_self = is_self;
    w.options = (bl_nn_attention_options){
        .num_heads = 1 + lrand48() % 3,
        .key_dim = 1 + lrand48() % 5,
        .value_dim = by_chance(0.5) ? 0 : 1 + lrand48() % 6,
        .output_shape = by_chance(0.5) ? 0 : 1 + lrand48() % 5,
        .use_bias = by_chance(0.7),
        .use_causal_mask = by_chance(0.4),
    };
    size_t steps = 1 + (size_t)lrand48() % 9, width = 1 + (size_t)lrand48() % 4;
    size_t inputs[3] = {add_part(steps, width, by_chance(0.4), by_chance(0.6))}, n = 2;
    inputs[VALUE] = inputs[QUERY];
    if (!is_self) {
        n = by_chance(0.5) ? 3 : 2;
        size_t n_keys = 1 + (size_t)lrand48() % 9;
        bool is_ragged = by_chance(0.3) && n == 2;
        for (size_t i = 1; i < n; i++)
            inputs[i] = add_part(n_keys, 1 + (size_t)lrand48() % 4, is_ragged, by_chance(0.5));
    }
    size_t sequence = add_node(&t, BL_NN_KIND_MULTI_HEAD_ATTENTION, &w.options, n, inputs);
    t.nodes[sequence].name = "attention";
    static const bl_nn_reduce_options pool = {.axis = 1};
    if (is_pooled)
        ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, sequence);
}

static void against_loops(void **state) {
    (void)state;
    srand48(1);
    for (size_t i = 0; i < 60; i++) {
        bool is_self = i % 2, is_pooled = i % 3 == 0;
        begin_trial(&t);
        draw_wiring(is_self, is_pooled);
        draw_trial(&t, 1 + (size_t)lrand48() % 4, 0.4);
        check_trial(&t, is_pooled ? pooled_attention : attention);
        end_trial(&t);
    }
}

/// More steps than a panel has columns: bits are compared with those of every other kind of
/// kernels, whose panels are others.
static void of_many_steps(void **state) {
    (void)state;
    static gradients first, g;
    static float predicted[MOST_NUMBERS];
    srand48(2);
    for (int causal = 0; causal < 2; causal++) {
        begin_trial(&t);
        memset(&w, 0, sizeof w);
        w.options = (bl_nn_attention_options){
            .num_heads = 2, .key_dim = 5, .use_bias = true, .use_causal_mask = causal};
        w.is_self = true;
        size_t x = add_part(300, 3, true, true);
        ADD_NODE(&t, MULTI_HEAD_ATTENTION, &w.options, x, x);
        draw_trial(&t, 8, 0.1);
        const bl_nn_kernels *kernels;
        for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
            make_network(&t, kernels);
            train(&t, i ? &g : &first);
            size_t n = predict(&t, 1, predicted);
            same_bits(predicted, first.out, n, kernels->name);
            if (i)
                check_same_gradients(&t, &g, &first);
        }
        end_trial(&t);
    }
}

/// Events that are run in several turns, since they have more rows than one has room for: their
/// outputs and gradients are those that they have alone, gradients of parameters the sums.
static void of_many_events(void **state) {
    (void)state;
    enum { EVENTS = 64, PART = 16, WIDTH = 3 };
    static gradients whole, part;
    static double sums[MOST_NUMBERS];
    srand48(5);
    for (int form = 0; form < 4; form++) {
        begin_trial(&t);
        memset(&w, 0, sizeof w);
        w.options = (bl_nn_attention_options){.num_heads = 2,
                                              .key_dim = 4,
                                              .use_bias = true,
                                              .use_causal_mask = form == 1,
                                              .dropout = form < 2 ? 0 : 0.3};
        size_t inputs[] = {add_part(12, WIDTH, form % 2, true), add_part(11, WIDTH, false, true),
                           add_part(11, WIDTH, false, true)};
        add_node(&t, BL_NN_KIND_MULTI_HEAD_ATTENTION, &w.options, 3, inputs);
        draw_trial(&t, EVENTS, 0.3);
        for (size_t i = WIDTH; i < MOST_NUMBERS; i++)
            t.weights[i] = t.weights[i - WIDTH];
        make_network(&t, NULL);
        train(&t, &whole);
        memset(sums, 0, sizeof sums);
        for (size_t e = 0; e < EVENTS; e += PART) {
            train_some(&t, e, PART, &part);
            for (size_t i = 0; i < t.n_inputs; i++) {
                size_t first = t.in[i].offsets[e] * WIDTH;
                size_t n = t.in[i].offsets[e + PART] * WIDTH - first;
                same_bits(whole.inputs[i] + first, part.inputs[i], n, "gradients of inputs");
                if (i == 0)
                    same_bits(whole.out + first, part.out, n, "outputs");
            }
            for (size_t i = 0; i < t.network->plan.n_floats; i++)
                sums[i] += (double)part.parameters[i];
        }
        t.tolerance = 1e-4;
        for (size_t i = 0; i < t.network->plan.n_floats; i++)
            check_number(&t, (double)whole.parameters[i], sums[i], "gradient of a parameter", i);
        end_trial(&t);
    }
}

/// What is dropped is the same again for the same seed, and gradients are those of what was not:
/// differences of the network itself, which is a function of its input while the seed stays.
static double trained_sum(const trial *of) {
    static gradients g;
    double sum = 0;
    train(of, &g);
    for (size_t i = 0; i < of->in[0].offsets[of->n_events] * 3; i++)
        sum += of->weights[i] * (double)g.out[i];
    return sum;
}

static void check_dropped_gradient(double *number, double found) {
    double was = *number, h = 0x1p-6;
    *number = was + h;
    make_network(&t, NULL);
    double above = trained_sum(&t);
    *number = was - h;
    make_network(&t, NULL);
    double below = trained_sum(&t);
    *number = was;
    make_network(&t, NULL);
    if (fabs((above - below) / (2 * h) - found) > 3e-3 * (1 + fabs(found)))
        fail_msg("%g, not %g", found, (above - below) / (2 * h));
}

static void dropout(void **state) {
    (void)state;
    static gradients g, again, other;
    srand48(3);
    begin_trial(&t);
    memset(&w, 0, sizeof w);
    w.options =
        (bl_nn_attention_options){.num_heads = 2, .key_dim = 4, .use_bias = true, .dropout = 0.4};
    w.is_self = true;
    size_t x = add_part(9, 3, true, true);
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &w.options, x, x);
    t.nodes[t.output].name = "attention";
    draw_trial(&t, 4, 0.3);
    t.seed = 7;
    make_network(&t, NULL);
    static float predicted[MOST_NUMBERS];
    size_t n = predict(&t, 4, predicted);
    check_output(&t, attention, predicted, n);
    train(&t, &g);
    train(&t, &again);
    same_bits(g.out, again.out, n, "the same seed");
    t.seed = 8;
    train(&t, &other);
    assert_true(memcmp(g.out, other.out, n * sizeof *g.out) != 0);
    assert_true(memcmp(g.out, predicted, n * sizeof *g.out) != 0);
    t.seed = 7;
    for (size_t i = 0; i < t.network->plan.parameters.n; i++) {
        const bl_nn_parameter p = t.network->plan.parameters.items[i];
        for (size_t k = 0; k < p.n; k += 3)
            check_dropped_gradient(&t.parameters[p.offset + k], (double)g.parameters[p.offset + k]);
    }
    for (size_t k = 0; k < t.in[0].offsets[4] * 3; k += 2)
        if (t.in[0].data[k] != 0)
            check_dropped_gradient(&t.in[0].data[k], (double)g.inputs[0][k]);
    end_trial(&t);
}

/// The mean over many seeds is what is predicted.
static void dropout_keeps_the_mean(void **state) {
    (void)state;
    static gradients g;
    static float predicted[MOST_NUMBERS];
    enum { SEEDS = 4000 };
    srand48(4);
    begin_trial(&t);
    w.options = (bl_nn_attention_options){.num_heads = 1, .key_dim = 2, .dropout = 0.25};
    size_t x = add_input(&t, 5, 2, false);
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &w.options, x, x);
    draw_trial(&t, 1, 0);
    make_network(&t, NULL);
    size_t n = predict(&t, 1, predicted);
    double sums[10] = {0};
    for (t.seed = 0; t.seed < SEEDS; t.seed++) {
        train(&t, &g);
        for (size_t i = 0; i < n; i++)
            sums[i] += (double)g.out[i] / SEEDS;
    }
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(sums[i] - (double)predicted[i]) < 0.05);
    end_trial(&t);
}

static void refuses(void **state) {
    (void)state;
    bl_nn_attention_options options = {.num_heads = 2, .key_dim = 2};
    begin_trial(&t);
    size_t vector = add_input(&t, 0, 3, false), sequence = add_input(&t, 4, 3, false);
    size_t other = add_input(&t, 5, 3, false), ragged = add_input(&t, 4, 3, true);
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, sequence, vector);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n4'", "MultiHeadAttention", "sequences");
    t.n_nodes--;
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, sequence, sequence, other);
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n4'", "keys", "5", "4");
    t.n_nodes--;
    options.dropout = 1;
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, sequence, sequence);
    EXPECT_ERROR(&t, BL_E_INVALID, "'n4'", "drops 1");
    t.n_nodes--;
    options = (bl_nn_attention_options){.num_heads = INT32_MAX, .key_dim = INT32_MAX};
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, sequence, sequence);
    EXPECT_ERROR(&t, BL_E_LIMIT, "'n4'", "too many parameters");
    t.n_nodes--;
    options = (bl_nn_attention_options){.num_heads = 2, .key_dim = 2};
    ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, sequence, sequence, ragged);
    draw_trial(&t, 3, 0);
    make_network(&t, NULL);
    static feeds f;
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    assert_ok(bl_nn_workspace_new(t.network, 3, false, &workspace, NULL));
    feed_events(&t, 0, 3, &f);
    f.offsets[3][1] = f.offsets[3][2] = f.offsets[3][3] = 2;
    bl_nn_matrix out;
    bl_error err = {0};
    assert_error(bl_nn_predict(workspace, 3, f.list, &out, &err), BL_E_SHAPE, err,
                 "event 0 has 4 and 2");
    bl_nn_workspace_free(BL_MOVE(workspace));
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_loops),          cmocka_unit_test(of_many_steps),
        cmocka_unit_test(of_many_events),         cmocka_unit_test(dropout),
        cmocka_unit_test(dropout_keeps_the_mean), cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
