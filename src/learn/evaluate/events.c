// SPDX-License-Identifier: Apache-2.0
// Columns of shards as arrays. Weights of a variation may be lists, each item of which is a
// variation of its own.
#include <beamline/table.h>
#include <stdio.h>

#include "base/context.h"
#include "column/column.h"
#include "learn/evaluate/private.h"

enum { LABEL, PHYSICS, TRAINING, KEY, SAMPLE, N_FIXED, PATH_SIZE = 4096 };

/// Columns of a shard that is open.
typedef struct shard {
    bl_table *table;
    size_t n_columns;
    size_t *columns;       ///< [n_columns] of the table
    const bl_type **types; ///< [n_columns]
} shard;

BL_DEFINE_AUTO(bl_scan, bl_scan_close);

// ---- a shard ----

static bl_status open_table(bl_context *context, const char *path, bl_table **ret_table,
                            bl_error *err) {
    const bl_open_options options = {.size = sizeof options, .format = "Arrow"};
    bl_catalog *catalog = NULL;
    BL_TRY(bl_catalog_open_with(context, path, &options, &catalog, err));
    bl_status status = bl_catalog_open_table(catalog, NULL, ret_table, err);
    bl_catalog_close(catalog);
    return status;
}

/// Columns one behind the other: fixed ones, weights, observers.
static const char *name_of(const bl_prepared *prepared, size_t i) {
    static const char *const fixed[N_FIXED] = {BL_SHARD_LABEL, BL_SHARD_PHYSICS, BL_SHARD_TRAIN,
                                               BL_SHARD_KEY, BL_SHARD_SAMPLE};
    if (i < N_FIXED)
        return fixed[i];
    i -= N_FIXED;
    return i < prepared->n_weights ? prepared->weights[i]
                                   : prepared->observers[i - prepared->n_weights];
}

static bool is_list_of_numbers(const bl_type *type) {
    return type->id == BL_LIST && type->children[0]->id == BL_FLOAT64;
}

static bool is_as_prepared(const bl_prepared *prepared, size_t i, const bl_type *type) {
    static const bl_type_id ids[N_FIXED] = {BL_INT32, BL_FLOAT64, BL_FLOAT64, BL_UINT64, BL_INT32};
    if (i == LABEL && prepared->label_kind == BL_LABEL_NUMBERS)
        return is_list_of_numbers(type);
    if (i < N_FIXED)
        return type->id == ids[i];
    if (i < N_FIXED + prepared->n_weights)
        return type->id == BL_FLOAT64 || is_list_of_numbers(type);
    return true;
}

static bl_status find_columns(const bl_prepared *prepared, shard *s, bl_error *err) {
    for (size_t i = 0; i < s->n_columns; i++) {
        bl_column_info info = {.size = sizeof info};
        const char *name = name_of(prepared, i);
        if (bl_table_find(s->table, name, &s->columns[i], err) != BL_OK)
            return bl_error_in(err, BL_E_CORRUPT, "not as it was prepared");
        BL_TRY(bl_table_column(s->table, s->columns[i], &info, err));
        if (!info.type || !is_as_prepared(prepared, i, info.type))
            return bl_error_set(err, BL_E_CORRUPT, "column '%s' is not what was prepared, but %s",
                                name, info.source_type);
        s->types[i] = info.type;
    }
    return BL_OK;
}

static bl_status open_shard(bl_evaluation *e, const bl_prepared_shard *of, shard *s,
                            bl_error *err) {
    char path[PATH_SIZE];
    int64_t n_rows = 0;
    (void)snprintf(path, sizeof path, "%s/%s", e->prepared->folder, of->file);
    BL_TRY(open_table(e->context, path, &s->table, err));
    BL_TRY(bl_table_n_rows(s->table, &n_rows, err));
    if (n_rows != of->n_rows)
        return bl_error_set(err, BL_E_CORRUPT, "%s: %lld rows, where %lld were written", path,
                            (long long)n_rows, (long long)of->n_rows);
    BL_TRY_IN(find_columns(e->prepared, s, err), err, "%s", path);
    return BL_OK;
}

/// Room for what is known of a shard.
static bl_status begin_shard(bl_evaluation *e, shard *s, bl_error *err) {
    const bl_prepared *prepared = e->prepared;
    *s = (shard){.n_columns = N_FIXED + prepared->n_weights + prepared->n_observers};
    s->columns = (size_t *)bl_arena_array(&e->arena, s->n_columns, sizeof *s->columns);
    s->types = (const bl_type **)bl_arena_array(&e->arena, s->n_columns, sizeof *s->types);
    if (!s->columns || !s->types)
        return bl_error_nomem(err, s->n_columns * sizeof *s->columns, "columns");
    return BL_OK;
}

static void end_shard(shard *s) {
    bl_table_close(s->table);
    s->table = NULL;
}

// ---- what columns are ----

/// The most items that lists of a column have.
static bl_status measure_lists(const shard *s, size_t column, size_t *most, bl_error *err) {
    const bl_scan_options options = {
        .size = sizeof options, .columns = &s->columns[column], .n_columns = 1};
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_scan_open(s->table, &options, &scan, err));
    for (;;) {
        BL_AUTO(bl_batch) batch = NULL;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        const int32_t *offsets = (const int32_t *)(const void *)batch->columns[0].offsets->data;
        for (int64_t i = 0; i < batch->n_rows; i++)
            if ((size_t)(offsets[i + 1] - offsets[i]) > *most)
                *most = (size_t)(offsets[i + 1] - offsets[i]);
    }
}

static bl_status describe_shard(bl_evaluation *e, const shard *s, bl_events_form *form,
                                bl_error *err) {
    for (size_t i = 0; i < e->prepared->n_weights; i++)
        if (s->types[N_FIXED + i]->id == BL_LIST)
            BL_TRY(measure_lists(s, N_FIXED + i, &form->n_items[i], err));
    for (size_t i = 0; i < e->prepared->n_observers; i++)
        form->is_number[i] = bl_type_is_number(s->types[N_FIXED + e->prepared->n_weights + i]);
    return BL_OK;
}

static bl_status name_variations(bl_evaluation *e, const bl_events_form *form, bl_error *err) {
    static const char prefix[] = "weight_";
    const char **names = NULL;
    for (size_t i = 0; i < e->prepared->n_weights; i++)
        e->n_variations += form->n_items[i] ? form->n_items[i] : 1;
    names = (const char **)bl_arena_array(&e->arena, e->n_variations + 1, sizeof *names);
    e->variations = names;
    for (size_t i = 0; i < e->prepared->n_weights && names; i++) {
        const char *name = e->prepared->weights[i];
        name += strncmp(name, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
        if (!form->n_items[i])
            *names++ = name;
        for (size_t k = 0; k < form->n_items[i] && names; k++, names++)
            if (!(*names = bl_arena_printf(&e->arena, "%s[%zu]", name, k)))
                return bl_error_nomem(err, strlen(name), "names of variations");
    }
    return names ? BL_OK : bl_error_nomem(err, e->n_variations * sizeof *names, "variations");
}

bl_status bl_events_describe(bl_evaluation *e, const bl_parts *test, bl_events_form *ret_form,
                             bl_error *err) {
    shard s;
    bl_events_form form;
    form.n_items =
        (size_t *)bl_arena_array(&e->arena, e->prepared->n_weights + 1, sizeof *form.n_items);
    form.is_number =
        (bool *)bl_arena_array(&e->arena, e->prepared->n_observers + 1, sizeof *form.is_number);
    if (!form.n_items || !form.is_number)
        return bl_error_nomem(err, e->prepared->n_observers, "columns");
    BL_TRY(begin_shard(e, &s, err));
    for (size_t i = 0; i < test->n; i++)
        for (size_t k = 0; k < test->parts[i]->n_shards; k++) {
            bl_status status = open_shard(e, &test->parts[i]->shards[k], &s, err);
            if (status == BL_OK)
                status = describe_shard(e, &s, &form, err);
            end_shard(&s);
            BL_TRY(status);
        }
    BL_TRY(name_variations(e, &form, err));
    *ret_form = form;
    return BL_OK;
}

// ---- arrays ----

/// The same arrays as those of bl_scored, while they are filled.
typedef struct arrays {
    int32_t *labels, *samples;
    double *truths, *physics, *training;
    uint64_t *keys;
    double **weights, **observers;
    size_t n; ///< events so far
} arrays;

static double **make_columns(bl_arena *arena, size_t n_columns, size_t n, const bool *is_wanted) {
    double **columns = (double **)bl_arena_array(arena, n_columns + 1, sizeof *columns);
    for (size_t i = 0; i < n_columns && columns; i++)
        if (!is_wanted || is_wanted[i]) {
            columns[i] = (double *)bl_arena_array(arena, n + 1, sizeof **columns);
            if (!columns[i])
                return NULL;
        }
    return columns;
}

static bl_status make_arrays(bl_evaluation *e, const bl_events_form *form, size_t n, arrays *a,
                             bl_error *err) {
    bl_arena *arena = &e->arena;
    *a = (arrays){
        .labels = (int32_t *)bl_arena_array(arena, n + 1, sizeof *a->labels),
        .samples = (int32_t *)bl_arena_array(arena, n + 1, sizeof *a->samples),
        .truths = (double *)bl_arena_array(arena, n + 1, (e->n_targets + 1) * sizeof *a->truths),
        .physics = (double *)bl_arena_array(arena, n + 1, sizeof *a->physics),
        .training = (double *)bl_arena_array(arena, n + 1, sizeof *a->training),
        .keys = (uint64_t *)bl_arena_array(arena, n + 1, sizeof *a->keys),
        .weights = make_columns(arena, e->n_variations, n, NULL),
        .observers = make_columns(arena, e->prepared->n_observers, n, form->is_number),
    };
    if (a->labels && a->samples && a->truths && a->physics && a->training && a->keys &&
        a->weights && a->observers)
        return BL_OK;
    return bl_error_nomem(err, n * sizeof(double), "events");
}

static void copy(void *to, size_t size, const bl_column *from, size_t at, size_t n) {
    memcpy((uint8_t *)to + at * size, from->values->data, n * size);
}

/// An item of each list; where a list is shorter, the event weighs what it weighs.
static void copy_item(const bl_column *lists, size_t item, const double *nominal, size_t n,
                      double *to) {
    const int32_t *offsets = (const int32_t *)(const void *)lists->offsets->data;
    const bl_buffer *values = lists->children[0].values;
    const double *items = values ? (const double *)(const void *)values->data : NULL;
    for (size_t i = 0; i < n; i++) {
        bool is_there = items && item < (size_t)(offsets[i + 1] - offsets[i]);
        to[i] = is_there ? items[(size_t)offsets[i] + item] : nominal[i];
    }
}

static void take_weights(const bl_evaluation *e, const bl_events_form *form, const bl_batch *batch,
                         arrays *a, size_t n) {
    double **to = a->weights;
    for (size_t i = 0; i < e->prepared->n_weights; i++) {
        const bl_column *column = &batch->columns[N_FIXED + i];
        size_t n_items = form->n_items[i];
        if (!n_items && column->type->id == BL_FLOAT64)
            copy(*to, sizeof **to, column, a->n, n);
        else if (!n_items) // lists without items
            memcpy(*to + a->n, a->physics + a->n, n * sizeof **to);
        for (size_t k = 0; k < n_items; k++)
            copy_item(column, k, a->physics + a->n, n, to[k] + a->n);
        to += n_items ? n_items : 1;
    }
}

static bl_status check_labels(const bl_evaluation *e, const arrays *a, size_t n, bl_error *err) {
    for (size_t i = a->n; i < a->n + n; i++)
        if (a->labels[i] < 0 || (size_t)a->labels[i] >= e->n_classes)
            return bl_error_set(err, BL_E_CORRUPT, "an event of class %d, of which there are %zu",
                                a->labels[i], e->n_classes);
    return BL_OK;
}

/// A list of each event, with as many numbers as there are targets.
static bl_status take_truths(const bl_evaluation *e, const bl_column *lists, arrays *a, size_t n,
                             bl_error *err) {
    const int32_t *offsets = (const int32_t *)(const void *)lists->offsets->data;
    const bl_column *items = &lists->children[0];
    size_t m = e->n_targets;
    for (size_t i = 0; i < n; i++) {
        if ((size_t)(offsets[i + 1] - offsets[i]) != m)
            return bl_error_set(err, BL_E_CORRUPT,
                                "an event with %d labels, of which there are %zu",
                                offsets[i + 1] - offsets[i], m);
        for (size_t k = 0; k < m; k++)
            a->truths[(a->n + i) * m + k] = bl_column_number(items, offsets[i] + (int64_t)k);
    }
    return BL_OK;
}

static bl_status take_labels(const bl_evaluation *e, const bl_column *column, arrays *a, size_t n,
                             bl_error *err) {
    if (e->n_targets)
        return take_truths(e, column, a, n, err);
    copy(a->labels, sizeof *a->labels, column, a->n, n);
    return check_labels(e, a, n, err);
}

static bl_status take_batch(const bl_evaluation *e, const bl_events_form *form,
                            const bl_batch *batch, arrays *a, bl_error *err) {
    size_t n = (size_t)batch->n_rows, n_before = N_FIXED + e->prepared->n_weights;
    const bl_column *c = batch->columns;
    for (size_t i = 0; i < n_before; i++)
        if (bl_column_has_nulls(&c[i]))
            return bl_error_set(err, BL_E_CORRUPT, "column '%s' has nulls", batch->names[i]);
    BL_TRY(take_labels(e, &c[LABEL], a, n, err));
    copy(a->samples, sizeof *a->samples, &c[SAMPLE], a->n, n);
    copy(a->physics, sizeof *a->physics, &c[PHYSICS], a->n, n);
    copy(a->training, sizeof *a->training, &c[TRAINING], a->n, n);
    copy(a->keys, sizeof *a->keys, &c[KEY], a->n, n);
    take_weights(e, form, batch, a, n);
    for (size_t i = 0; i < e->prepared->n_observers; i++)
        for (size_t k = 0; k < n && a->observers[i]; k++)
            a->observers[i][a->n + k] = bl_column_number(&c[n_before + i], (int64_t)k);
    a->n += n;
    return BL_OK;
}

// ---- reading ----

static bl_status read_shard(const bl_evaluation *e, const bl_events_form *form, const shard *s,
                            int64_t n_rows, arrays *a, bl_error *err) {
    const bl_scan_options options = {
        .size = sizeof options, .columns = s->columns, .n_columns = s->n_columns, .last = n_rows};
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_scan_open(s->table, &options, &scan, err));
    for (;;) {
        BL_AUTO(bl_batch) batch = NULL;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        BL_TRY(take_batch(e, form, batch, a, err));
    }
}

static bl_status read_part(bl_evaluation *e, const bl_events_form *form,
                           const bl_prepared_part *part, size_t most, arrays *a, bl_error *err) {
    shard s;
    BL_TRY(begin_shard(e, &s, err));
    for (size_t k = 0; k < part->n_shards && a->n < most; k++) {
        int64_t n_rows = part->shards[k].n_rows, left = (int64_t)(most - a->n);
        if (!n_rows)
            continue;
        bl_status status = open_shard(e, &part->shards[k], &s, err);
        if (status == BL_OK)
            status = read_shard(e, form, &s, n_rows < left ? n_rows : left, a, err);
        if (status != BL_OK && s.table)
            status = bl_error_in(err, status, "%s/%s", e->prepared->name, part->shards[k].file);
        end_shard(&s);
        BL_TRY(status);
    }
    return BL_OK;
}

static bl_status list_parts(bl_evaluation *e, const bl_parts *parts, bl_scored *scored,
                            bl_error *err) {
    const char **names = (const char **)bl_arena_array(&e->arena, parts->n + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, parts->n * sizeof *names, "parts");
    for (size_t i = 0; i < parts->n; i++)
        names[i] = parts->parts[i]->name;
    scored->n_parts = parts->n;
    scored->parts = names;
    scored->folds = parts->folds;
    return BL_OK;
}

bl_status bl_events_read(bl_evaluation *e, const bl_events_form *form, const bl_parts *parts,
                         bl_scored *scored, bl_error *err) {
    arrays a;
    size_t n = (size_t)parts->most;
    BL_TRY(make_arrays(e, form, n, &a, err));
    for (size_t i = 0; i < parts->n; i++)
        BL_TRY(read_part(e, form, parts->parts[i], n, &a, err));
    *scored = (bl_scored){.name = parts->name,
                          .n = a.n,
                          .labels = a.labels,
                          .truths = e->n_targets ? a.truths : NULL,
                          .physics = a.physics,
                          .training = a.training,
                          .keys = a.keys,
                          .samples = a.samples,
                          .weights = (const double *const *)a.weights,
                          .observers = (const double *const *)a.observers};
    return list_parts(e, parts, scored, err);
}
