// SPDX-License-Identifier: Apache-2.0
// Opening CSV: the separator, the names of the columns and their types come from the first rows,
// or from the user. A column has the narrowest of bool, int64, uint64, float64, lists and structs
// (as JSON in a cell) and utf8 that holds its cells there; what does not fit later is an error that
// says how to go on. Left out: comments, newlines that are carriage returns alone.
#include "formats/text/csv.h"

#include "base/number_text.h"
#include "base/utf8.h"
#include "formats/text/text.h"

static const bl_text_dialect dialect = {
    .format = "CSV",
    .row_class = "CSV rows",
    .split = bl_csv_split,
    .is_placed = bl_csv_is_placed,
    .parse = bl_csv_parse,
};

/// What opening keeps for itself.
typedef struct opening {
    bl_context *context;
    const bl_open_options *options;
    bl_text_table *table;
    bl_csv_sample sample;
    uint32_t *ends; ///< of the sample's fields; owns
    size_t n_ends, n_columns;
    size_t first_row; ///< 1 behind a header
    bl_arena arena;
    bl_given_types given;
} opening;

// ---- separator and header ----

static bl_status choose_separator(opening *o, bl_error *err) {
    const char *given = o->options->separator, *url = o->table->head.url;
    if (given && strcmp(given, "\\t") == 0)
        given = "\t";
    if (given && (strlen(given) != 1 || strchr("\"\r\n", *given)))
        return bl_error_set(err, BL_E_INVALID,
                            "separator '%s': one character is wanted, and no "
                            "quote or newline",
                            given);
    if (given)
        o->table->separator = (uint8_t)*given;
    else if (strstr(url, ".tsv") || strstr(url, ".tab"))
        o->table->separator = '\t';
    else
        o->table->separator = bl_csv_guess_separator(o->context, &o->sample);
    return BL_OK;
}

static bl_cells cells_of(const opening *o) {
    return (bl_cells){(const char *)o->sample.text + o->sample.begin, o->ends, o->n_columns};
}

/// The name in a header's cell; "c7" where there is none.
static bl_status name_of(opening *o, size_t column, const char **ret_name, bl_error *err) {
    bl_cells cells = cells_of(o);
    uint8_t *scratch = NULL;
    size_t scratch_size = 0;
    bl_cell text = {NULL, NULL};
    if (!o->options->no_header) {
        bl_cell cell = bl_cell_at(&cells, 0, column), trimmed = bl_cell_trim(cell);
        bool is_quoted = cell.begin < cell.end && *cell.begin == '"';
        BL_TRY(bl_cell_text(o->context, is_quoted ? cell : trimmed, &scratch, &scratch_size, &text,
                            err));
    }
    size_t n = (size_t)(text.end - text.begin);
    bool has_zero = n && memchr(text.begin, '\0', n);
    *ret_name =
        n ? bl_arena_text(&o->arena, text.begin, n) : bl_arena_printf(&o->arena, "c%zu", column);
    bl_free(o->context, scratch);
    if (n && *ret_name && !bl_utf8_valid((const uint8_t *)*ret_name, n))
        return bl_error_set(err, BL_E_CORRUPT,
                            "line 1: the name of column %zu is no UTF-8; if this is Latin-1, iconv "
                            "-f LATIN1 -t UTF-8 makes UTF-8 of it",
                            column + 1);
    if (has_zero)
        return bl_error_set(err, BL_E_CORRUPT, "line 1: the name of column %zu has a zero byte",
                            column + 1);
    return *ret_name ? BL_OK : bl_error_nomem(err, n, "a column's name");
}

static bl_status read_names(opening *o, bl_error *err) {
    if (o->n_columns > BL_MOST_TEXT_COLUMNS)
        return bl_error_set(err, BL_E_LIMIT, "line 1: more than %zu columns", BL_MOST_TEXT_COLUMNS);
    const char **names = (const char **)bl_arena_array(&o->arena, o->n_columns + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, o->n_columns * sizeof *names, "names");
    for (size_t i = 0; i < o->n_columns; i++)
        BL_TRY(name_of(o, i, &names[i], err));
    return bl_text_table_columns(o->table, names, o->n_columns, err);
}

// ---- types ----

/// Lists and structs are JSON; what is none is text.
static bool add_nested(opening *o, bl_text_schema *schema, bl_cell text) {
    uint8_t *scratch = NULL;
    size_t scratch_size = 0;
    bl_schema_maker maker = {.arena = &o->arena,
                             .json = {.end = text.end,
                                      .context = o->context,
                                      .scratch = &scratch,
                                      .scratch_size = &scratch_size}};
    const char *behind = bl_schema_add_json(&maker, schema, text.begin, 0);
    bool is_json = behind && bl_json_space(&maker.json, behind) == text.end;
    bl_free(o->context, scratch);
    return is_json;
}

static bl_status add_cell(opening *o, bl_text_schema *schema, bl_cell cell, uint8_t **scratch,
                          size_t *scratch_size, bl_error *err) {
    bl_cell trimmed = bl_cell_trim(cell), text;
    size_t n = (size_t)(trimmed.end - trimmed.begin);
    unsigned kind = BL_KIND_TEXT;
    double special;
    schema->n_bytes += (uint64_t)(cell.end - cell.begin) + 1;
    if (schema->kinds & BL_KIND_TEXT || bl_cell_is_null(trimmed))
        return BL_OK;
    switch (bl_number_kind_of(trimmed.begin, n)) {
    case BL_NUMBER_INTEGER:
        kind = *trimmed.begin == '-' ? BL_KIND_NEGATIVE : BL_KIND_INTEGER;
        break;
    case BL_NUMBER_UNSIGNED:
        kind = BL_KIND_UNSIGNED;
        break;
    case BL_NUMBER_REAL:
        kind = BL_KIND_REAL;
        break;
    default:
        if (bl_cell_special(trimmed, &special))
            kind = BL_KIND_REAL;
        else if (bl_cell_bool(trimmed, false) >= 0)
            kind = BL_KIND_BOOL;
    }
    if (kind == BL_KIND_TEXT && (*trimmed.begin == '[' || *trimmed.begin == '{')) {
        BL_TRY(bl_cell_text(o->context, cell, scratch, scratch_size, &text, err));
        if (text.begin < text.end && (*text.begin == '[' || *text.begin == '{') &&
            add_nested(o, schema, text))
            return BL_OK;
    }
    bl_schema_add_kind(schema, kind, cell.begin);
    return BL_OK;
}

static bl_status add_rows(opening *o, bl_text_schema *schemas, bl_error *err) {
    bl_cells cells = cells_of(o);
    uint8_t *scratch = NULL;
    size_t scratch_size = 0, n_rows = o->n_ends / o->n_columns;
    bl_status status = BL_OK;
    for (size_t row = o->first_row; row < n_rows && status == BL_OK; row++) {
        size_t last = (row + 1) * o->n_columns - 1;
        if (cells.text[o->ends[last]] != '\n')
            break; // a ragged row, which reading will complain of
        for (size_t i = 0; i < o->n_columns && status == BL_OK; i++)
            status =
                add_cell(o, &schemas[i], bl_cell_at(&cells, row, i), &scratch, &scratch_size, err);
    }
    bl_free(o->context, scratch);
    return status;
}

static bl_status choose_type(opening *o, size_t i, bl_text_schema *schema, bl_error *err) {
    bl_type *given = bl_given_type_of(&o->given, o->table->names[i]);
    if (given) {
        o->table->types[i] = bl_type_ref(given);
        return BL_OK;
    }
    if (bl_schema_conflict(schema)) {
        o->table->types[i] = bl_type_primitive_nullable(BL_UTF8);
        return BL_OK;
    }
    return bl_schema_type(o->context, schema, BL_UTF8, &o->table->types[i], err);
}

static bl_status infer(opening *o, bl_error *err) {
    bl_text_table *table = o->table;
    bl_text_schema *schemas =
        (bl_text_schema *)bl_arena_array(&o->arena, o->n_columns + 1, sizeof *schemas);
    if (!schemas)
        return bl_error_nomem(err, o->n_columns * sizeof *schemas, "schemas");
    bl_status status = o->n_columns ? add_rows(o, schemas, err) : BL_OK;
    uint64_t sum = 0;
    for (size_t i = 0; i < o->n_columns && status == BL_OK; i++) {
        status = choose_type(o, i, &schemas[i], err);
        sum += schemas[i].n_bytes;
    }
    for (size_t i = 0; i < o->n_columns; i++) {
        table->shares[i] = sum ? (double)schemas[i].n_bytes / (double)sum : 0;
        bl_schema_release(o->context, &schemas[i]);
    }
    BL_TRY(status);
    return bl_given_types_check(&o->given, table->names, o->n_columns, err);
}

// ---- opening ----

static bl_status look(opening *o, bl_error *err) {
    BL_TRY(bl_csv_sample_read(o->context, &o->table->store, &o->sample, err));
    BL_TRY(choose_separator(o, err));
    BL_TRY(bl_csv_sample_split(o->context, &o->sample, o->table->separator, &o->ends, &o->n_ends,
                               &o->n_columns, err));
    if (o->n_columns == 0)
        return bl_error_set(err, BL_E_FORMAT, "the file has no rows, not even names of columns");
    o->first_row = o->options->no_header ? 0 : 1;
    BL_TRY(read_names(o, err));
    return infer(o, err);
}

static bl_status open_table(opening *o, bl_error *err) {
    uint64_t line = 0;
    BL_TRY(bl_given_types_read(&o->arena, o->options->types, &o->given, err));
    BL_TRY(look(o, err));
    uint64_t offset = o->sample.begin;
    if (o->first_row) {
        size_t end = o->sample.begin + o->ends[o->n_columns - 1] + 1;
        for (; offset < end; offset++)
            line += o->sample.text[offset] == '\n';
    }
    if (offset > o->table->store.size) // the newline that the only row lacks
        offset = o->table->store.size;
    return bl_text_table_finish(o->table, offset, line, bl_marks_get(true), err);
}

bl_status bl_csv_open(bl_context *context, bl_source *source, const bl_open_options *options,
                      bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_text_table) table = NULL;
    BL_TRY(bl_text_table_new(context, source, &dialect, &table, err));
    opening o = {.context = context, .options = options, .table = table};
    bl_arena_init(&o.arena, context);
    bl_status status = open_table(&o, err);
    bl_given_types_release(&o.given);
    bl_free(context, o.sample.text);
    bl_free(context, o.ends);
    bl_arena_release(&o.arena);
    if (status != BL_OK)
        return status;
    *ret_file = &BL_MOVE(table)->head;
    return BL_OK;
}
