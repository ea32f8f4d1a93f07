// SPDX-License-Identifier: Apache-2.0
// Kinds of values, merged row by row, and the types that hold them.
#include "formats/text/schema.h"

#include "base/number_text.h"
#include "base/utf8.h"

static bool agree(unsigned kinds) {
    return !(kinds & ~(unsigned)BL_KIND_NUMBER) || !(kinds & (kinds - 1));
}

void bl_schema_add_kind(bl_text_schema *schema, unsigned kind, const char *at) {
    bool agreed = agree(schema->kinds);
    schema->kinds |= kind;
    if (agreed && !agree(schema->kinds))
        schema->conflict = at;
}

static unsigned kind_of_number(const char *at, const char *behind) {
    switch (bl_number_kind_of(at, (size_t)(behind - at))) {
    case BL_NUMBER_INTEGER:
        return *at == '-' ? BL_KIND_NEGATIVE : BL_KIND_INTEGER;
    case BL_NUMBER_UNSIGNED:
        return BL_KIND_UNSIGNED;
    default:
        return BL_KIND_REAL;
    }
}

static bl_text_schema *new_node(bl_schema_maker *maker) {
    bl_text_schema *node = (bl_text_schema *)bl_arena_alloc(maker->arena, sizeof *node);
    if (!node)
        (void)bl_json_fail(&maker->json, maker->json.end, BL_E_NOMEM, "out of memory for a schema");
    return node;
}

bl_text_schema *bl_schema_member(bl_schema_maker *maker, bl_text_schema *schema, const char *name,
                                 size_t size) {
    bl_arena *arena = maker->arena;
    if (!bl_utf8_valid((const uint8_t *)name, size)) {
        (void)bl_json_fail(&maker->json, name, BL_E_CORRUPT, "a key that is no UTF-8");
        return NULL;
    }
    const char *copy = bl_arena_text(arena, name, size);
    size_t i = copy ? bl_name_map_find(&schema->by_name, copy) : SIZE_MAX;
    if (i != SIZE_MAX)
        return schema->members[i];
    if (schema->n_members == schema->capacity) {
        size_t more = schema->capacity ? 2 * schema->capacity : 8, n = schema->n_members;
        bl_text_schema **members = (bl_text_schema **)bl_arena_array(arena, more, sizeof *members);
        const char **names = (const char **)bl_arena_array(arena, more, sizeof *names);
        if (members && names && n) {
            memcpy(members, schema->members, n * sizeof *members);
            memcpy(names, schema->names, n * sizeof *names);
        }
        if (members && names) {
            schema->members = members;
            schema->names = names;
            schema->capacity = more;
        }
    }
    bl_text_schema *node = new_node(maker);
    if (!copy || !node || schema->n_members == schema->capacity ||
        bl_name_map_add(arena->context, &schema->by_name, copy, schema->n_members, NULL) != BL_OK) {
        (void)bl_json_fail(&maker->json, name, BL_E_NOMEM, "out of memory for a schema");
        return NULL;
    }
    schema->members[schema->n_members] = node;
    schema->names[schema->n_members++] = copy;
    return node;
}

typedef struct adding {
    bl_schema_maker *maker;
    bl_text_schema *schema;
    size_t expected;
    unsigned depth;
} adding;

static const char *add_member(bl_json *json, void *user, const char *name, size_t size,
                              const char *at) {
    adding *a = (adding *)user;
    bl_text_schema *schema = a->schema, *member = NULL;
    if (memchr(name, '\0', size))
        return bl_json_fail(json, name, BL_E_CORRUPT, "a key has a zero byte");
    if (a->expected < schema->n_members && bl_name_is(schema->names[a->expected], name, size))
        member = schema->members[a->expected];
    else
        member = bl_schema_member(a->maker, schema, name, size);
    a->expected++;
    if (!member)
        return NULL;
    const char *behind = bl_schema_add_json(a->maker, member, at, a->depth + 1);
    if (behind)
        member->n_bytes += (uint64_t)(behind - at);
    return behind;
}

static const char *add_list(bl_schema_maker *maker, bl_text_schema *schema, const char *at,
                            unsigned depth) {
    bl_json *json = &maker->json;
    if (!schema->item && !(schema->item = new_node(maker)))
        return NULL;
    at = bl_json_space(json, at + 1);
    if (at < json->end && *at == ']')
        return at + 1;
    for (;;) {
        at = bl_schema_add_json(maker, schema->item, at, depth + 1);
        if (!at)
            return NULL;
        at = bl_json_space(json, at);
        if (at < json->end && *at == ']')
            return at + 1;
        if (at == json->end || *at != ',')
            return bl_json_fail(json, at, BL_E_CORRUPT, "a comma or a bracket is missing");
        at = bl_json_space(json, at + 1);
    }
}

const char *bl_schema_add_json(bl_schema_maker *maker, bl_text_schema *schema, const char *at,
                               unsigned depth) {
    bl_json *json = &maker->json;
    double special;
    if (depth > BL_JSON_DEPTH)
        return bl_json_fail(json, at, BL_E_LIMIT, "values nest too deep");
    if (at == json->end)
        return bl_json_fail(json, at, BL_E_CORRUPT, "a value is missing");
    switch (*at) {
    case '"':
        bl_schema_add_kind(schema, BL_KIND_TEXT, at);
        return bl_json_skip(json, at);
    case '[':
        bl_schema_add_kind(schema, BL_KIND_LIST, at);
        return add_list(maker, schema, at, depth);
    case '{':
        bl_schema_add_kind(schema, BL_KIND_OBJECT, at);
        adding a = {.maker = maker, .schema = schema, .depth = depth};
        return bl_json_object(json, at, add_member, &a);
    default:
        break;
    }
    const char *behind = bl_json_skip(json, at);
    if (!behind || bl_json_word(json, at, "null"))
        return behind;
    if (*at == 't' || *at == 'f')
        bl_schema_add_kind(schema, BL_KIND_BOOL, at);
    else if (bl_json_special(json, at, &special))
        bl_schema_add_kind(schema, BL_KIND_REAL, at);
    else
        bl_schema_add_kind(schema, kind_of_number(at, behind), at);
    return behind;
}

void bl_schema_release(bl_context *context, bl_text_schema *schema) {
    if (!schema)
        return;
    bl_name_map_release(context, &schema->by_name);
    bl_schema_release(context, schema->item);
    for (size_t i = 0; i < schema->n_members; i++)
        bl_schema_release(context, schema->members[i]);
}

const char *bl_schema_conflict(const bl_text_schema *schema) {
    const char *found = schema->conflict;
    if (!found && schema->item)
        found = bl_schema_conflict(schema->item);
    for (size_t i = 0; !found && i < schema->n_members; i++)
        found = bl_schema_conflict(schema->members[i]);
    return found;
}

// ---- types ----

static bl_type_id number_id(unsigned kinds) {
    if (kinds & BL_KIND_REAL)
        return BL_FLOAT64;
    if (!(kinds & BL_KIND_UNSIGNED))
        return BL_INT64;
    return kinds & BL_KIND_NEGATIVE ? BL_FLOAT64 : BL_UINT64; // no whole number holds both
}

static bl_status list_type(bl_context *context, const bl_text_schema *schema, bl_type_id fallback,
                           bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) item = NULL;
    BL_AUTO(bl_type) list = NULL;
    BL_TRY(bl_schema_type(context, schema->item, fallback, &item, err));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, item, &list, err));
    return bl_type_new_nullable(context, list, ret_type, err);
}

static bl_status struct_type(bl_context *context, const bl_text_schema *schema, bl_type_id fallback,
                             bl_type **ret_type, bl_error *err) {
    size_t n = schema->n_members, made = 0;
    BL_AUTO(bl_type) type = NULL;
    if (n > BL_MOST_MEMBERS)
        return bl_error_set(err, BL_E_LIMIT, "an object inside a row has more than %d keys",
                            BL_MOST_MEMBERS);
    bl_type **members = (bl_type **)bl_alloc_zero(context, n + 1, sizeof(bl_type *));
    bl_status status = members ? BL_OK : bl_error_nomem(err, n * sizeof(bl_type *), "a type");
    for (; status == BL_OK && made < n; made++)
        status = bl_schema_type(context, schema->members[made], fallback, &members[made], err);
    if (status == BL_OK)
        status = bl_type_new_struct(context, n, schema->names, members, &type, err);
    for (size_t i = 0; i < made; i++)
        bl_type_release(members[i]);
    bl_free(context, members);
    return status == BL_OK ? bl_type_new_nullable(context, type, ret_type, err) : status;
}

bl_status bl_schema_type(bl_context *context, const bl_text_schema *schema, bl_type_id fallback,
                         bl_type **ret_type, bl_error *err) {
    unsigned kinds = schema->kinds;
    if (kinds & BL_KIND_LIST)
        return list_type(context, schema, BL_FLOAT64, ret_type, err);
    if (kinds & BL_KIND_OBJECT)
        return struct_type(context, schema, BL_FLOAT64, ret_type, err);
    bl_type_id id = kinds == 0              ? fallback
                    : kinds & BL_KIND_TEXT  ? BL_UTF8
                    : kinds == BL_KIND_BOOL ? BL_BOOL
                                            : number_id(kinds);
    *ret_type = bl_type_primitive_nullable(id);
    return BL_OK;
}
