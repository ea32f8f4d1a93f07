// SPDX-License-Identifier: Apache-2.0
// From the flat list of elements to columns. Lists have been written in many shapes; which level is
// the item's is decided by the rules that the format gives for older files.
// \source Apache Parquet, LogicalTypes, "Nested types" and its backward-compatibility rules
#include "formats/parquet/schema.h"

enum { MOST_DEPTH = 64, MOST_LEVEL = 100 };

typedef struct maker {
    bl_arena *arena;
    const bl_parquet_metadata *metadata;
    size_t next; ///< element
    bl_parquet_schema *schema;
} maker;

/// What is around an element.
typedef struct place {
    unsigned def, rep;           ///< levels so far
    unsigned slot_def, slot_rep; ///< of the list around it
    unsigned depth;
    const char *path; ///< NULL: the top
} place;

static bl_status make_node(maker *m, place at, bool is_item, bl_parquet_node *node, bl_error *err);

static const bl_parquet_element *peek(const maker *m) {
    return m->next < m->metadata->n_elements ? &m->metadata->elements[m->next] : NULL;
}

static bl_status take(maker *m, const bl_parquet_element **ret_element, bl_error *err) {
    const bl_parquet_element *e = peek(m);
    if (!e)
        return bl_error_set(err, BL_E_CORRUPT, "schema: fewer elements than it promises");
    if ((unsigned)e->repetition > BL_PARQUET_REPEATED || e->type >= BL_PARQUET_N_TYPES ||
        e->n_children < 0 || (size_t)e->n_children > m->metadata->n_elements)
        return bl_error_set(err, BL_E_CORRUPT, "schema: element '%s': %d children, type %d",
                            e->name, (int)e->n_children, e->type);
    m->next++;
    *ret_element = e;
    return BL_OK;
}

static bool is_list(const bl_parquet_element *e) {
    return e->logical ? e->logical == BL_PARQUET_LOGICAL_LIST
                      : e->converted == BL_PARQUET_CONVERTED_LIST;
}

static bool is_map(const bl_parquet_element *e) {
    return e->logical ? e->logical == BL_PARQUET_LOGICAL_MAP
                      : e->converted == BL_PARQUET_CONVERTED_MAP ||
                            e->converted == BL_PARQUET_CONVERTED_MAP_KEY_VALUE;
}

static bl_status new_children(maker *m, bl_parquet_node *node, size_t n, bl_error *err) {
    node->children = (bl_parquet_node *)bl_arena_array(m->arena, n + 1, sizeof *node->children);
    if (!node->children)
        return bl_error_nomem(err, n * sizeof *node->children, "a schema");
    node->n_children = n;
    return BL_OK;
}

static const char *first_reason(const bl_parquet_node *node) {
    if (node->unreadable || node->n_children == 0)
        return node->unreadable ? node->unreadable : "a struct without members";
    for (size_t i = 0; i < node->n_children; i++)
        if (node->children[i].unreadable)
            return node->children[i].unreadable;
    return NULL;
}

/// A node's type over those of its children, nullable where it may be null.
static bl_status finish_type(maker *m, bl_parquet_node *node, bl_type *made, bl_error *err) {
    BL_AUTO(bl_type) type = made;
    if (node->is_nullable)
        return bl_type_new_nullable(m->arena->context, type, &node->type, err);
    node->type = BL_MOVE(type);
    return BL_OK;
}

// ---- structs ----

/// Spark's vectors: a byte that says which, a size, indices, values.
static bool is_vector(const bl_parquet_node *node) {
    static const char *const names[] = {"type", "size", "indices", "values"};
    if (node->n_children != 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (!node->children[i].type || strcmp(node->children[i].element->name, names[i]) != 0)
            return false;
    const bl_type *indices = node->children[2].type, *values = node->children[3].type;
    return node->children[0].type->id == BL_INT8 && node->children[1].type->id == BL_INT32 &&
           indices->id == BL_LIST && indices->children[0]->id == BL_INT32 &&
           values->id == BL_LIST && values->children[0]->id == BL_FLOAT64;
}

static bl_status struct_type(maker *m, bl_parquet_node *node, bl_error *err) {
    size_t n = node->n_children;
    const char **names = (const char **)bl_arena_array(m->arena, n + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(m->arena, n + 1, sizeof *types);
    if (!names || !types)
        return bl_error_nomem(err, n * sizeof *types, "a schema");
    node->unreadable = first_reason(node);
    if (node->unreadable)
        return BL_OK;
    for (size_t i = 0; i < n; i++) {
        names[i] = node->children[i].element->name;
        types[i] = node->children[i].type;
    }
    bl_type *type = NULL;
    BL_TRY(bl_type_new_struct(m->arena->context, n, names, types, &type, err));
    node->is_vector = is_vector(node);
    return finish_type(m, node, type, err);
}

static bl_status make_struct(maker *m, place at, bl_parquet_node *node, bl_error *err) {
    size_t n = (size_t)node->element->n_children;
    BL_TRY(new_children(m, node, n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(make_node(m, at, false, &node->children[i], err));
    return struct_type(m, node, err);
}

// ---- lists ----

static bl_status list_type(maker *m, bl_parquet_node *node, bl_error *err) {
    node->unreadable = first_reason(node);
    if (node->unreadable)
        return BL_OK;
    bl_type *type = NULL;
    BL_TRY(bl_type_new_list(m->arena->context, BL_LIST, 0, node->children[0].type, &type, err));
    return finish_type(m, node, type, err);
}

/// Levels inside a repeated element.
static place inside(place at, bl_parquet_node *list) {
    list->item_def = at.def + 1;
    list->item_rep = at.rep + 1;
    return (place){.def = at.def + 1,
                   .rep = at.rep + 1,
                   .slot_def = at.def + 1,
                   .slot_rep = at.rep + 1,
                   .depth = at.depth + 1,
                   .path = at.path};
}

/// A repeated element by itself is a list of what it is.
static bl_status make_bare_list(maker *m, place at, bl_parquet_node *node, bl_error *err) {
    node->is_nullable = false;
    BL_TRY(new_children(m, node, 1, err));
    BL_TRY(make_node(m, inside(at, node), true, &node->children[0], err));
    return list_type(m, node, err);
}

/// Whether the repeated group in a list is its item, not just a level around it.
static bool is_item(const maker *m, const bl_parquet_element *list,
                    const bl_parquet_element *repeated) {
    if (repeated->type >= 0 || repeated->n_children != 1)
        return true;
    size_t length = strlen(list->name);
    if (strcmp(repeated->name, "array") == 0 || (strncmp(repeated->name, list->name, length) == 0 &&
                                                 strcmp(repeated->name + length, "_tuple") == 0))
        return true;
    const bl_parquet_element *only =
        m->next + 1 < m->metadata->n_elements ? &m->metadata->elements[m->next + 1] : NULL;
    return only && only->repetition == BL_PARQUET_REPEATED;
}

/// A group that says it is a list or map: one repeated child, in which the items are.
static bl_status make_list(maker *m, place at, bl_parquet_node *node, bl_error *err) {
    const bl_parquet_element *repeated = peek(m);
    BL_TRY(new_children(m, node, 1, err));
    place in = inside(at, node);
    if (repeated && is_item(m, node->element, repeated)) {
        BL_TRY(make_node(m, in, true, &node->children[0], err));
        return list_type(m, node, err);
    }
    const bl_parquet_element *around;
    BL_TRY(take(m, &around, err));
    in.path = bl_arena_printf(m->arena, "%s.%s", in.path, around->name);
    if (!in.path)
        return bl_error_nomem(err, 0, "a path");
    BL_TRY(make_node(m, in, false, &node->children[0], err));
    return list_type(m, node, err);
}

// ---- all ----

static bl_status make_leaf(maker *m, place at, bl_parquet_node *node, bl_error *err) {
    bl_parquet_leaf *leaf = &m->schema->leaves[m->schema->n_leaves++];
    *leaf = (bl_parquet_leaf){.node = node,
                              .element = node->element,
                              .path = at.path,
                              .max_def = at.def,
                              .max_rep = at.rep};
    BL_TRY(bl_parquet_leaf_type(m->arena, node, err));
    if (!node->type && !node->unreadable)
        node->unreadable = "its type is not known";
    return BL_OK;
}

/// \param is_item a repeated element whose list is made already
static bl_status make_node(maker *m, place at, bool is_item_of_list, bl_parquet_node *node,
                           bl_error *err) {
    const bl_parquet_element *e = peek(m);
    if (at.depth > MOST_DEPTH || at.def > MOST_LEVEL)
        return bl_error_set(err, BL_E_LIMIT, "schema: nested deeper than %d", MOST_DEPTH);
    bool is_bare_list = e && e->repetition == BL_PARQUET_REPEATED && !is_item_of_list;
    if (!is_bare_list)
        BL_TRY(take(m, &e, err));
    else if ((unsigned)e->repetition > BL_PARQUET_REPEATED)
        return BL_E_CORRUPT;
    if (e->repetition == BL_PARQUET_OPTIONAL)
        at.def++;
    *node = (bl_parquet_node){.element = e,
                              .def = at.def,
                              .slot_def = at.slot_def,
                              .slot_rep = at.slot_rep,
                              .is_nullable = e->repetition == BL_PARQUET_OPTIONAL,
                              .first_leaf = m->schema->n_leaves};
    at.depth++;
    if (!is_bare_list)
        at.path = at.path ? bl_arena_printf(m->arena, "%s.%s", at.path, e->name) : e->name;
    if (!at.path && !is_bare_list)
        return bl_error_nomem(err, 0, "a path");
    bl_status status;
    if (is_bare_list)
        status = make_bare_list(m, at, node, err);
    else if (e->type >= 0)
        status = make_leaf(m, at, node, err);
    else if ((is_list(e) || is_map(e)) && e->n_children == 1 && peek(m) &&
             peek(m)->repetition == BL_PARQUET_REPEATED)
        status = make_list(m, at, node, err);
    else
        status = make_struct(m, at, node, err);
    node->n_leaves = m->schema->n_leaves - node->first_leaf;
    return status;
}

/// Tells each leaf which lists and structs around it are its to make.
static bl_status add_ancestors(maker *m, const bl_parquet_node *node, bl_error *err) {
    if (!node->n_children || !node->n_leaves)
        return BL_OK;
    bl_parquet_leaf *leaf = &m->schema->leaves[node->first_leaf];
    if (!leaf->ancestors)
        leaf->ancestors = (const bl_parquet_node **)bl_arena_array(m->arena, MOST_DEPTH * 2,
                                                                   sizeof *leaf->ancestors);
    if (!leaf->ancestors)
        return bl_error_nomem(err, MOST_DEPTH * 2, "a schema");
    leaf->ancestors[leaf->n_ancestors++] = node;
    for (size_t i = 0; i < node->n_children; i++)
        BL_TRY(add_ancestors(m, &node->children[i], err));
    return BL_OK;
}

bl_status bl_parquet_schema_make(bl_arena *arena, const bl_parquet_metadata *metadata,
                                 bl_parquet_schema *ret_schema, bl_error *err) {
    bl_parquet_schema *schema = ret_schema;
    maker m = {.arena = arena, .metadata = metadata, .schema = schema};
    const bl_parquet_element *root;
    BL_TRY(take(&m, &root, err));
    size_t n = (size_t)root->n_children;
    schema->leaves =
        (bl_parquet_leaf *)bl_arena_array(arena, metadata->n_elements + 1, sizeof *schema->leaves);
    schema->columns = (bl_parquet_node *)bl_arena_array(arena, n + 1, sizeof *schema->columns);
    if (!schema->leaves || !schema->columns)
        return bl_error_nomem(err, n * sizeof *schema->columns, "a schema");
    schema->n_columns = n;
    for (size_t i = 0; i < n; i++)
        BL_TRY(make_node(&m, (place){0}, false, &schema->columns[i], err));
    if (m.next != metadata->n_elements)
        return bl_error_set(err, BL_E_CORRUPT, "schema: more elements than it promises");
    for (size_t i = 0; i < n; i++)
        if (schema->columns[i].n_leaves)
            BL_TRY(add_ancestors(&m, &schema->columns[i], err));
    return BL_OK;
}

static void release(bl_parquet_node *node) {
    for (size_t i = 0; i < node->n_children; i++)
        release(&node->children[i]);
    bl_type_release(node->type);
}

void bl_parquet_schema_release(bl_parquet_schema *schema) {
    for (size_t i = 0; i < schema->n_columns; i++)
        release(&schema->columns[i]);
}
