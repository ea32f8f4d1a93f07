// SPDX-License-Identifier: Apache-2.0
// Opening JSON: types come from the first rows: all keys that are there, whole and real numbers
// together real ones, lists of what is in any of them.
#include "formats/text/json_lines.h"
#include "formats/text/schema.h"
#include "formats/text/text.h"

#define SAMPLE_BYTES ((size_t)1 << 20)
#define MOST_SAMPLE_BYTES ((size_t)64 << 20)

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
        o->table->dialect = &bl_json_list_dialect;
        o->table->head.format = bl_json_list_dialect.format;
    }
    BL_TRY(infer(o, err));
    uint64_t line = line_of(o, (const char *)o->text + o->begin) - 1;
    return bl_text_table_finish(o->table, o->begin, line,
                                o->is_list ? &bl_marks_list : bl_marks_get(false), err);
}

bl_status bl_json_lines_open(bl_context *context, bl_source *source, const bl_open_options *options,
                             bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_text_table) table = NULL;
    BL_TRY(bl_text_table_new(context, source, &bl_json_lines_dialect, &table, err));
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
