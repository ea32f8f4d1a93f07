// SPDX-License-Identifier: Apache-2.0
// Making plans: cuts and variables become expressions, and each column that somebody looks at is
// read first or late.
#include "data/stream/plan.h"

#include <stdint.h>

#include "base/context.h"
#include "base/options.h"
#include "data/stream/plan_private.h"
#include "expr/needs.h"
#include "table/scan.h"

enum { MOST_OTHER_CUTS = 2 + BL_TOPOLOGY_N_STEPS }; ///< in the cut flow

// ---- making ----

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a plan"); }

static bl_status copy_options(bl_plan *plan, const bl_plan_options *o, bl_error *err) {
    bl_arena *arena = &plan->arena;
    plan->cut_texts = (const char **)bl_arena_array(arena, o->n_cuts + 1, sizeof(char *));
    plan->flow =
        (bl_plan_entry *)bl_arena_array(arena, o->n_cuts + MOST_OTHER_CUTS, sizeof *plan->flow);
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
    bl_plan_entry *next = plan->flow;
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
static bl_plan_place place_of(bl_plan *plan, size_t column) {
    for (size_t i = 0; i < plan->n_early; i++)
        if (plan->early[i] == column)
            return (bl_plan_place){false, i};
    size_t i = 0;
    while (i < plan->n_late && plan->late[i] != column)
        i++;
    if (i == plan->n_late)
        plan->late[plan->n_late++] = column;
    return (bl_plan_place){true, i};
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
    plan->wanted = (bl_plan_place *)bl_arena_array(arena, n_wanted + 1, sizeof(bl_plan_place));
    plan->of_recipe = (bl_plan_place *)bl_arena_array(arena, n_recipe + 1, sizeof(bl_plan_place));
    if (!plan->early || !plan->late || !plan->wanted || !plan->of_recipe)
        return out_of_memory(err);
    for (; plan->n_early < n_cuts; plan->n_early++)
        plan->early[plan->n_early] = of_cuts[plan->n_early];
    for (size_t i = 0; i < plan->n_kept; i++)
        plan->wanted[plan->n_wanted++] = place_of(plan, plan->kept[i]);
    for (size_t i = 0; i < n_variables; i++)
        plan->wanted[plan->n_wanted++] = place_of(plan, of_variables[i]);
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

/// What a recipe makes of a batch takes a thirty-second of the memory budget at most: of larger
/// ones the kernel would take the memory back each time.
static int64_t rows_of_batch(const bl_plan *plan) {
    const bl_topology *recipe = plan->extras.recipe;
    return recipe ? bl_topology_rows_in(recipe, bl_context_memory_bytes(plan->context) / 32) : 0;
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
    bl_buffer_release(plan->rows);
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
    const bl_plan_entry *entry = &plan->flow[i];
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

const int64_t *bl_plan_rows(const bl_plan *plan) {
    return plan->rows ? (const int64_t *)(const void *)plan->rows->data : NULL;
}

void bl_plan_get_times(const bl_plan *plan, bl_plan_times *ret_times) { *ret_times = plan->times; }

void bl_plan_progress(const bl_plan *plan, int64_t *ret_rows, int64_t *ret_taken,
                      uint64_t *ret_stored_bytes) {
    bl_scan_progress(plan->scan, ret_rows, ret_stored_bytes);
    *ret_taken = plan->n_taken;
}
