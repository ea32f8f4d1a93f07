// SPDX-License-Identifier: Apache-2.0
// Running plans. Of each range of rows first the columns are read that cuts look at; where no row
// passes, that is all. Else the other columns are read, the rows that passed are copied out of
// both, a recipe may refuse more of them, and the variables are computed of those that are left
// alone.
#include "base/clock.h"
#include "base/context.h"
#include "data/stream/plan_private.h"
#include "table/scan.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a plan"); }

/// Adds the rows that are kept to an entry of the cut flow. \param weights NULL: 1 each
static int64_t count(bl_plan_entry *entry, const uint8_t *keep, const double *weights,
                     int64_t n_rows) {
    int64_t n = 0;
    for (int64_t row = 0; row < n_rows; row++)
        n += keep[row];
    entry->n_rows += n;
    if (!weights) {
        bl_sum_add(&entry->sumw, (double)n);
        bl_sum_add(&entry->sumw2, (double)n);
        return n;
    }
    for (int64_t row = 0; row < n_rows; row++)
        if (keep[row]) {
            bl_sum_add(&entry->sumw, weights[row]);
            bl_sum_add(&entry->sumw2, weights[row] * weights[row]);
        }
    return n;
}

static bl_status check_weights(const bl_plan *plan, const double *weights, int64_t first_row,
                               int64_t n_rows, bl_error *err) {
    size_t file;
    int64_t row = 0, entry;
    while (row < n_rows && isfinite(weights[row]))
        row++;
    if (row == n_rows)
        return BL_OK;
    BL_TRY(bl_table_place(plan->table, first_row + row, &file, &entry, err));
    return bl_error_set(err, BL_E_RANGE,
                        "%s: entry %lld: the weight '%s' is missing or no finite number",
                        bl_table_file(plan->table, file), (long long)entry, plan->weight);
}

static void apply_mask(const bl_plan *plan, const int64_t *runs, const int64_t *sections,
                       uint8_t *keep, int64_t n_rows) {
    for (int64_t row = 0; row < n_rows; row++)
        keep[row] &= bl_lumi_mask_has(plan->extras.mask, runs[row], sections[row]);
}

/// Some rows of the table, while it is decided which of them are taken.
typedef struct decision {
    bl_batch *early;       ///< the columns that were read first; owns
    bl_batch *results;     ///< of cuts and weights; NULL: there are none; owns
    const double *weights; ///< [rows of `early`]; NULL: 1 each
    bl_buffer *keep;       ///< [rows of `early`] 1 where a row is taken; owns
    int64_t n;             ///< how many are
    bl_plan_entry *next;   ///< entry of the cut flow
} decision;

static void release(decision *d) {
    bl_batch_release(d->early);
    bl_batch_release(d->results);
    bl_buffer_release(d->keep);
}

static void count_next(decision *d) {
    d->n = count(d->next++, d->keep->data, d->weights, d->early->n_rows);
}

/// Applies the mask, then cut after cut.
static bl_status apply_cuts(bl_plan *plan, decision *d, bl_error *err) {
    int64_t n_rows = d->early->n_rows;
    BL_TRY(bl_buffer_new(plan->context, (size_t)n_rows, &d->keep, err));
    uint8_t *keep = d->keep->data;
    memset(keep, 1, (size_t)n_rows);
    if (plan->cuts)
        BL_TRY(bl_expressions_eval(plan->cuts, d->early, &d->results, err));
    const bl_column *column = d->results ? &d->results->columns[plan->n_cuts] : NULL;
    if (plan->weight)
        d->weights = (const double *)bl_column_values(column++);
    if (d->weights)
        BL_TRY(check_weights(plan, d->weights, d->early->first_row, n_rows, err));
    d->next = plan->flow;
    count_next(d);
    if (plan->extras.mask) {
        apply_mask(plan, (const int64_t *)bl_column_values(column),
                   (const int64_t *)bl_column_values(column + 1), keep, n_rows);
        count_next(d);
    }
    for (size_t i = 0; d->results && i < plan->n_cuts; i++) {
        const uint8_t *bits = (const uint8_t *)bl_column_values(&d->results->columns[i]);
        for (int64_t row = 0; row < n_rows; row++)
            keep[row] = (uint8_t)(keep[row] & (bits[row / 8] >> row % 8));
        count_next(d);
    }
    return BL_OK;
}

/// Shares a column of another batch.
static bl_status share(bl_batch *batch, size_t i, const bl_column *column, bl_error *err) {
    return bl_column_concat(batch->context, &column, 1, &batch->columns[i], err);
}

/// A batch of the rows of another, of columns without names: they are told by their places.
static bl_status new_batch(bl_context *context, size_t n, const bl_batch *like,
                           bl_batch **ret_batch, bl_error *err) {
    const char **names = (const char **)bl_alloc_zero(context, n + 1, sizeof *names);
    if (!names)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++)
        names[i] = "";
    bl_status status =
        bl_batch_new(context, n, names, like->first_row, like->n_rows, ret_batch, err);
    bl_free(context, names);
    return status;
}

/// Columns of two batches of the same rows as one.
static bl_status gather(bl_context *context, const bl_plan_place *places, size_t n,
                        const bl_batch *early, const bl_batch *late, bl_batch **ret_batch,
                        bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(new_batch(context, n, early, &batch, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(
            share(batch, i, bl_batch_column(places[i].is_late ? late : early, places[i].at), err));
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

/// Notes in the cut flow what the recipe refused of the rows that were taken so far.
/// \param steps [d->n] that each of them passed, with room for all rows of `d->early`
static void count_steps(decision *d, uint8_t *steps) {
    int64_t at = d->n;
    uint8_t *keep = d->keep->data;
    for (int64_t row = d->early->n_rows; row-- > 0;)
        steps[row] = keep[row] ? steps[--at] : 0;
    for (int step = 0; step < BL_TOPOLOGY_N_STEPS; step++) {
        for (int64_t row = 0; row < d->early->n_rows; row++)
            keep[row] = steps[row] > step;
        count_next(d);
    }
}

/// Lets the recipe refuse rows, and make its columns of the others.
/// \param early, late of the rows that were taken so far
/// \param wanted of these rows, becomes that of those that are left
static bl_status apply_recipe(bl_plan *plan, decision *d, const bl_batch *early,
                              const bl_batch *late, bl_batch **wanted, bl_batch **ret_made,
                              bl_error *err) {
    const size_t *columns;
    size_t n = bl_topology_columns(plan->extras.recipe, &columns), n_all = (size_t)d->early->n_rows;
    BL_AUTO(bl_batch) inputs = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_batch *left = NULL;
    BL_TRY(gather(plan->context, plan->of_recipe, n, early, late, &inputs, err));
    BL_TRY(bl_buffer_new(plan->context, 2 * n_all, &bytes, err));
    uint8_t *steps = bytes->data, *passed = steps + n_all;
    BL_TRY_IN(bl_topology_run(plan->extras.recipe, inputs, steps, ret_made, err), err, "%s",
              bl_table_file(plan->table, 0));
    for (int64_t i = 0; i < d->n; i++)
        passed[i] = steps[i] == BL_TOPOLOGY_N_STEPS;
    BL_TRY(bl_batch_filter(*wanted, passed, &left, err));
    bl_batch_release(*wanted);
    *wanted = left;
    count_steps(d, steps);
    return BL_OK;
}

/// The variables, of rows that were taken already.
static bl_status compute(const bl_plan *plan, const bl_batch *wanted, bl_batch **ret_batch,
                         bl_error *err) {
    BL_AUTO(bl_batch) inputs = NULL;
    size_t n = plan->n_wanted - plan->n_kept;
    BL_TRY(new_batch(plan->context, n, wanted, &inputs, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(share(inputs, i, &wanted->columns[plan->n_kept + i], err));
    return bl_expressions_eval(plan->variables, inputs, ret_batch, err);
}

/// Kept columns, variables and what the recipe made as one batch.
/// \param variables, made NULL: there are none
static bl_status assemble(const bl_plan *plan, const bl_batch *wanted, const bl_batch *variables,
                          const bl_batch *made, bl_batch **ret_batch, bl_error *err) {
    size_t n = bl_plan_n_columns(plan), n_before = plan->n_kept + plan->n_computed;
    const char **names = (const char **)bl_alloc_zero(plan->context, n + 1, sizeof *names);
    BL_AUTO(bl_batch) batch = NULL;
    if (!names)
        return out_of_memory(err);
    bl_status status = BL_OK;
    for (size_t i = 0; i < n && status == BL_OK; i++) {
        bl_plan_column_info info = {.size = sizeof info};
        status = bl_plan_column(plan, i, &info, err);
        names[i] = info.name;
    }
    if (status == BL_OK)
        status =
            bl_batch_new(plan->context, n, names, wanted->first_row, wanted->n_rows, &batch, err);
    bl_free(plan->context, names);
    for (size_t i = 0; i < n && status == BL_OK; i++)
        status = share(batch, i,
                       i < plan->n_kept ? bl_batch_column(wanted, i)
                       : i < n_before   ? bl_batch_column(variables, i - plan->n_kept)
                                        : bl_batch_column(made, i - n_before),
                       err);
    if (status == BL_OK)
        *ret_batch = BL_MOVE(batch);
    return status;
}

/// Seconds since `*since`, which becomes now.
static double lap(double *since) {
    double before = *since;
    *since = bl_clock_s();
    return *since - before;
}

/// Notes which rows of the table were taken.
static bl_status note_rows(bl_plan *plan, const decision *d, bl_error *err) {
    size_t n_bytes = (size_t)d->n * sizeof(int64_t);
    if (plan->rows && plan->rows->capacity < n_bytes)
        bl_buffer_release(BL_MOVE(plan->rows));
    if (!plan->rows)
        BL_TRY(bl_buffer_new(plan->context, n_bytes, &plan->rows, err));
    int64_t *rows = (int64_t *)(void *)plan->rows->data;
    for (int64_t row = 0; row < d->early->n_rows; row++)
        if (d->keep->data[row])
            *rows++ = d->early->first_row + row;
    return BL_OK;
}

/// Reads what is read late, and takes the rows that passed out of everything.
/// \param ret_batch NULL where the recipe refused all rows
static bl_status take(bl_plan *plan, decision *d, double *since, bl_batch **ret_batch,
                      bl_error *err) {
    BL_AUTO(bl_batch) early = NULL;
    BL_AUTO(bl_batch) late = NULL;
    BL_AUTO(bl_batch) wanted = NULL;
    BL_AUTO(bl_batch) made = NULL;
    BL_AUTO(bl_batch) variables = NULL;
    if (plan->n_late)
        BL_TRY(bl_scan_late(plan->scan, d->keep->data, &late, err));
    plan->times.late_s += lap(since);
    BL_TRY(bl_batch_filter(d->early, d->keep->data, &early, err));
    BL_TRY(gather(plan->context, plan->wanted, plan->n_wanted, early, late, &wanted, err));
    if (plan->extras.recipe) {
        plan->times.compute_s += lap(since);
        BL_TRY(apply_recipe(plan, d, early, late, &wanted, &made, err));
        plan->times.recipe_s += lap(since);
    }
    if (d->n == 0)
        return *ret_batch = NULL, BL_OK;
    if (plan->extras.has_rows)
        BL_TRY(note_rows(plan, d, err));
    if (plan->variables)
        BL_TRY(compute(plan, wanted, &variables, err));
    BL_TRY(assemble(plan, wanted, variables, made, ret_batch, err));
    plan->times.compute_s += lap(since);
    return BL_OK;
}

/// Rows that were passed unseen are rows all the same.
static void count_passed(bl_plan *plan) {
    int64_t n = bl_scan_n_passed(plan->scan) - plan->n_passed;
    plan->n_passed += n;
    plan->flow[0].n_rows += n;
    bl_sum_add(&plan->flow[0].sumw, (double)n);
    bl_sum_add(&plan->flow[0].sumw2, (double)n);
}

/// The next rows, of which perhaps none is taken: then `*ret_batch` is NULL.
static bl_status next(bl_plan *plan, decision *d, bl_batch **ret_batch, bl_error *err) {
    double since = bl_clock_s();
    bl_status status = bl_scan_next(plan->scan, &d->early, err);
    plan->times.read_s += lap(&since);
    count_passed(plan);
    BL_TRY(status);
    BL_TRY(apply_cuts(plan, d, err));
    plan->times.cut_s += lap(&since);
    return d->n ? take(plan, d, &since, ret_batch, err) : BL_OK;
}

bl_status bl_plan_next(bl_plan *plan, bl_batch **ret_batch, bl_error *err) {
    for (;;) {
        decision d = {0};
        bl_batch *batch = NULL;
        bl_status status = next(plan, &d, &batch, err);
        plan->n_taken += d.n;
        release(&d);
        BL_TRY(status);
        if (!batch)
            continue;
        *ret_batch = batch;
        return BL_OK;
    }
}
