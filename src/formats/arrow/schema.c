// SPDX-License-Identifier: Apache-2.0
// Arrow schemas being read: fields, their numbering in record batches, and the types that they
// become. A flatbuffer may refer to one table many times, so that a short one can describe a tree
// without end: fields are counted, and nested no deeper than a limit.
#include "formats/arrow/schema.h"

#include <stdio.h>

#include "base/utf8.h"

enum { MAX_NESTING = 64, TEXT_SIZE = 200, BYTES_A_FIELD = 8 };

typedef struct reading {
    bl_context *context;
    bl_arena *arena;
    size_t fields_left;
    bl_error *err;
} reading;

/// Where the next field's nodes and buffers are.
typedef struct numbering {
    size_t node, buffer, view;
} numbering;

static void release_fields(bl_arrow_field *fields, size_t n) {
    for (size_t i = 0; fields && i < n; i++) {
        release_fields(fields[i].children, fields[i].n_children);
        release_fields(fields[i].values, fields[i].values ? 1 : 0);
        bl_type_release(fields[i].type);
        fields[i].type = NULL;
    }
}

void bl_arrow_schema_release(bl_arrow_schema *schema) {
    release_fields(schema->fields, schema->n_fields);
}

static bl_status read_name(reading *r, const bl_flat_table *table, const char **ret_name) {
    size_t length;
    const char *name = bl_flat_text(table, BL_FIELD_NAME, &length);
    if (name && !bl_utf8_valid((const uint8_t *)name, length))
        return bl_error_set(r->err, BL_E_CORRUPT, "a name that is not UTF-8");
    *ret_name = bl_arena_text(r->arena, name ? name : "", name ? length : 0);
    return *ret_name ? BL_OK : bl_error_nomem(r->err, length, "a name");
}

static bl_status read_field(reading *r, const bl_flat_table *table, int depth, numbering *next,
                            bl_arrow_field *field, char *text);

static bl_status read_fields(reading *r, const bl_flat_vector *tables, int depth, numbering *next,
                             bl_arrow_field **ret_fields, size_t *ret_n, char *text) {
    size_t n = tables->n;
    *ret_n = 0;
    if (depth > MAX_NESTING)
        return bl_error_set(r->err, BL_E_LIMIT, "nested deeper than %d", MAX_NESTING);
    if (n > r->fields_left)
        return bl_error_set(r->err, BL_E_CORRUPT, "more fields than the schema has bytes for");
    r->fields_left -= n;
    bl_arrow_field *fields = (bl_arrow_field *)bl_arena_array(r->arena, n + 1, sizeof *fields);
    if (!fields)
        return bl_error_nomem(r->err, n * sizeof *fields, "fields");
    *ret_fields = fields;
    size_t length = strlen(text);
    for (size_t i = 0; i < n; i++) {
        bl_flat_table table = bl_flat_table_of(tables, i);
        char own[TEXT_SIZE];
        *ret_n = i + 1;
        BL_TRY(bl_flat_check(tables->flat, "schema", r->err));
        BL_TRY(read_field(r, &table, depth, next, &fields[i], own));
        if (length < TEXT_SIZE)
            length += (size_t)snprintf(text + length, TEXT_SIZE - length, "%s%s: %.40s",
                                       i ? ", " : "<", fields[i].name, own);
    }
    if (n && length < TEXT_SIZE)
        snprintf(text + length, TEXT_SIZE - length, ">");
    return BL_OK;
}

static bl_status make_list(reading *r, bl_arrow_field *field) {
    bl_type_id id = field->layout == BL_ARROW_FIXED_LIST ? BL_FIXED_LIST
                    : field->width == 8                  ? BL_LARGE_LIST
                                                         : BL_LIST;
    return bl_type_new_list(r->context, id, id == BL_FIXED_LIST ? (int64_t)field->width : 0,
                            field->children[0].type, &field->type, r->err);
}

static bl_status make_struct(reading *r, bl_arrow_field *field) {
    size_t n = field->n_children;
    const char **names = (const char **)bl_arena_array(r->arena, n + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(r->arena, n + 1, sizeof *types);
    if (!names || !types)
        return bl_error_nomem(r->err, n * sizeof *names, "a type");
    for (size_t i = 0; i < n; i++) {
        names[i] = field->children[i].name;
        types[i] = field->children[i].type;
    }
    return bl_type_new_struct(r->context, n, names, types, &field->type, r->err);
}

/// The type of lists and structs, once those below it are known.
static bl_status make_type(reading *r, bl_arrow_field *field) {
    bool is_list = field->layout == BL_ARROW_LIST || field->layout == BL_ARROW_FIXED_LIST;
    if (is_list && field->n_children != 1)
        return bl_error_set(r->err, BL_E_CORRUPT, "'%s': a list with %zu children", field->name,
                            field->n_children);
    if (field->type && field->n_children)
        return bl_error_set(r->err, BL_E_CORRUPT, "'%s': children of what has none", field->name);
    for (size_t i = 0; i < field->n_children && !field->unreadable; i++)
        field->unreadable = field->children[i].unreadable;
    if (field->unreadable || field->type)
        return BL_OK;
    BL_TRY(is_list ? make_list(r, field) : make_struct(r, field));
    if (!field->is_nullable)
        return BL_OK;
    bl_type *plain = field->type;
    field->type = NULL;
    bl_status status = bl_type_new_nullable(r->context, plain, &field->type, r->err);
    bl_type_release(plain);
    return status;
}

/// Reads the type of a field and all below it, numbering them.
static bl_status read_whole(reading *r, const bl_flat_table *table, int depth, numbering *next,
                            bl_arrow_field *field, char *text) {
    numbering first = *next;
    BL_TRY_IN(bl_arrow_type_read(r->context, r->arena, table, field, text, TEXT_SIZE, r->err),
              r->err, "'%s'", field->name);
    field->node = next->node++;
    field->buffer = next->buffer;
    field->view = next->view;
    next->buffer += field->n_buffers;
    next->view += field->n_views;
    bl_flat_vector children = bl_flat_elements(table, BL_FIELD_CHILDREN, 4);
    BL_TRY(read_fields(r, &children, depth + 1, next, &field->children, &field->n_children, text));
    field->n_nodes = next->node - first.node;
    field->n_buffers = next->buffer - first.buffer;
    field->n_views = next->view - first.view;
    return make_type(r, field);
}

/// A field whose values are in a dictionary: it has indices in record batches, and its values, with
/// all below them, are numbered by themselves.
static bl_status read_encoded(reading *r, const bl_flat_table *table, const bl_flat_table *encoding,
                              int depth, numbering *next, bl_arrow_field *field, char *text) {
    bl_arrow_field *values = (bl_arrow_field *)bl_arena_alloc(r->arena, sizeof *values);
    if (!values)
        return bl_error_nomem(r->err, sizeof *values, "a dictionary");
    *values = (bl_arrow_field){.name = field->name, .is_nullable = field->is_nullable};
    field->values = values;
    char own[TEXT_SIZE];
    BL_TRY(read_whole(r, table, depth, &(numbering){0}, values, own));
    snprintf(text, TEXT_SIZE, "dictionary<%.*s>", TEXT_SIZE - 20, own);
    bl_flat_table index = bl_flat_child(encoding, BL_DICTIONARY_INDEX);
    int64_t bits = bl_flat_int(&index, BL_INT_BITS, 4, 32);
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
        return bl_error_set(r->err, BL_E_CORRUPT, "'%s': indices of %d bits", field->name,
                            (int)bits);
    field->has_signed_indices = !index.flat || bl_flat_int(&index, BL_INT_SIGNED, 1, 0) != 0;
    field->dictionary = bl_flat_int(encoding, BL_DICTIONARY_ID, 8, 0);
    field->layout = BL_ARROW_FIXED;
    field->width = (size_t)bits / 8;
    field->unreadable = values->unreadable;
    field->type = values->type ? bl_type_ref(values->type) : NULL;
    field->node = next->node++;
    field->buffer = next->buffer;
    field->view = next->view;
    field->n_nodes = 1;
    field->n_buffers = 2;
    next->buffer += 2;
    return BL_OK;
}

static bl_status read_field(reading *r, const bl_flat_table *table, int depth, numbering *next,
                            bl_arrow_field *field, char *text) {
    BL_TRY(read_name(r, table, &field->name));
    field->is_nullable = bl_flat_int(table, BL_FIELD_NULLABLE, 1, 0) != 0;
    bl_flat_table encoding = bl_flat_child(table, BL_FIELD_DICTIONARY);
    if (encoding.flat)
        BL_TRY(read_encoded(r, table, &encoding, depth, next, field, text));
    else
        BL_TRY(read_whole(r, table, depth, next, field, text));
    BL_TRY(bl_flat_check(table->flat, "schema", r->err));
    if (depth)
        return BL_OK;
    field->source_type = bl_arena_text(r->arena, text, strlen(text));
    return field->source_type ? BL_OK : bl_error_nomem(r->err, strlen(text), "a type's name");
}

bl_status bl_arrow_schema_read(bl_context *context, bl_arena *arena, const bl_flat_table *table,
                               bl_arrow_schema *ret_schema, bl_error *err) {
    bl_flat_vector fields = bl_flat_elements(table, BL_SCHEMA_FIELDS, 4);
    if (!table->flat)
        return bl_error_set(err, BL_E_CORRUPT, "the schema is missing");
    if (bl_flat_int(table, BL_SCHEMA_ENDIANNESS, 2, 0) != 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "big-endian Arrow files are not read");
    reading r = {context, arena, table->flat->size / BYTES_A_FIELD, err};
    numbering next = {0};
    char text[TEXT_SIZE] = "";
    BL_TRY_IN(read_fields(&r, &fields, 0, &next, &ret_schema->fields, &ret_schema->n_fields, text),
              err, "schema");
    ret_schema->n_nodes = next.node;
    ret_schema->n_buffers = next.buffer;
    ret_schema->n_views = next.view;
    return bl_flat_check(table->flat, "schema", err);
}
