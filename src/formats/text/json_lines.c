// SPDX-License-Identifier: Apache-2.0
// JSON lines: one object a line, its keys the columns; or one list of objects, in which commas part
// them instead. A key that was not known when the file was opened, or a value that does not fit, is
// an error that says how to go on.
#include "formats/text/json_lines.h"

#include "formats/text/json.h"

enum { SPLIT_BYTES = 4096, NO_TARGET = 0 };

static bl_status split(const bl_text_rows *rows, bl_text_scratch *s, bl_error *err) {
    const bl_marks_kernels *kernels = rows->table->index.kernels;
    bl_marks_state state = BL_MARKS_BEGIN;
    s->n_ends = 0;
    BL_TRY(bl_scratch_grow(s->context, &s->ends, &s->ends_size,
                           rows->n_rows + SPLIT_BYTES + BL_MARKS_STEP, sizeof *s->ends, err));
    for (size_t at = 0; at < rows->size && s->n_ends <= rows->n_rows; at += SPLIT_BYTES) {
        size_t n = rows->size - at < SPLIT_BYTES ? rows->size - at : SPLIT_BYTES;
        s->n_ends += kernels->split((const uint8_t *)rows->text + at, n, 0, BL_MARKS_ROWS, &state,
                                    (uint32_t)at, s->ends + s->n_ends);
    }
    if (s->n_ends == rows->n_rows)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT,
                        "line %llu: the rows behind it are not those that were here before",
                        (unsigned long long)rows->line + 1);
}

static bool is_placed(const bl_type *type) {
    (void)type;
    return false;
}

typedef struct row_task {
    const bl_text_rows *rows;
    bl_text_scratch *scratch;
    const bl_text_target *targets;
    size_t n_targets;
    bl_builder *builders; ///< [n_targets]
    size_t expected;      ///< the column that comes next in most rows
    size_t column;        ///< the one that is read, for messages
    int64_t n_done;       ///< rows
    size_t n_seen;        ///< targets in this row
} row_task;

/// The column of a key; SIZE_MAX: none.
static size_t find_column(row_task *t, const char *name, size_t size, bl_error *err) {
    const bl_text_table *table = t->rows->table;
    for (size_t tried = 0; tried < 2; tried++) {
        size_t i = t->expected + tried;
        if (i < table->n_columns && bl_name_is(table->names[i], name, size))
            return i;
    }
    char text[256];
    if (size >= sizeof text) { // rare, and slower
        for (size_t i = 0; i < table->n_columns; i++)
            if (bl_name_is(table->names[i], name, size))
                return i;
        return SIZE_MAX;
    }
    (void)err;
    memcpy(text, name, size);
    text[size] = '\0';
    return strlen(text) == size ? bl_name_map_find(&table->by_name, text) : SIZE_MAX;
}

static const char *take_member(bl_json *json, void *user, const char *name, size_t size,
                               const char *at) {
    row_task *t = (row_task *)user;
    size_t column = find_column(t, name, size, NULL);
    if (column == SIZE_MAX)
        return bl_json_fail(json, name, BL_E_NOTFOUND, "a new key");
    t->expected = column + 1;
    uint32_t slot = t->scratch->stamps[column];
    if (slot == NO_TARGET)
        return bl_json_skip(json, at);
    bl_builder *builder = &t->builders[slot - 1];
    bool is_again = bl_builder_length(builder) > t->n_done;
    if (is_again)
        bl_builder_rewind(builder, t->n_done);
    t->n_seen += !is_again;
    t->column = column;
    return bl_json_value(json, at, builder, 0);
}

static bl_status explain(const row_task *t, const bl_json *json, const char *row_end,
                         bl_error *err) {
    const bl_text_table *table = t->rows->table;
    const char *at = json->failed_at, *name = table->n_columns ? table->names[t->column] : "";
    bool is_here = at >= t->rows->text && at <= row_end;
    unsigned long long line = bl_text_line(t->rows, is_here ? at : row_end);
    char value[BL_EXCERPT_BYTES], type[BL_EXCERPT_BYTES];
    if (json->failed == BL_E_NOMEM)
        return bl_error_set(err, BL_E_NOMEM, "%s", json->problem);
    if (json->failed == BL_E_NOTFOUND) {
        size_t n = is_here ? strcspn(at, "\"\n") : 0;
        return bl_error_set(err, BL_E_TYPE,
                            "line %llu: key '%s' is new: the first rows do not "
                            "have it; --types '%s=float64', or what it is, makes "
                            "it a column",
                            line, bl_text_excerpt(is_here ? at : "", n, value), value);
    }
    if (json->problem)
        return bl_error_set(
            err, json->failed, "line %llu: '%s': %s", line,
            bl_text_excerpt(is_here ? at : "", is_here ? (size_t)(row_end - at) : 0, value),
            json->problem);
    bl_json rest = {.end = row_end};
    const char *behind = bl_json_skip(&rest, at);
    bool is_number = (*at == '-' || (*at >= '0' && *at <= '9')) && json->wanted->id < BL_FLOAT32 &&
                     json->wanted == table->types[t->column];
    return bl_error_set(err, BL_E_TYPE,
                        "line %llu: column '%s': %s is no %s; --types '%s=%s' reads it", line, name,
                        bl_text_excerpt(at, (size_t)((behind ? behind : row_end) - at), value),
                        type, name, is_number ? "float64" : "utf8");
}

static bl_status take_row(row_task *t, size_t row, bl_json *json, bl_error *err) {
    const bl_text_rows *rows = t->rows;
    const char *at = rows->text + (row ? t->scratch->ends[row - 1] + 1 : 0);
    json->end = rows->text + t->scratch->ends[row];
    t->expected = 0;
    t->n_seen = 0;
    at = bl_json_space(json, at);
    if (at == json->end || *at != '{')
        at = bl_json_fail(json, at, BL_E_CORRUPT, "this is no object");
    else
        at = bl_json_object(json, at, take_member, t);
    if (at && bl_json_space(json, at) != json->end)
        at = bl_json_fail(json, at, BL_E_CORRUPT, "something follows the object");
    if (!at)
        return explain(t, json, json->end, err);
    for (size_t k = 0; t->n_seen < t->n_targets && k < t->n_targets; k++)
        if (bl_builder_length(&t->builders[k]) == t->n_done)
            bl_builder_append_nulls(&t->builders[k], 1);
    t->n_done++;
    return BL_OK;
}

/// Which target each column has, counted from 1.
static bl_status set_slots(const bl_text_rows *rows, bl_text_scratch *s,
                           const bl_text_target *targets, size_t n, bl_error *err) {
    size_t n_columns = rows->table->n_columns;
    if (!s->stamps)
        s->stamps = (uint32_t *)bl_alloc(s->context, (n_columns + 1) * sizeof *s->stamps);
    if (!s->stamps)
        return bl_error_nomem(err, n_columns * sizeof *s->stamps, "columns");
    memset(s->stamps, 0, n_columns * sizeof *s->stamps);
    for (size_t k = 0; k < n; k++)
        s->stamps[targets[k].column] = (uint32_t)k + 1;
    return BL_OK;
}

static bl_status parse_rows(row_task *t, bl_error *err) {
    bl_text_scratch *s = t->scratch;
    bl_json json = {.context = s->context, .scratch = &s->cell, .scratch_size = &s->cell_size};
    for (size_t k = 0; k < t->n_targets; k++)
        BL_TRY(bl_builder_init(&t->builders[k], s->context,
                               t->rows->table->types[t->targets[k].column], err));
    for (size_t row = t->rows->first; row < t->rows->last; row++)
        BL_TRY(take_row(t, row, &json, err));
    for (size_t k = 0; k < t->n_targets; k++)
        BL_TRY_IN(bl_builder_finish(&t->builders[k], t->targets[k].part, err), err, "column '%s'",
                  t->rows->table->names[t->targets[k].column]);
    return BL_OK;
}

static bl_status parse(const bl_text_rows *rows, bl_text_scratch *s, const bl_text_target *targets,
                       size_t n_targets, bl_error *err) {
    row_task t = {.rows = rows, .scratch = s, .targets = targets, .n_targets = n_targets};
    BL_TRY(set_slots(rows, s, targets, n_targets, err));
    t.builders = (bl_builder *)bl_alloc_zero(s->context, n_targets + 1, sizeof *t.builders);
    if (!t.builders)
        return bl_error_nomem(err, n_targets * sizeof *t.builders, "builders");
    bl_status status = parse_rows(&t, err);
    for (size_t k = 0; k < n_targets; k++)
        bl_builder_release(&t.builders[k]);
    bl_free(s->context, t.builders);
    return status;
}

const bl_text_dialect bl_json_lines_dialect = {
    .format = "JSON lines",
    .row_class = "JSON lines",
    .split = split,
    .is_placed = is_placed,
    .parse = parse,
};

const bl_text_dialect bl_json_list_dialect = {
    .format = "JSON",
    .row_class = "JSON objects",
    .split = split,
    .is_placed = is_placed,
    .parse = parse,
};
