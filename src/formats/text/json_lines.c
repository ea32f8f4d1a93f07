// SPDX-License-Identifier: Apache-2.0
// JSON lines: one object a line, its keys the columns; or one list of objects, in which commas part
// them instead. Types come from the first rows: all keys
// that are there, whole and real numbers together real ones, lists of what is in any of them. A key
// that comes up later, or a value that does not fit, is an error that says how to go on.
#include "formats/text/schema.h"
#include "formats/text/table.h"
#include "formats/text/text.h"

#define SAMPLE_BYTES ((size_t)1 << 20)
#define MOST_SAMPLE_BYTES ((size_t)64 << 20)
enum { SPLIT_BYTES = 4096, NO_TARGET = 0 };

// ---- rows ----

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

static const bl_text_dialect dialect = {
    .format = "JSON lines",
    .row_class = "JSON lines",
    .split = split,
    .is_placed = is_placed,
    .parse = parse,
};

/// One list of objects.
static const bl_text_dialect list_dialect = {
    .format = "JSON",
    .row_class = "JSON objects",
    .split = split,
    .is_placed = is_placed,
    .parse = parse,
};

// ---- opening ----

typedef struct opening {
    bl_context *context;
    const bl_open_options *options;
    bl_text_table *table;
    uint8_t *text; ///< the first rows; owns
    size_t size;
    size_t begin; ///< of the first row
    bool is_list;
    bl_arena arena;
    bl_given_types given;
    bl_text_schema schema;
} opening;

/// Steps over a byte order mark and the bracket of a list.
static void find_begin(opening *o) {
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    const char *text = (const char *)o->text;
    bl_json json = {.end = text + o->size};
    bool is_marked = o->size >= sizeof mark && memcmp(text, mark, sizeof mark) == 0;
    o->begin = is_marked ? sizeof mark : 0;
    const char *at = bl_json_space(&json, text + o->begin);
    o->is_list = at < json.end && *at == '[';
    if (!o->is_list)
        return;
    o->begin = (size_t)(at + 1 - text);
    at = bl_json_space(&json, at + 1);
    if (at == json.end || *at != ']')
        return;
    o->begin = (size_t)(bl_json_space(&json, at + 1) - text); // nothing is in it, as in no lines
    o->is_list = false;
}

/// Bytes of the sample up to the end of its last whole row.
static size_t whole_rows(const opening *o) {
    size_t n = o->is_list ? 0 : o->size;
    bl_marks_state state = BL_MARKS_BEGIN;
    for (size_t i = o->begin; o->is_list && i < o->size; i++)
        if (bl_marks_list_ends(&state, o->text[i]))
            n = i + 1;
    while (!o->is_list && n > o->begin && o->text[n - 1] != '\n')
        n--;
    return n > o->begin ? n : 0;
}

/// Reads whole rows from the beginning, at least one.
static bl_status read_sample(opening *o, bl_error *err) {
    bl_text_store *store = &o->table->store;
    for (size_t room = SAMPLE_BYTES; room <= MOST_SAMPLE_BYTES; room *= 8) {
        size_t most = store->size < room ? (size_t)store->size : room;
        bl_free(o->context, o->text);
        o->text = (uint8_t *)bl_alloc(o->context, most + BL_MARKS_STEP);
        if (!o->text)
            return bl_error_nomem(err, most, "the first rows");
        BL_TRY(bl_text_store_read(store, 0, o->text, most, &o->size, err));
        memset(o->text + o->size, 0, BL_MARKS_STEP);
        find_begin(o);
        if (o->size < room)
            return BL_OK;
        o->size = whole_rows(o);
        if (o->size)
            return BL_OK;
    }
    return bl_error_set(err, BL_E_LIMIT, "line 1: a row of more than %zu bytes", MOST_SAMPLE_BYTES);
}

/// The number of the line that holds a byte of the sample.
static unsigned long long line_of(const opening *o, const char *at) {
    unsigned long long line = 1;
    for (const char *c = (const char *)o->text; c < at; c++)
        line += *c == '\n';
    return line;
}

static bl_status explain_sample(const opening *o, const bl_json *json, const char *row,
                                bl_error *err) {
    const char *at = json->failed_at;
    char value[BL_EXCERPT_BYTES];
    bool is_here = at >= row && at <= json->end;
    return bl_error_set(
        err, json->failed, "line %llu: '%s': %s", line_of(o, is_here ? at : row),
        bl_text_excerpt(is_here ? at : "", is_here ? (size_t)(json->end - at) : 0, value),
        json->problem);
}

/// Where the row that begins at `at` ends; NULL: not in the sample.
static const char *end_of_row(const opening *o, const char *at, bl_marks_state *state) {
    const char *end = (const char *)o->text + o->size;
    if (!o->is_list) {
        const char *newline = (const char *)memchr(at, '\n', (size_t)(end - at));
        return newline ? newline : end;
    }
    for (; at < end; at++)
        if (bl_marks_list_ends(state, (uint8_t)*at))
            return at;
    return NULL;
}

static bl_status add_rows(opening *o, bl_schema_maker *maker, bl_error *err) {
    const char *at = (const char *)o->text + o->begin, *end = (const char *)o->text + o->size;
    bl_json *json = &maker->json;
    bl_marks_state state = BL_MARKS_BEGIN;
    while (at < end && !state.is_closed && (json->end = end_of_row(o, at, &state))) {
        const char *row = bl_json_space(json, at);
        at = json->end < end ? json->end + 1 : end;
        if (row == json->end && !o->is_list)
            continue;
        const char *behind = row < json->end && *row == '{'
                                 ? bl_schema_add_json(maker, &o->schema, row, 0)
                                 : bl_json_fail(json, row, BL_E_CORRUPT, "this is no object");
        if (behind && bl_json_space(json, behind) != json->end)
            behind = bl_json_fail(json, behind, BL_E_CORRUPT, "something follows the object");
        if (!behind)
            return explain_sample(o, json, row, err);
    }
    return BL_OK;
}

/// Columns that the user gives a type are there, too.
static bl_status add_given(opening *o, bl_schema_maker *maker, bl_error *err) {
    for (size_t i = 0; i < o->given.n; i++) {
        const char *name = o->given.types[i].name;
        if (!strpbrk(name, "*?[") && !bl_schema_member(maker, &o->schema, name, strlen(name)))
            return bl_error_nomem(err, strlen(name), "a column");
    }
    return BL_OK;
}

static bl_status choose_type(opening *o, size_t i, bl_error *err) {
    bl_text_table *table = o->table;
    const bl_text_schema *schema = o->schema.members[i];
    bl_type *given = bl_given_type_of(&o->given, table->names[i]);
    if (given) {
        table->types[i] = bl_type_ref(given);
        return BL_OK;
    }
    const char *conflict = bl_schema_conflict(schema);
    if (conflict) {
        char value[BL_EXCERPT_BYTES];
        return bl_error_set(err, BL_E_TYPE,
                            "line %llu: column '%s': %s is of another kind than "
                            "values before it; --types '%s=utf8' takes all as text",
                            line_of(o, conflict), table->names[i],
                            bl_text_excerpt(conflict, strcspn(conflict, ",]}\n"), value),
                            table->names[i]);
    }
    return bl_schema_type(o->context, schema, BL_FLOAT64, &table->types[i], err);
}

static bl_status infer(opening *o, bl_error *err) {
    uint8_t *scratch = NULL;
    size_t scratch_size = 0;
    bl_schema_maker maker = {
        .arena = &o->arena,
        .json = {.context = o->context, .scratch = &scratch, .scratch_size = &scratch_size}};
    bl_status status = add_rows(o, &maker, err);
    bl_free(o->context, scratch);
    BL_TRY(status);
    BL_TRY(add_given(o, &maker, err));
    BL_TRY(bl_text_table_columns(o->table, o->schema.names, o->schema.n_members, err));
    for (size_t i = 0; i < o->schema.n_members; i++) {
        BL_TRY(choose_type(o, i, err));
        o->table->shares[i] = o->size ? (double)o->schema.members[i]->n_bytes / (double)o->size : 0;
    }
    return bl_given_types_check(&o->given, o->table->names, o->table->n_columns, err);
}

static bl_status open_table(opening *o, bl_error *err) {
    BL_TRY(bl_given_types_read(&o->arena, o->options->types, &o->given, err));
    BL_TRY(read_sample(o, err));
    if (o->is_list) {
        o->table->dialect = &list_dialect;
        o->table->head.format = list_dialect.format;
    }
    BL_TRY(infer(o, err));
    uint64_t line = line_of(o, (const char *)o->text + o->begin) - 1;
    return bl_text_table_finish(o->table, o->begin, line,
                                o->is_list ? &bl_marks_list : bl_marks_get(false), err);
}

bl_status bl_json_lines_open(bl_context *context, bl_source *source, const bl_open_options *options,
                             bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_text_table) table = NULL;
    BL_TRY(bl_text_table_new(context, source, &dialect, &table, err));
    opening o = {.context = context, .options = options, .table = table};
    bl_arena_init(&o.arena, context);
    bl_status status = open_table(&o, err);
    bl_schema_release(context, &o.schema);
    bl_given_types_release(&o.given);
    bl_free(context, o.text);
    bl_arena_release(&o.arena);
    if (status != BL_OK)
        return status;
    *ret_file = &BL_MOVE(table)->head;
    return BL_OK;
}

bool bl_json_lines_probe(const uint8_t *head, size_t size) {
    const char *text = (const char *)head;
    bl_json json = {.end = text + size};
    if (size && head[0] == '[')
        text = bl_json_space(&json, text + 1);
    return text < json.end && *text == '{';
}
