// SPDX-License-Identifier: Apache-2.0
// Masking and Embedding, whose rows that do not count are left out where nobody would see them and
// are there where somebody does; Flatten and Reshape, which do.
#include "nn/network/network_testing.h"

static trial t;
static const bl_nn_masking_options zero;
static const bl_nn_reduce_options pool = {.axis = 1};

static bool differs(const double *x, size_t n, double value) {
    for (size_t k = 0; k < n; k++)
        if (x[k] != value)
            return true;
    return false;
}

// ---- Masking ----

static double mask_value;

static void masked(const trial *of, rows_of_events *out) {
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = rows_in(&of->in[0], e), width = out->width;
        double *y = next_event(out, e, n);
        for (size_t r = 0; r < n; r++)
            if (differs(row_in(&of->in[0], e, r), width, mask_value))
                memcpy(y + r * width, row_in(&of->in[0], e, r), width * sizeof *y);
    }
}

/// Rows that the input lacks are zeros, and so are those that do not count.
static void masked_flat(const trial *of, rows_of_events *out) {
    static rows_of_events rows;
    rows.width = of->in[0].width;
    masked(of, &rows);
    for (size_t e = 0; e < of->n_events; e++)
        memcpy(next_event(out, e, 1), row_in(&rows, e, 0),
               rows_in(&rows, e) * rows.width * sizeof(double));
}

static void masked_mean(const trial *of, rows_of_events *out) {
    size_t width = out->width;
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1), n = 0;
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++)
            n += differs(row_in(&of->in[0], e, r), width, mask_value);
        for (size_t r = 0; r < rows_in(&of->in[0], e); r++)
            for (size_t k = 0; k < width; k++)
                if (differs(row_in(&of->in[0], e, r), width, mask_value))
                    y[k] += row_in(&of->in[0], e, r)[k] / n;
    }
}

/// A mean of one Masking, and all of its rows beside it.
static void masked_both(const trial *of, rows_of_events *out) {
    static rows_of_events mean, flat;
    mean.width = of->in[0].width;
    flat.width = out->width - mean.width;
    masked_mean(of, &mean);
    masked_flat(of, &flat);
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1);
        memcpy(y, row_in(&mean, e, 0), mean.width * sizeof *y);
        memcpy(y + mean.width, row_in(&flat, e, 0), flat.width * sizeof *y);
    }
}

enum { ALONE, BEFORE_FLATTEN, BEFORE_POOLING, BEFORE_BOTH, N_USES };

/// \return whether rows were left out
static bool check_masking(int use, bool is_ragged, double value) {
    static const bl_nn_concatenate_options columns = {.axis = -1};
    static const reference_fn references[] = {masked, masked_flat, masked_mean, masked_both};
    bl_nn_masking_options options = {.mask_value = value};
    mask_value = value;
    begin_trial(&t);
    size_t rows = ADD_NODE(&t, MASKING, &options, add_input(&t, 6, 3, is_ragged)), mean = 0,
           flat_rows = 0;
    t.is_masked[0] = value == 0;
    if (use == BEFORE_POOLING || use == BEFORE_BOTH)
        mean = ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, rows);
    if (use == BEFORE_FLATTEN || use == BEFORE_BOTH)
        flat_rows = ADD_NODE(&t, FLATTEN, NULL, rows);
    if (use == BEFORE_BOTH)
        ADD_NODE(&t, CONCATENATE, &columns, mean, flat_rows);
    draw_trial(&t, 9, value == 0 ? 0.4 : 0);
    for (size_t i = 0; i < t.in[0].offsets[9] && value != 0; i += 3)
        t.in[0].data[3 * i] = value; // one number of it is not enough
    check_trial(&t, references[use]);
    bool packs = t.network->steps[1].packs;
    end_trial(&t);
    return packs;
}

static void masking(void **state) {
    (void)state;
    srand48(1);
    for (int is_ragged = 0; is_ragged < 2; is_ragged++)
        for (int use = ALONE; use < N_USES; use++)
            for (size_t i = 0; i < 3; i++)
                assert_int_equal(check_masking(use, is_ragged, i == 2 ? 0.5 : 0),
                                 use == BEFORE_POOLING);
}

/// Events without rows, without rows that count, and with nothing but such.
static void few_rows(void **state) {
    (void)state;
    srand48(2);
    for (int use = ALONE; use < N_USES; use++)
        for (int all_zeros = 0; all_zeros < 2; all_zeros++) {
            begin_trial(&t);
            mask_value = 0;
            size_t rows = ADD_NODE(&t, MASKING, &zero, add_input(&t, 3, 2, true));
            t.is_masked[0] = true;
            if (use == BEFORE_FLATTEN)
                ADD_NODE(&t, FLATTEN, NULL, rows);
            if (use == BEFORE_POOLING)
                ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, rows);
            draw_trial(&t, 12, all_zeros);
            check_trial(&t, use == BEFORE_FLATTEN   ? masked_flat
                            : use == BEFORE_POOLING ? masked_mean
                                                    : masked);
            end_trial(&t);
        }
}

// ---- Flatten and Reshape ----

static void flat(const trial *of, rows_of_events *out) {
    const bl_nn_value *value = &of->network->plan.values.items[of->network->outputs[0]];
    size_t n_rows = value->shape.steps ? value->shape.steps : 1;
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, n_rows);
        memcpy(y, row_in(&of->in[0], e, 0), rows_in(&of->in[0], e) * of->in[0].width * sizeof *y);
    }
}

static void reshape(void **state) {
    (void)state;
    static const struct {
        size_t steps, width, n;
        int64_t target[2];
    } cases[] = {{0, 12, 1, {-1}},  {0, 12, 2, {3, 4}}, {0, 12, 2, {-1, 2}}, {6, 2, 2, {2, -1}},
                 {6, 2, 2, {4, 3}}, {6, 2, 1, {12}},    {3, 20, 2, {4, 15}}, {3, 20, 2, {60, 1}}};
    srand48(3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int form = 0; form < 4; form++) {
            if (form % 2 && !cases[i].steps)
                continue;
            bl_nn_reshape_options options = {{cases[i].n, cases[i].target}};
            begin_trial(&t);
            size_t x = add_input(&t, cases[i].steps, cases[i].width, form % 2);
            if (form / 2)
                ADD_NODE(&t, FLATTEN, NULL, x);
            else
                ADD_NODE(&t, RESHAPE, &options, x);
            draw_trial(&t, 5, 0);
            check_trial(&t, flat);
            end_trial(&t);
        }
    static const int64_t wrong[][2] = {{5, 2},   {-1, 5}, {0, 6},
                                       {-1, -1}, {-2, 6}, {INT32_MAX, INT32_MAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bl_nn_reshape_options options = {{2, wrong[i]}};
        begin_trial(&t);
        ADD_NODE(&t, RESHAPE, &options, add_input(&t, 0, 6, false));
        EXPECT_ERROR(&t, BL_E_SHAPE, "'n1'", "(Reshape)", "6 numbers");
        end_trial(&t);
    }
}

// ---- Embedding ----

enum { WORDS = 7, COLUMNS = 3 };
static bool has_mask;

static void embedded(const trial *of, rows_of_events *out) {
    const double *table = parameter_of(of, "n1", "embeddings");
    const rows_of_events *in = &of->in[0];
    for (size_t e = 0; e < of->n_events; e++) {
        size_t n = rows_in(in, e) * in->width; // a vector's numbers, or a sequence's
        double *y = next_event(out, e, n);
        for (size_t r = 0; r < n; r++)
            memcpy(y + r * COLUMNS, table + (size_t)row_in(in, e, 0)[r] * COLUMNS,
                   COLUMNS * sizeof *y);
    }
}

static void embedded_mean(const trial *of, rows_of_events *out) {
    static rows_of_events rows;
    rows.width = COLUMNS;
    embedded(of, &rows);
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1), n = 0;
        for (size_t r = 0; r < rows_in(&rows, e); r++)
            n += !has_mask || row_in(&of->in[0], e, 0)[r] != 0;
        for (size_t r = 0; r < rows_in(&rows, e); r++)
            for (size_t k = 0; k < COLUMNS; k++)
                if (!has_mask || row_in(&of->in[0], e, 0)[r] != 0)
                    y[k] += row_in(&rows, e, r)[k] / n;
    }
}

static void draw_words(trial *of, size_t n_events) {
    draw_trial(of, n_events, 0);
    for (size_t i = 0; i < MOST_NUMBERS; i++)
        of->in[0].data[i] = by_chance(0.3) ? 0 : (double)(lrand48() % WORDS);
}

static void check_table(const trial *of, reference_fn reference, const gradients *g) {
    const bl_nn_parameter *p = bl_nn_network_find(of->network, "n1", "embeddings");
    for (size_t k = 0; k < p->n; k++)
        check_number(of, (double)g->parameters[p->offset + k],
                     difference(&t, reference, &t.parameters[p->offset + k]), "embeddings", k);
    for (size_t k = 0; k < of->in[0].offsets[of->n_events] * of->in[0].width; k++)
        assert_true(g->inputs[0][k] == 0);
}

/// Differences of words are none: only the table has a gradient.
static void check_embedding(bool is_sequence, bool is_ragged, bool is_pooled) {
    static float found[MOST_NUMBERS], whole[MOST_NUMBERS];
    static gradients g;
    bl_nn_embedding_options options = {
        .input_dim = WORDS, .output_dim = COLUMNS, .mask_zero = has_mask};
    begin_trial(&t);
    size_t x = is_sequence ? add_input(&t, 5, 1, is_ragged) : add_input(&t, 0, 5, false);
    size_t rows = ADD_NODE(&t, EMBEDDING, &options, x);
    if (is_pooled)
        ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, rows);
    draw_words(&t, 8);
    make_network(&t, NULL);
    assert_int_equal(t.network->steps[1].packs, has_mask && is_pooled);
    reference_fn reference = is_pooled ? embedded_mean : embedded;
    size_t n = predict(&t, 8, whole);
    check_output(&t, reference, whole, n);
    assert_int_equal(predict(&t, 3, found), n);
    same_bits(found, whole, n, "events in parts");
    train(&t, &g);
    check_table(&t, reference, &g);
    end_trial(&t);
}

/// The mean of rows that count, and all rows beside it, which keeps them there.
static void embedded_both(const trial *of, rows_of_events *out) {
    static rows_of_events mean, rows;
    mean.width = rows.width = COLUMNS;
    embedded_mean(of, &mean);
    embedded(of, &rows);
    for (size_t e = 0; e < of->n_events; e++) {
        double *y = next_event(out, e, 1);
        memcpy(y, row_in(&mean, e, 0), COLUMNS * sizeof *y);
        memcpy(y + COLUMNS, row_in(&rows, e, 0), rows_in(&rows, e) * COLUMNS * sizeof *y);
    }
}

static void masks_of_all_rows(void **state) {
    (void)state;
    static float found[MOST_NUMBERS];
    static gradients g;
    static const bl_nn_concatenate_options columns = {.axis = -1};
    srand48(5);
    for (int form = 0; form < 6; form++) {
        has_mask = form % 2;
        bl_nn_embedding_options options = {
            .input_dim = WORDS, .output_dim = COLUMNS, .mask_zero = has_mask};
        begin_trial(&t);
        size_t x = form / 2 ? add_input(&t, 5, 1, form / 2 == 2) : add_input(&t, 0, 5, false);
        size_t rows = ADD_NODE(&t, EMBEDDING, &options, x);
        size_t mean = ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, rows);
        size_t all = ADD_NODE(&t, FLATTEN, NULL, rows);
        ADD_NODE(&t, CONCATENATE, &columns, mean, all);
        draw_words(&t, 8);
        make_network(&t, NULL);
        assert_false(t.network->steps[1].packs);
        check_output(&t, embedded_both, found, predict(&t, 3, found));
        train(&t, &g);
        check_table(&t, embedded_both, &g);
        end_trial(&t);
    }
}

static void embedding(void **state) {
    (void)state;
    srand48(4);
    for (int form = 0; form < 12; form++) {
        has_mask = form % 2;
        check_embedding(form / 4, form / 4 == 2, form / 2 % 2);
    }
}

static void words_that_are_none(void **state) {
    (void)state;
    static const double wrong[] = {-1, WORDS, NAN, INFINITY, 1e30};
    static feeds f;
    bl_nn_embedding_options options = {.input_dim = WORDS, .output_dim = COLUMNS};
    begin_trial(&t);
    ADD_NODE(&t, EMBEDDING, &options, add_input(&t, 0, 2, false));
    draw_words(&t, 2);
    make_network(&t, NULL);
    BL_AUTO(bl_nn_workspace) w = NULL;
    assert_ok(bl_nn_workspace_new(t.network, 2, false, &w, NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bl_error err = {0};
        bl_nn_matrix out;
        t.in[0].data[3] = wrong[i];
        feed_events(&t, 0, 2, &f);
        assert_error(bl_nn_predict(w, 2, f.list, &out, &err), BL_E_INVALID, err,
                     "layer 'n1' takes numbers from 0 to 6; event 1 has");
    }
    bl_nn_workspace_free(BL_MOVE(w));
    end_trial(&t);
    begin_trial(&t);
    ADD_NODE(&t, EMBEDDING, &options, add_input(&t, 3, 2, false));
    EXPECT_ERROR(&t, BL_E_SHAPE, "'n1'", "one column", "2");
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masking),           cmocka_unit_test(few_rows),
        cmocka_unit_test(reshape),           cmocka_unit_test(embedding),
        cmocka_unit_test(masks_of_all_rows), cmocka_unit_test(words_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
