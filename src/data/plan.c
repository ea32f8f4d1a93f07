// SPDX-License-Identifier: Apache-2.0
// Plans. Of each range of rows first the columns are read that cuts look at; where no row passes,
// that is all. Else the other columns are read, the rows that passed are copied out of both, a
// recipe may refuse more of them, and the variables are computed of those that are left alone.
#include "data/plan.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/options.h"
#include "base/sum.h"
#include "column/column.h"
#include "expr/needs.h"
#include "table/scan.h"

BL_DEFINE_AUTO(bl_scan, bl_scan_close);

enum { MOST_OTHER_CUTS = 2 + BL_TOPOLOGY_N_STEPS }; ///< in the cut flow

/// Where a column of the table is in a range: among the first or the late ones.
typedef struct place {
    bool is_late;
    size_t at;
} place;

/// One entry of the cut flow.
typedef struct cut {
    const char *text;
    int64_t n_rows;
    bl_sum sumw, sumw2;
} cut;

struct bl_plan {
    bl_context *context;
    bl_arena arena;
    bl_table *table;
    bl_scan *scan;
    bl_plan_extras extras;
    /// Cuts, then the weight, then the run and the section where there is a mask; NULL: nothing
    bl_expressions *cuts;
    bl_expressions *variables; ///< NULL: there are none
    size_t n_cuts;
    const char **cut_texts; ///< [n_cuts]
    const char *weight;     ///< NULL: 1
    cut *flow;              ///< [1 + (is there a mask) + n_cuts + steps of the recipe]
    size_t n_variables;
    bl_named_text *named; ///< [n_variables]
    size_t n_computed;    ///< of the variables: columns
    size_t n_kept;
    size_t *kept;           ///< [n_kept] columns of the table
    size_t n_wanted;        ///< kept columns, then those that variables are computed of
    place *wanted;          ///< [n_wanted]
    place *of_recipe;       ///< of the columns that the recipe looks at
    size_t n_early, n_late; ///< columns read first, and late
    size_t *early, *late;
    int64_t n_taken;  ///< rows
    int64_t n_passed; ///< rows that no cut had to look at
    bl_plan_times times;
};

// ---- making ----

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a plan"); }

static bl_status copy_options(bl_plan *plan, const bl_plan_options *o, bl_error *err) {
    bl_arena *arena = &plan->arena;
    plan->cut_texts = (const char **)bl_arena_array(arena, o->n_cuts + 1, sizeof(char *));
    plan->flow = (cut *)bl_arena_array(arena, o->n_cuts + MOST_OTHER_CUTS, sizeof *plan->flow);
    plan->named = (bl_named_text *)bl_arena_array(arena, o->n_variables + 1, sizeof *plan->named);
    plan->kept = (size_t *)bl_arena_array(arena, o->n_columns + 1, sizeof *plan->kept);
    if (!plan->cut_texts || !plan->flow || !plan->named || !plan->kept)
        return out_of_memory(err);
    for (; plan->n_cuts < o->n_cuts; plan->n_cuts++) {
        const char *text = o->cuts[plan->n_cuts];
        plan->cut_texts[plan->n_cuts] = bl_arena_text(arena, text, strlen(text));
        if (!plan->cut_texts[plan->n_cuts])
            return out_of_memory(err);
    }
    for (; plan->n_variables < o->n_variables; plan->n_variables++) {
        const bl_named_text *from = &o->variables[plan->n_variables];
        bl_named_text *to = &plan->named[plan->n_variables];
        to->name = bl_arena_text(arena, from->name, strlen(from->name));
        to->text = bl_arena_text(arena, from->text, strlen(from->text));
        if (!to->name || !to->text)
            return out_of_memory(err);
    }
    if (o->weight && !(plan->weight = bl_arena_text(arena, o->weight, strlen(o->weight))))
        return out_of_memory(err);
    if (o->n_hidden > o->n_variables)
        return bl_error_set(err, BL_E_INVALID, "%zu hidden variables of %zu", o->n_hidden,
                            o->n_variables);
    plan->n_computed = o->n_variables - o->n_hidden;
    plan->n_kept = o->n_columns;
    if (o->n_columns)
        memcpy(plan->kept, o->columns, o->n_columns * sizeof *plan->kept);
    return BL_OK;
}

/// Adds an expression, of which `format` says how it is made of the user's own, which stands beside
/// it by another name, so that an error shows the user's words.
/// \param results, sources next places of what is computed, and of the user's
static bl_status wrap(bl_plan *plan, bl_named_text **results, bl_named_text **sources,
                      const char *name, const char *text, const char *format, bl_error *err) {
    bl_named_text *result = (*results)++, *source = (*sources)++;
    *source = (bl_named_text){name, text};
    result->name = bl_arena_printf(&plan->arena, "%s as a value", name);
    result->text = bl_arena_printf(&plan->arena, format, name);
    return result->name && result->text && name ? BL_OK : out_of_memory(err);
}

static size_t n_results(const bl_plan *plan) {
    size_t n = plan->n_cuts;
    n += plan->weight ? 1 : 0;
    return n + (plan->extras.mask ? 2 : 0);
}

/// What is computed of a cut is whether it is true, neither false nor missing.
static bl_status wrap_all(bl_plan *plan, bl_named_text *results, bl_named_text *sources,
                          bl_error *err) {
    for (size_t i = 0; i < plan->n_cuts; i++)
        BL_TRY(wrap(plan, &results, &sources, bl_arena_printf(&plan->arena, "selection %zu", i + 1),
                    plan->cut_texts[i], "fill_none(`%s`, False) and True", err));
    if (plan->weight)
        BL_TRY(wrap(plan, &results, &sources, "the weight", plan->weight, "float(`%s`)", err));
    if (!plan->extras.mask)
        return BL_OK;
    BL_TRY(wrap(plan, &results, &sources, "the run", plan->extras.run, "int(`%s`)", err));
    return wrap(plan, &results, &sources, "the luminosity section", plan->extras.luminosity_block,
                "int(`%s`)", err);
}

/// Each is one value an event.
static bl_status check_results(const bl_plan *plan, const bl_named_text *sources, bl_error *err) {
    for (size_t i = 0; i < n_results(plan); i++) {
        bl_type_id id = bl_type_get_id(bl_expressions_type(plan->cuts, i));
        if (i < plan->n_cuts && id != BL_BOOL)
            return bl_error_set(err, BL_E_SHAPE,
                                "%s: '%s' gives a list; a selection is one value an event, such as "
                                "any(...) or all(...) of a list",
                                sources[i].name, sources[i].text);
        bool is_of_mask = i >= plan->n_cuts + (plan->weight ? 1 : 0);
        if (is_of_mask && id != BL_INT64)
            return bl_error_set(err, BL_E_TYPE, "%s: '%s' is no integer", sources[i].name,
                                sources[i].text);
        if (id > BL_FLOAT64)
            return bl_error_set(err, BL_E_SHAPE, "%s: '%s' gives a list; it is one value an event",
                                sources[i].name, sources[i].text);
    }
    return BL_OK;
}

static bl_status compile_cuts(bl_plan *plan, bl_error *err) {
    size_t n = n_results(plan), n_all = 2 * n + plan->n_variables;
    bl_named_text *texts = (bl_named_text *)bl_arena_array(&plan->arena, n_all + 1, sizeof *texts);
    if (!texts)
        return out_of_memory(err);
    BL_TRY(wrap_all(plan, texts, texts + n, err));
    if (plan->n_variables)
        memcpy(texts + 2 * n, plan->named, plan->n_variables * sizeof *texts);
    BL_TRY(bl_expressions_new_some(plan->context, plan->table, texts, n_all, n, plan->extras.rule,
                                   &plan->cuts, err));
    return check_results(plan, texts + n, err);
}

/// The entries of the cut flow: all rows, the mask, the cuts, the steps of the recipe.
static void name_cuts(bl_plan *plan) {
    cut *next = plan->flow;
    (next++)->text = "all";
    if (plan->extras.mask)
        (next++)->text = plan->extras.mask_text;
    for (size_t i = 0; i < plan->n_cuts; i++)
        (next++)->text = plan->cut_texts[i];
    for (size_t i = 0; plan->extras.recipe && i < BL_TOPOLOGY_N_STEPS; i++)
        (next++)->text = bl_topology_steps[i];
}

static bl_status compile(bl_plan *plan, bl_error *err) {
    name_cuts(plan);
    if (n_results(plan))
        BL_TRY(compile_cuts(plan, err));
    if (plan->n_computed)
        BL_TRY(bl_expressions_new_some(plan->context, plan->table, plan->named, plan->n_variables,
                                       plan->n_computed, plan->extras.rule, &plan->variables, err));
    return BL_OK;
}

static size_t columns_of(const bl_expressions *expressions, const size_t **ret_columns) {
    *ret_columns = NULL;
    return expressions ? bl_expressions_columns(expressions, ret_columns) : 0;
}

/// Finds the place of a column, and makes it a late one where it has none.
static place place_of(bl_plan *plan, size_t column) {
    for (size_t i = 0; i < plan->n_early; i++)
        if (plan->early[i] == column)
            return (place){false, i};
    size_t i = 0;
    while (i < plan->n_late && plan->late[i] != column)
        i++;
    if (i == plan->n_late)
        plan->late[plan->n_late++] = column;
    return (place){true, i};
}

static bl_status place_columns(bl_plan *plan, bl_error *err) {
    const size_t *of_cuts, *of_variables, *of_recipe = NULL;
    const bl_topology *recipe = plan->extras.recipe;
    size_t n_cuts = columns_of(plan->cuts, &of_cuts);
    size_t n_variables = columns_of(plan->variables, &of_variables);
    size_t n_recipe = recipe ? bl_topology_columns(recipe, &of_recipe) : 0;
    size_t n_wanted = plan->n_kept + n_variables;
    bl_arena *arena = &plan->arena;
    plan->early = (size_t *)bl_arena_array(arena, n_cuts + 1, sizeof(size_t));
    plan->late = (size_t *)bl_arena_array(arena, n_wanted + n_recipe + 1, sizeof(size_t));
    plan->wanted = (place *)bl_arena_array(arena, n_wanted + 1, sizeof(place));
    plan->of_recipe = (place *)bl_arena_array(arena, n_recipe + 1, sizeof(place));
    if (!plan->early || !plan->late || !plan->wanted || !plan->of_recipe)
        return out_of_memory(err);
    for (; plan->n_early < n_cuts; plan->n_early++)
        plan->early[plan->n_early] = of_cuts[plan->n_early];
    for (; plan->n_wanted < n_wanted; plan->n_wanted++) {
        size_t i = plan->n_wanted;
        plan->wanted[i] =
            place_of(plan, i < plan->n_kept ? plan->kept[i] : of_variables[i - plan->n_kept]);
    }
    for (size_t i = 0; i < n_recipe; i++)
        plan->of_recipe[i] = place_of(plan, of_recipe[i]);
    return BL_OK;
}

bl_status bl_plan_open(bl_context *context, bl_table *table, const bl_plan_options *options,
                       bl_plan **ret_plan, bl_error *err) {
    return bl_plan_open_with(context, table, options, NULL, ret_plan, err);
}

/// The column that a name of a cut means, where that is one number a row of the table itself.
static bool find_number(const bl_plan *plan, const char *name, size_t *ret_column) {
    const bl_name_rule *rule = plan->extras.rule;
    bl_column_info info = {.size = sizeof info};
    for (size_t i = 0; i < plan->n_variables; i++)
        if (strcmp(plan->named[i].name, name) == 0)
            return false;
    return (!rule || rule->apply(rule->self, name, &name, NULL) == BL_OK) &&
           bl_table_find(plan->table, name, ret_column, NULL) == BL_OK &&
           bl_table_column(plan->table, *ret_column, &info, NULL) == BL_OK && info.type &&
           bl_type_get_id(info.type) <= BL_FLOAT64;
}

/// Where the first cut alone decides, clusters in which no row can pass it need not be read. Of
/// weights and masks each row counts.
static bl_status set_needs(bl_plan *plan, bl_error *err) {
    bl_need found[BL_MOST_NEEDS];
    bl_scan_need needs[BL_MOST_NEEDS];
    size_t n_found, n = 0;
    if (plan->weight || plan->extras.mask || plan->n_cuts == 0)
        return BL_OK;
    BL_TRY(bl_expr_needs(&plan->arena, plan->cut_texts[0], found, &n_found, err));
    for (size_t i = 0; i < n_found; i++) {
        needs[n] = (bl_scan_need){.low = found[i].low, .high = found[i].high};
        n += find_number(plan, found[i].name, &needs[n].column);
    }
    return bl_scan_set_needs(plan->scan, needs, n, err);
}

/// What a recipe makes of a batch takes an eighth of the memory budget at most.
static int64_t rows_of_batch(const bl_plan *plan) {
    const bl_topology *recipe = plan->extras.recipe;
    return recipe ? bl_topology_rows_in(recipe, bl_context_memory_bytes(plan->context) / 8) : 0;
}

bl_status bl_plan_open_with(bl_context *context, bl_table *table, const bl_plan_options *options,
                            const bl_plan_extras *extras, bl_plan **ret_plan, bl_error *err) {
    bl_plan_options o = {0};
    BL_TRY(bl_options_copy(&o, sizeof o, options, err));
    bl_plan *made = (bl_plan *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a plan");
    BL_AUTO(bl_plan) plan = made;
    plan->context = context;
    plan->table = table;
    if (extras)
        plan->extras = *extras;
    bl_context_ref(context);
    bl_arena_init(&plan->arena, context);
    BL_TRY(copy_options(plan, &o, err));
    BL_TRY(compile(plan, err));
    BL_TRY(place_columns(plan, err));
    bl_scan_options scanned = {.size = sizeof scanned,
                               .columns = plan->early,
                               .n_columns = plan->n_early,
                               .late_columns = plan->late,
                               .n_late_columns = plan->n_late,
                               .first = o.first,
                               .last = o.last,
                               .batch_rows = rows_of_batch(plan)};
    BL_TRY(bl_scan_open(table, &scanned, &plan->scan, err));
    BL_TRY(set_needs(plan, err));
    *ret_plan = BL_MOVE(plan);
    return BL_OK;
}

void bl_plan_close(bl_plan *plan) {
    if (!plan)
        return;
    bl_context *context = plan->context;
    bl_scan_close(plan->scan);
    bl_expressions_free(plan->cuts);
    bl_expressions_free(plan->variables);
    bl_arena_release(&plan->arena);
    bl_free(context, plan);
    bl_context_unref(context);
}

// ---- columns and cuts ----

size_t bl_plan_n_columns(const bl_plan *plan) {
    return plan->n_kept + plan->n_computed + (plan->extras.recipe ? BL_TOPOLOGY_N_OUTPUTS : 0);
}

bl_status bl_plan_column(const bl_plan *plan, size_t i, bl_plan_column_info *ret_info,
                         bl_error *err) {
    bl_plan_column_info info = {.size = sizeof info, .column = SIZE_MAX};
    bl_column_info of_table = {.size = sizeof of_table};
    if (i >= bl_plan_n_columns(plan))
        return bl_error_set(err, BL_E_RANGE, "column %zu of %zu", i, bl_plan_n_columns(plan));
    size_t n_before = plan->n_kept + plan->n_computed;
    if (i >= n_before) {
        info.name = bl_topology_outputs[i - n_before];
        info.type = bl_topology_type(plan->extras.recipe, i - n_before);
    } else if (i < plan->n_kept) {
        info.column = plan->kept[i];
        BL_TRY(bl_table_column(plan->table, info.column, &of_table, err));
        info.name = of_table.path;
        info.type = of_table.type;
    } else {
        info.name = plan->named[i - plan->n_kept].name;
        info.type = bl_expressions_type(plan->variables, i - plan->n_kept);
    }
    return bl_info_copy(ret_info, &info, sizeof info, err);
}

size_t bl_plan_n_cuts(const bl_plan *plan) {
    size_t n = plan->n_cuts + (plan->extras.mask ? 2 : 1);
    return n + (plan->extras.recipe ? BL_TOPOLOGY_N_STEPS : 0);
}

bl_status bl_plan_cut(const bl_plan *plan, size_t i, bl_cut_info *ret_info, bl_error *err) {
    if (i >= bl_plan_n_cuts(plan))
        return bl_error_set(err, BL_E_RANGE, "cut %zu of %zu", i, bl_plan_n_cuts(plan));
    const cut *entry = &plan->flow[i];
    const bl_cut_info info = {.size = sizeof info,
                              .text = entry->text,
                              .n_rows_in = i ? entry[-1].n_rows : entry->n_rows,
                              .n_rows_out = entry->n_rows,
                              .sumw = bl_sum_value(&entry->sumw),
                              .sumw2 = bl_sum_value(&entry->sumw2)};
    return bl_info_copy(ret_info, &info, sizeof info, err);
}

size_t bl_plan_reads(const bl_plan *plan, bool late, const size_t **ret_columns) {
    *ret_columns = late ? plan->late : plan->early;
    return late ? plan->n_late : plan->n_early;
}

void bl_plan_get_times(const bl_plan *plan, bl_plan_times *ret_times) { *ret_times = plan->times; }

void bl_plan_progress(const bl_plan *plan, int64_t *ret_rows, int64_t *ret_taken,
                      uint64_t *ret_stored_bytes) {
    bl_scan_progress(plan->scan, ret_rows, ret_stored_bytes);
    *ret_taken = plan->n_taken;
}

// ---- running ----

/// Adds the rows that are kept to an entry of the cut flow. \param weights NULL: 1 each
static int64_t count(cut *entry, const uint8_t *keep, const double *weights, int64_t n_rows) {
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
    for (int64_t row = 0; row < n_rows; row++)
        if (!isfinite(weights[row]))
            return bl_error_set(
                err, BL_E_RANGE, "%s: entry %lld: the weight '%s' is missing or no finite number",
                bl_table_file(plan->table, 0), (long long)(first_row + row), plan->weight);
    return BL_OK;
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
    cut *next;             ///< entry of the cut flow
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
static bl_status gather(bl_context *context, const place *places, size_t n, const bl_batch *early,
                        const bl_batch *late, bl_batch **ret_batch, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(new_batch(context, n, early, &batch, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(share(batch, i, &(places[i].is_late ? late : early)->columns[places[i].at], err));
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
