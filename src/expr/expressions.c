// SPDX-License-Identifier: Apache-2.0
// Named expressions: compiled together, run in blocks of rows that stay in a cache, blocks on all
// threads. Results do not depend on either.
#include "expr/expressions.h"

#include <math.h>

#include "base/context.h"
#include "column/column.h"
#include "expr/check.h"
#include "expr/lists.h"

/// Less where there are many values a row.
enum { BLOCK_ROWS = 2048, BLOCK_ROWS_OF_PAIRS = 512, BLOCK_ROWS_OF_TRIPLES = 128 };

struct bl_expressions {
    bl_context *context;
    bl_arena arena;
    bl_program program;
    int64_t block_rows;
    size_t n;                   ///< results
    bl_definition *definitions; ///< [n], and behind them those that only others use
    bl_type **types;            ///< [n] of the results; shares
};

// ---- where columns are found ----

bool bl_is_of_simulation(const char *name) {
    static const char *const beginnings[] = {"gen",       "Gen",          "LHE",        "PSWeight",
                                             "mcEvent",   "Pileup_nTrue", "Pileup_nPU", "HTXS_",
                                             "Generator", "mc_generator"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/// A table, and the rule for its names.
typedef struct named_table {
    bl_table *table;
    const bl_name_rule *rule; ///< NULL: none
} named_table;

static bl_status find_in_table(void *self, const char *name, size_t *ret_column,
                               const bl_type **ret_type, bl_error *err) {
    const named_table *named = (const named_table *)self;
    bl_column_info info = {.size = sizeof info};
    if (named->rule)
        BL_TRY(named->rule->apply(named->rule->self, name, &name, err));
    bl_status status = bl_table_find(named->table, name, ret_column, err);
    bool has_near_names = err && strstr(err->message, "did you mean");
    if (status == BL_E_NOTFOUND && !has_near_names && bl_is_of_simulation(name))
        return bl_error_hint(err, status, "; only simulation has '%s': is this collision data?",
                             name);
    BL_TRY(status);
    BL_TRY(bl_table_column(named->table, *ret_column, &info, err));
    if (!info.type)
        return bl_error_set(err, BL_E_UNSUPPORTED, "'%s' cannot be read: %s", name,
                            info.unreadable);
    *ret_type = info.type;
    return BL_OK;
}

static bl_status find_in_batch(void *self, const char *name, size_t *ret_column,
                               const bl_type **ret_type, bl_error *err) {
    return bl_batch_find((const bl_batch *)self, name, ret_column, ret_type, err);
}

// ---- compiling ----

/// Whether elements of a step may miss by what is computed, not only because columns have nulls.
static bool misses_by_itself(const bl_program *program, uint32_t at) {
    const bl_step *step = &program->steps[at];
    bool of_inputs = false;
    if (!step->type.may_miss || step->run == bl_step_load)
        return false;
    for (unsigned i = 0; i < step->n_inputs; i++) {
        if (misses_by_itself(program, step->inputs[i]))
            return true;
        of_inputs = of_inputs || program->steps[step->inputs[i]].type.may_miss;
    }
    return !of_inputs;
}

/// Whole numbers that miss where a column is null are nulls; those that miss otherwise are NaN.
static bl_type *element_type(const bl_expressions *e, const bl_value *value) {
    bl_type_id id = value->type.kind == BL_KIND_BOOL  ? BL_BOOL
                    : value->type.kind == BL_KIND_INT ? BL_INT64
                                                      : BL_FLOAT64;
    if (!value->type.may_miss || id == BL_FLOAT64)
        return bl_type_primitive(id);
    return misses_by_itself(&e->program, value->step) ? bl_type_primitive(BL_FLOAT64)
                                                      : bl_type_primitive_nullable(id);
}

static bl_status result_type(bl_expressions *e, const bl_definition *d, bl_type **ret_type,
                             bl_error *err) {
    const bl_value *value = &d->value;
    if (value->n_fields)
        return bl_error_set(err, BL_E_TYPE, "%s: is a record; choose one of its fields", d->name);
    if (value->type.kind == BL_KIND_TEXT)
        return bl_error_set(err, BL_E_TYPE, "%s: is a text", d->name);
    bl_type *type = element_type(e, value);
    for (unsigned k = 0; k < value->type.depth; k++) {
        bl_type *list = NULL;
        bl_status status = bl_type_new_list(e->context, BL_LIST, 0, type, &list, err);
        bl_type_release(type);
        BL_TRY(status);
        type = list;
    }
    *ret_type = type;
    return BL_OK;
}

static bl_status copy_texts(bl_expressions *e, const bl_named_text *texts, size_t n,
                            bl_error *err) {
    e->definitions = (bl_definition *)bl_arena_array(&e->arena, n + 1, sizeof *e->definitions);
    e->types = (bl_type **)bl_arena_array(&e->arena, n + 1, sizeof *e->types);
    if (!e->definitions || !e->types)
        return bl_error_nomem(err, n * sizeof *e->definitions, "expressions");
    for (size_t i = 0; i < n; i++) {
        e->definitions[i].name = bl_arena_text(&e->arena, texts[i].name, strlen(texts[i].name));
        e->definitions[i].text = bl_arena_text(&e->arena, texts[i].text, strlen(texts[i].text));
        if (!e->definitions[i].name || !e->definitions[i].text)
            return bl_error_nomem(err, strlen(texts[i].text), "an expression");
        for (size_t k = 0; k < i; k++)
            if (strcmp(texts[k].name, texts[i].name) == 0)
                return bl_error_set(err, BL_E_INVALID, "two expressions are called '%s'",
                                    texts[i].name);
    }
    return BL_OK;
}

static int64_t block_rows(const bl_program *program) {
    int64_t rows = BLOCK_ROWS;
    for (size_t i = 0; i < program->n_steps; i++) {
        const bl_step *step = &program->steps[i];
        bool has_triples = step->run == bl_step_combination && step->integer > 2;
        bool has_pairs = step->run == bl_step_combination || step->run == bl_step_cartesian;
        int64_t most = has_triples ? BLOCK_ROWS_OF_TRIPLES
                       : has_pairs ? BLOCK_ROWS_OF_PAIRS
                                   : BLOCK_ROWS;
        if (step->is_needed && most < rows)
            rows = most;
    }
    return rows;
}

/// When all is checked.
static bl_status finish(bl_expressions *e, bl_error *err) {
    uint32_t *results = (uint32_t *)bl_arena_array(&e->arena, e->n + 1, sizeof *results);
    if (!results)
        return bl_error_nomem(err, e->n * sizeof *results, "expressions");
    for (size_t i = 0; i < e->n; i++)
        results[i] = e->definitions[i].value.step;
    BL_TRY(bl_program_finish(&e->program, results, e->n, err));
    e->block_rows = block_rows(&e->program);
    return BL_OK;
}

static bl_status compile(bl_context *context, bl_expr_source source, const bl_named_text *texts,
                         size_t n, size_t n_results, bl_expressions **ret_expressions,
                         bl_error *err) {
    bl_expressions *made = (bl_expressions *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "expressions");
    BL_AUTO(bl_expressions) e = made;
    e->context = context;
    bl_context_ref(context);
    bl_arena_init(&e->arena, context);
    bl_program_init(&e->program, &e->arena);
    BL_TRY(copy_texts(e, texts, n, err));
    bl_checker checker = {.program = &e->program,
                          .source = source,
                          .n_definitions = n,
                          .definitions = e->definitions};
    for (; e->n < n_results; e->n++) {
        BL_TRY(bl_check_definition(&checker, e->n, err));
        BL_TRY(result_type(e, &e->definitions[e->n], &e->types[e->n], err));
    }
    BL_TRY(finish(e, err));
    *ret_expressions = BL_MOVE(e);
    return BL_OK;
}

bl_status bl_expressions_new(bl_context *context, bl_table *table, const bl_named_text *texts,
                             size_t n, bl_expressions **ret_expressions, bl_error *err) {
    return bl_expressions_new_some(context, table, texts, n, n, NULL, ret_expressions, err);
}

bl_status bl_expressions_new_some(bl_context *context, bl_table *table, const bl_named_text *texts,
                                  size_t n, size_t n_results, const bl_name_rule *rule,
                                  bl_expressions **ret_expressions, bl_error *err) {
    named_table named = {table, rule};
    return compile(context, (bl_expr_source){find_in_table, &named}, texts, n, n_results,
                   ret_expressions, err);
}

const bl_type *bl_expressions_type(const bl_expressions *expressions, size_t i) {
    return expressions->types[i];
}

bl_status bl_expressions_new_for_batch(bl_context *context, const bl_batch *batch,
                                       const bl_named_text *texts, size_t n,
                                       bl_expressions **ret_expressions, bl_error *err) {
    return compile(context, (bl_expr_source){find_in_batch, (void *)(uintptr_t)batch}, texts, n, n,
                   ret_expressions, err);
}

void bl_expressions_free(bl_expressions *expressions) {
    if (!expressions)
        return;
    bl_context *context = expressions->context;
    for (size_t i = 0; i < expressions->n; i++)
        bl_type_release(expressions->types[i]);
    bl_arena_release(&expressions->arena);
    bl_free(context, expressions);
    bl_context_unref(context);
}

size_t bl_expressions_columns(const bl_expressions *expressions, const size_t **ret_columns) {
    *ret_columns = expressions->program.columns;
    return expressions->program.n_columns;
}

// ---- results as columns ----

/// Numbers of the type that is written, none of them missing.
static bool are_as_written(const bl_array *array, bl_type_id id) {
    bool is_same = (id == BL_FLOAT64 && array->kind == BL_KIND_FLOAT) ||
                   (id == BL_INT64 && array->kind == BL_KIND_INT);
    return is_same && !array->valid && !array->is_constant;
}

/// Elements as the type that is written: `n` of them, of a constant the same ones.
static void write_elements(const bl_array *array, bl_type_id id, int64_t n, void *out) {
    if (are_as_written(array, id)) {
        if (n)
            memcpy(out, array->data, (size_t)n * sizeof(double));
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t k = array->is_constant ? 0 : i;
        bool is_there = !array->valid || array->valid[k];
        int64_t whole = array->kind == BL_KIND_BOOL  ? ((const uint8_t *)array->data)[k]
                        : array->kind == BL_KIND_INT ? ((const int64_t *)array->data)[k]
                                                     : 0;
        double real =
            array->kind == BL_KIND_FLOAT ? ((const double *)array->data)[k] : (double)whole;
        if (id == BL_FLOAT64)
            ((double *)out)[i] = is_there ? real : (double)NAN;
        else if (id == BL_INT64)
            ((int64_t *)out)[i] = whole;
        else if (whole)
            ((uint8_t *)out)[i / 8] |= (uint8_t)(1u << i % 8);
    }
}

/// The nulls of whole numbers, where there are any.
static bl_status write_nulls(bl_context *context, const bl_array *array, int64_t n,
                             bl_column *column, bl_error *err) {
    size_t n_bytes = ((size_t)n + 7) / 8;
    if (!array->valid || n == 0 || column->type->id == BL_FLOAT64)
        return BL_OK;
    BL_TRY(bl_buffer_new(context, n_bytes, &column->validity, err));
    column->validity->size = n_bytes;
    memset(column->validity->data, 0, n_bytes);
    for (int64_t i = 0; i < n; i++)
        if (array->valid[array->is_constant ? 0 : i])
            column->validity->data[i / 8] |= (uint8_t)(1u << i % 8);
    if (bl_column_count_nulls(column) == 0)
        bl_buffer_release(BL_MOVE(column->validity));
    return BL_OK;
}

static bl_status make_column(bl_context *context, const bl_array *array, bl_type *type,
                             bl_column *column, bl_error *err) {
    bl_column *at = column;
    int64_t n = array->n_rows;
    BL_TRY(bl_column_init(context, at, type, err));
    for (unsigned level = 0; level < array->depth; level++) {
        const int32_t *from = array->offsets[level];
        size_t n_bytes = ((size_t)n + 1) * sizeof *from;
        at->length = n;
        BL_TRY(bl_buffer_new(context, n_bytes, &at->offsets, err));
        at->offsets->size = n_bytes;
        int32_t *ends = (int32_t *)(void *)at->offsets->data;
        for (int64_t i = 0; i <= n; i++)
            ends[i] = from[i] - from[0];
        n = ends[n];
        BL_TRY(bl_column_init(context, &at->children[0], type->children[0], err));
        type = type->children[0];
        at = &at->children[0];
    }
    size_t n_bytes = type->id == BL_BOOL ? ((size_t)n + 7) / 8 : (size_t)n * 8;
    at->length = n;
    BL_TRY(bl_buffer_new(context, n_bytes, &at->values, err));
    at->values->size = n_bytes;
    if (type->id == BL_BOOL && n_bytes)
        memset(at->values->data, 0, n_bytes);
    write_elements(array, type->id, n, at->values->data);
    return write_nulls(context, array, n, at, err);
}

// ---- running ----

/// The blocks of one batch.
typedef struct evaluation {
    const bl_expressions *expressions;
    const bl_batch *batch;
    size_t n_blocks;
    bl_run *runs;      ///< [threads]
    bl_column *pieces; ///< [n_blocks × n]
} evaluation;

static bl_status run_block(void *argument, size_t index, unsigned worker, bl_error *err) {
    evaluation *v = (evaluation *)argument;
    const bl_expressions *e = v->expressions;
    bl_run *run = &v->runs[worker];
    int64_t first = (int64_t)index * e->block_rows, left = v->batch->n_rows - first;
    if (!run->program)
        BL_TRY(bl_run_init(run, &e->program, e->context, err));
    BL_TRY(bl_run_rows(run, v->batch, first, left < e->block_rows ? left : e->block_rows, err));
    for (size_t i = 0; i < e->n; i++) {
        bl_array array = run->arrays[e->definitions[i].value.step];
        array.n_rows = run->n_rows; // of a constant, too
        BL_TRY(make_column(e->context, &array, e->types[i], &v->pieces[index * e->n + i], err));
    }
    return BL_OK;
}

static bl_status join(const evaluation *v, size_t i, bl_column *column, bl_error *err) {
    const bl_expressions *e = v->expressions;
    const bl_column **parts =
        (const bl_column **)bl_alloc_zero(e->context, v->n_blocks, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, v->n_blocks * sizeof *parts, "pieces of a column");
    for (size_t k = 0; k < v->n_blocks; k++)
        parts[k] = &v->pieces[k * e->n + i];
    bl_status status = bl_column_concat(e->context, parts, v->n_blocks, column, err);
    bl_free(e->context, parts);
    return status;
}

static bl_status make_batch(const evaluation *v, bl_batch **ret_batch, bl_error *err) {
    const bl_expressions *e = v->expressions;
    const char **names = (const char **)bl_alloc_zero(e->context, e->n + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, e->n * sizeof *names, "column names");
    for (size_t i = 0; i < e->n; i++)
        names[i] = e->definitions[i].name;
    BL_AUTO(bl_batch) made = NULL;
    bl_status status =
        bl_batch_new(e->context, e->n, names, v->batch->first_row, v->batch->n_rows, &made, err);
    bl_free(e->context, names);
    for (size_t i = 0; i < e->n && status == BL_OK; i++)
        status = join(v, i, &made->columns[i], err);
    if (status == BL_OK)
        *ret_batch = BL_MOVE(made);
    return status;
}

bl_status bl_expressions_eval(const bl_expressions *expressions, const bl_batch *batch,
                              bl_batch **ret_batch, bl_error *err) {
    const bl_expressions *e = expressions;
    bl_context *context = e->context;
    unsigned n_threads = bl_context_n_threads(context);
    evaluation v = {.expressions = e, .batch = batch};
    if (batch->n_columns != e->program.n_columns)
        return bl_error_set(err, BL_E_INVALID, "a batch of %zu columns for expressions of %zu",
                            batch->n_columns, e->program.n_columns);
    size_t block = (size_t)e->block_rows;
    v.n_blocks = batch->n_rows ? ((size_t)batch->n_rows + block - 1) / block : 1;
    v.runs = (bl_run *)bl_alloc_zero(context, n_threads, sizeof *v.runs);
    v.pieces = (bl_column *)bl_alloc_zero(context, v.n_blocks * (e->n + 1), sizeof *v.pieces);
    bl_status status = BL_OK;
    if (v.runs && v.pieces)
        status = bl_run_tasks(context, run_block, &v, v.n_blocks, err);
    else
        status = bl_error_nomem(err, v.n_blocks * sizeof *v.pieces, "results");
    if (status == BL_OK)
        status = make_batch(&v, ret_batch, err);
    for (size_t i = 0; v.pieces && i < v.n_blocks * e->n; i++)
        bl_column_release(context, &v.pieces[i]);
    for (unsigned i = 0; v.runs && i < n_threads; i++)
        if (v.runs[i].program)
            bl_run_release(&v.runs[i]);
    bl_free(context, v.pieces);
    bl_free(context, v.runs);
    return status;
}
