// SPDX-License-Identifier: Apache-2.0
// Which columns are written of a prepared data set, and how each is made of one of shards.
#include "base/context.h"
#include "data/publish/private.h"

// ---- numbers ----

enum { EVENTS_A_TASK = 64 };

bl_publish_numbers bl_publish_numbers_of(const bl_published *column, const bl_column *from) {
    bl_publish_numbers numbers = {.column = column, .n_events = from->length};
    if (from->type->id == BL_LIST) {
        numbers.offsets = (const int32_t *)(const void *)from->offsets->data;
        from = &from->children[0];
    }
    if (from->type->id == BL_FIXED_LIST)
        from = &from->children[0];
    numbers.is_double = from->type->id == BL_FLOAT64;
    numbers.numbers = from->values ? from->values->data : NULL;
    return numbers;
}

static int64_t first_row(const bl_publish_numbers *numbers, int64_t event) {
    return numbers->offsets ? numbers->offsets[event] : event;
}

int64_t bl_publish_n_rows(const bl_publish_numbers *numbers, int64_t event) {
    return first_row(numbers, event + 1) - first_row(numbers, event);
}

/// Rows as doubles. What was stored as floats stays what floats can say, as networks see it.
static void transform_doubles(const bl_publish_numbers *from, size_t first, size_t m, double *out) {
    size_t width = from->column->width, n = m * width;
    const double *doubles = (const double *)from->numbers + (from->is_double ? first * width : 0);
    const float *floats = (const float *)from->numbers + (from->is_double ? 0 : first * width);
    for (size_t i = 0; i < n; i++)
        out[i] = from->is_double ? doubles[i] : floats[i];
    if (!from->column->columns)
        return;
    bl_nn_columns_run_double(from->column->columns, m, out, width, out, width);
    for (size_t i = 0; i < n && !from->is_double; i++)
        out[i] = (double)(float)out[i];
}

static void transform(const bl_publish_numbers *from, size_t first, size_t m, void *out) {
    const bl_published *c = from->column;
    if (m == 0)
        return;
    if (c->is_double) {
        transform_doubles(from, first, m, (double *)out);
        return;
    }
    const float *x = (const float *)from->numbers + first * c->width;
    if (c->columns)
        bl_nn_columns_run(c->columns, m, x, c->width, (float *)out, c->width);
    else
        memcpy(out, x, m * c->width * sizeof *x);
}

/// As bl_nn_columns_pad does, of either type.
static void pad(const bl_published *c, size_t n_rows, void *rows) {
    if (!c->is_double) {
        (void)bl_nn_columns_pad(c->columns, n_rows, (float *)rows);
        return;
    }
    double *x = (double *)rows;
    bool wraps = c->columns->rows.padding == BL_NN_FILL_WRAP && n_rows;
    for (size_t i = n_rows * c->width; i < c->length * c->width; i++)
        x[i] = wraps ? x[i - n_rows * c->width] : c->columns->pad[i % c->width];
}

/// What all tasks share.
typedef struct writing {
    const bl_publish_numbers *from;
    uint8_t *out;
} writing;

static bl_status write_padded(const writing *w, int64_t event, size_t row_bytes, bl_error *err) {
    const bl_published *c = w->from->column;
    size_t n_rows = (size_t)bl_publish_n_rows(w->from, event);
    uint8_t *place = w->out + (size_t)event * c->length * row_bytes;
    if (n_rows > c->length)
        return bl_error_set(err, BL_E_CORRUPT, "an event has %zu rows, where %zu are most", n_rows,
                            c->length);
    transform(w->from, (size_t)first_row(w->from, event), n_rows, place);
    pad(c, n_rows, place);
    return BL_OK;
}

static bl_status write_some(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    const writing *w = (const writing *)argument;
    const bl_published *c = w->from->column;
    size_t row_bytes = c->width * (c->is_double ? sizeof(double) : sizeof(float));
    int64_t begin = (int64_t)index * EVENTS_A_TASK, end = begin + EVENTS_A_TASK;
    end = end < w->from->n_events ? end : w->from->n_events;
    for (int64_t i = begin; c->length && i < end; i++)
        BL_TRY(write_padded(w, i, row_bytes, err));
    if (!c->length) {
        size_t first = (size_t)first_row(w->from, begin), last = (size_t)first_row(w->from, end);
        size_t before = first - (size_t)first_row(w->from, 0);
        transform(w->from, first, last - first, w->out + before * row_bytes);
    }
    return BL_OK;
}

bl_status bl_publish_numbers_write(bl_context *context, const bl_publish_numbers *numbers,
                                   void *out, bl_error *err) {
    writing w = {.from = numbers, .out = (uint8_t *)out};
    size_t n_tasks = ((size_t)numbers->n_events + EVENTS_A_TASK - 1) / EVENTS_A_TASK;
    return bl_run_tasks(context, write_some, &w, n_tasks, err);
}

// ---- making ----

/// Lists of fixed length, or lists of such; of either, events may be padded.
static bl_status make_numbers(const bl_published *column, bl_context *context,
                              const bl_column *from, bl_column *ret_column, bl_error *err) {
    bl_builder lists;
    bl_publish_numbers numbers = bl_publish_numbers_of(column, from);
    BL_TRY(bl_builder_init(&lists, context, column->type, err));
    bl_builder *leaf = &lists;
    while (leaf->n_children)
        leaf = leaf->children;
    if (column->type->id == BL_FIXED_LIST)
        bl_builder_extend(leaf, (size_t)(from->length * column->type->list_size));
    for (int64_t i = 0; column->type->id == BL_LIST && i < from->length; i++) {
        size_t n_rows = column->length ? column->length : (size_t)bl_publish_n_rows(&numbers, i);
        bl_builder_extend(leaf, n_rows * column->width);
        bl_builder_end_list(&lists);
    }
    bl_status status = leaf->failed;
    if (status != BL_OK)
        (void)bl_error_set(err, status, "there is no room for lists");
    else if (leaf->values)
        status = bl_publish_numbers_write(context, &numbers, leaf->values->data, err);
    if (status == BL_OK)
        status = bl_builder_finish(&lists, ret_column, err);
    bl_builder_release(&lists);
    return status;
}

bl_status bl_publish_label(const bl_published *column, const bl_column *from, int64_t event,
                           size_t *ret_class, bl_error *err) {
    int32_t class = ((const int32_t *)(const void *)from->values->data)[event];
    if (class < 0 || (size_t) class >= column->width)
        return bl_error_set(err, BL_E_CORRUPT, "label %d, where there are %zu classes", class,
                            column->width);
    *ret_class = (size_t) class;
    return BL_OK;
}

static bl_status fill_labels(const bl_published *column, const bl_column *from, bl_builder *leaf,
                             bl_error *err) {
    const float one = 1;
    size_t class;
    for (int64_t i = 0; i < from->length; i++) {
        BL_TRY(bl_publish_label(column, from, i, &class, err));
        bl_builder_append_defaults(leaf, class);
        bl_builder_append_number(leaf, BL_FLOAT32, &one);
        bl_builder_append_defaults(leaf, column->width - 1 - class);
    }
    return BL_OK;
}

static bl_status make_labels(const bl_published *column, bl_context *context, const bl_column *from,
                             bl_column *ret_column, bl_error *err) {
    bl_builder lists;
    BL_TRY(bl_builder_init(&lists, context, column->type, err));
    bl_status status = fill_labels(column, from, &lists.children[0], err);
    if (status == BL_OK)
        status = bl_builder_finish(&lists, ret_column, err);
    bl_builder_release(&lists);
    return status;
}

static bl_status share(const bl_published *column, bl_context *context, const bl_column *from,
                       bl_column *ret_column, bl_error *err) {
    (void)column;
    return bl_column_concat(context, &from, 1, ret_column, err);
}

// ---- the plan ----

static bool is_float(const bl_type *type) {
    return type->id == BL_FLOAT32 || type->id == BL_FLOAT64;
}

static bool is_list(const bl_type *type) {
    return type->id == BL_LIST || type->id == BL_FIXED_LIST;
}

static bool is_spark(const bl_publish_plan *plan) {
    return plan->options->schema == BL_PUBLISH_SPARK;
}

/// Adds a column that is made of one of the shard's. Its type is still to be said.
static bl_status add(bl_publish_plan *plan, bl_table *shard, const char *name, const char *from,
                     bl_published **ret_column, bl_error *err) {
    size_t i;
    bl_column_info info = {.size = sizeof info};
    BL_TRY(bl_table_find(shard, from, &i, err));
    BL_TRY(bl_table_column(shard, i, &info, err));
    bl_published *columns = (bl_published *)bl_arena_grow(
        &plan->arena, plan->columns, plan->n_columns, &plan->room, sizeof *columns);
    if (!columns)
        return bl_error_nomem(err, plan->n_columns * sizeof *columns, "columns");
    plan->columns = columns;
    bl_published *column = &columns[plan->n_columns++];
    column->name = name;
    column->from = from;
    column->source = bl_type_ref((bl_type *)(uintptr_t)info.type);
    *ret_column = column;
    return BL_OK;
}

static bl_status fixed_list(bl_context *context, size_t n, bool is_double, bl_type **ret_type,
                            bl_error *err) {
    bl_type *number = bl_type_primitive(is_double ? BL_FLOAT64 : BL_FLOAT32);
    return bl_type_new_list(context, BL_FIXED_LIST, (int64_t)n, number, ret_type, err);
}

static bl_status rows_type(const bl_publish_plan *plan, bl_published *c, bl_error *err) {
    BL_AUTO(bl_type) row = NULL;
    BL_TRY(fixed_list(plan->arena.context, c->width, c->is_double, &row, err));
    return bl_type_new_list(plan->arena.context, BL_LIST, 0, row, &c->type, err);
}

/// Whether a shard's column is what prepared.json says of an input.
static bl_status check_input(const bl_prepared_input *input, const bl_type *type, bl_error *err) {
    const bl_type *row = type;
    if (input->is_sequence)
        row = type->id == BL_LIST ? type->children[0] : NULL;
    if (row && row->id == BL_FIXED_LIST && row->list_size == (int64_t)input->width &&
        is_float(row->children[0]))
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "column '%s' is not as prepared.json has it",
                        input->name);
}

static bl_status add_input(bl_publish_plan *plan, bl_table *shard, const bl_prepared_input *input,
                           bl_error *err) {
    bl_published *c;
    bl_context *context = plan->arena.context;
    BL_TRY(add(plan, shard, input->name, input->name, &c, err));
    BL_TRY(check_input(input, c->source, err));
    c->columns = plan->transform ? bl_nn_transform_find(plan->transform, input->name) : NULL;
    c->width = input->width;
    c->is_double = is_spark(plan) || plan->prepared->is_double;
    c->is_vector = is_spark(plan) && !input->is_sequence;
    c->make = c->is_vector ? bl_spark_make_vectors : make_numbers;
    if (input->is_sequence && c->columns && c->columns->rows.padding != BL_NN_FILL_NONE)
        c->length = c->columns->rows.length;
    size_t most_rows = c->length ? c->length : input->is_sequence ? input->most_rows : 1;
    plan->row_bytes += most_rows * c->width * sizeof(double);
    if (c->is_vector)
        return bl_spark_vector_type(context, &c->type, err);
    if (input->is_sequence && (is_spark(plan) || !c->length))
        return rows_type(plan, c, err);
    return fixed_list(context, (c->length ? c->length : 1) * c->width, c->is_double, &c->type, err);
}

static bl_status add_label(bl_publish_plan *plan, bl_table *shard, bl_error *err) {
    bl_published *c;
    if (plan->prepared->label_kind == BL_LABEL_NUMBERS)
        return BL_OK;
    BL_TRY(add(plan, shard, BL_PUBLISH_LABEL, BL_SHARD_LABEL, &c, err));
    if (c->source->id != BL_INT32)
        return bl_error_set(err, BL_E_CORRUPT, "column '%s' is no int32", BL_SHARD_LABEL);
    c->width = plan->prepared->n_classes;
    c->is_double = plan->prepared->is_double;
    c->is_vector = is_spark(plan);
    c->make = c->is_vector ? bl_spark_make_labels : make_labels;
    plan->row_bytes += c->width * sizeof(double);
    if (c->is_vector)
        return bl_spark_vector_type(plan->arena.context, &c->type, err);
    return fixed_list(plan->arena.context, c->width, c->is_double, &c->type, err);
}

static bl_status add_vector(bl_publish_plan *plan, bl_table *shard, const char *name,
                            const char *from, bl_error *err) {
    bl_published *c;
    BL_TRY(add(plan, shard, name, from, &c, err));
    c->width = c->source->id == BL_FIXED_LIST ? (size_t)c->source->list_size : 1;
    c->is_double = c->is_vector = true;
    c->make = bl_spark_make_vectors;
    return bl_spark_vector_type(plan->arena.context, &c->type, err);
}

/// A column as shards have it; of Spark labels are long, and lists of numbers vectors.
static bl_status add_other(bl_publish_plan *plan, bl_table *shard, const char *name,
                           bl_error *err) {
    bl_published *c;
    BL_TRY(add(plan, shard, name, name, &c, err));
    plan->row_bytes += 64;
    if (is_spark(plan) && is_list(c->source) && is_float(c->source->children[0])) {
        bl_type_release(c->source);
        plan->n_columns--;
        return add_vector(plan, shard, name, name, err);
    }
    bool is_label = is_spark(plan) && strcmp(name, BL_SHARD_LABEL) == 0;
    c->make = is_label ? bl_spark_make_longs : share;
    c->type = is_label ? bl_type_primitive(BL_INT64) : bl_type_ref(c->source);
    return BL_OK;
}

static bl_status add_others(bl_publish_plan *plan, bl_table *shard, bl_error *err) {
    static const char *const usual[] = {BL_SHARD_LABEL, BL_SHARD_TRAIN, BL_SHARD_PHYSICS};
    const char *const *names = plan->options->with ? plan->options->with : usual;
    size_t n = plan->options->with ? plan->options->n_with : sizeof usual / sizeof *usual;
    for (size_t i = 0; i < n; i++)
        BL_TRY(add_other(plan, shard, names[i], err));
    for (size_t i = 0; i < n; i++) { // as the published data of the topology classifier has them
        if (!is_spark(plan) || !plan->columns[i].is_vector)
            continue;
        const char *name = bl_arena_printf(&plan->arena, "%s_dense", names[i]);
        if (!name)
            return bl_error_nomem(err, strlen(names[i]), "a name");
        BL_TRY(add_vector(plan, shard, name, names[i], err));
    }
    return BL_OK;
}

/// The one transform, or that of the fold.
static bl_status choose_transform(bl_publish_plan *plan, bl_error *err) {
    const bl_prepared *prepared = plan->prepared;
    int64_t fold = plan->options->fold;
    if (prepared->n_folds && (fold < 0 || (size_t)fold >= prepared->n_folds))
        return bl_error_set(
            err, BL_E_INVALID,
            "%s: --fold says which of its %zu folds is the test: each has a transform of "
            "its own, of the others",
            prepared->folder, prepared->n_folds);
    if (!prepared->n_folds && fold >= 0)
        return bl_error_set(err, BL_E_INVALID, "%s: it has no folds", prepared->folder);
    size_t i = fold < 0 ? 0 : (size_t)fold;
    plan->transform = i < prepared->n_transforms ? &prepared->transforms[i] : NULL;
    return BL_OK;
}

bl_status bl_publish_plan_make(bl_context *context, const bl_prepared *prepared,
                               const bl_publish_options *options, bl_table *shard,
                               bl_publish_plan *ret_plan, bl_error *err) {
    *ret_plan = (bl_publish_plan){.prepared = prepared, .options = options, .row_bytes = 1};
    bl_arena_init(&ret_plan->arena, context);
    BL_TRY(choose_transform(ret_plan, err));
    BL_TRY(add_others(ret_plan, shard, err));
    BL_TRY(add_label(ret_plan, shard, err));
    for (size_t i = 0; i < prepared->n_inputs; i++)
        BL_TRY(add_input(ret_plan, shard, &prepared->inputs[i], err));
    return BL_OK;
}

void bl_publish_plan_release(bl_publish_plan *plan) {
    for (size_t i = 0; i < plan->n_columns; i++) {
        bl_type_release(plan->columns[i].type);
        bl_type_release(plan->columns[i].source);
    }
    bl_arena_release(&plan->arena);
    *plan = (bl_publish_plan){0};
}
