// SPDX-License-Identifier: Apache-2.0
// Which branches hold the columns of a table. Numbers become leaves, lists of numbers leaves that
// are counted, deeper lists and lists of strings vectors; a struct becomes a branch for each
// member, and a list of structs that is to be one a TClonesArray.
#include <ctype.h>
#include <stdio.h>

#include "formats/root/known_classes.h"
#include "formats/root/number_class.h"
#include "formats/ttree/write_branch.h"

static const bl_write_spelling spellings[] = {
    [BL_BOOL] = {"TLeafO", "bool", 'O', 1, false},
    [BL_INT8] = {"TLeafB", "char", 'B', 1, false},
    [BL_UINT8] = {"TLeafB", "unsigned char", 'b', 1, true},
    [BL_INT16] = {"TLeafS", "short", 'S', 2, false},
    [BL_UINT16] = {"TLeafS", "unsigned short", 's', 2, true},
    [BL_INT32] = {"TLeafI", "int", 'I', 4, false},
    [BL_UINT32] = {"TLeafI", "unsigned int", 'i', 4, true},
    [BL_INT64] = {"TLeafL", "Long64_t", 'L', 8, false},
    [BL_UINT64] = {"TLeafL", "ULong64_t", 'l', 8, true},
    [BL_FLOAT32] = {"TLeafF", "float", 'F', 4, false},
    [BL_FLOAT64] = {"TLeafD", "double", 'D', 8, false},
    [BL_BINARY] = {"TLeafC", "string", 'C', 1, false},
    [BL_UTF8] = {"TLeafC", "string", 'C', 1, false},
};

const bl_write_spelling *bl_write_spelling_of(bl_type_id id) { return &spellings[id]; }

typedef struct planner {
    bl_context *context;
    bl_arena *arena;
    const bl_column_spec *columns;
    size_t n_columns;
    const bl_column_spec *spec; ///< the present one
    bl_write_plan *plan;
    const char *list_name; ///< of the outermost list on the way
} planner;

static bl_status refuse(const planner *p, const char *why, bl_error *err) {
    char type[128];
    bl_type_format(p->spec->type, type, sizeof type);
    return bl_error_set(err, BL_E_TYPE, "column '%s' of type %s: %s", p->spec->name, type, why);
}

static bl_status add_branch(planner *p, const bl_write_branch *branch, bl_error *err) {
    bl_write_plan *plan = p->plan;
    if (bl_name_map_find(&plan->by_name, branch->name) != SIZE_MAX)
        return bl_error_set(err, BL_E_EXISTS, "two branches would be called '%s'", branch->name);
    BL_TRY(bl_array_grow(p->context, &plan->branches, &plan->capacity, plan->n_branches,
                         sizeof *plan->branches, "branches", err));
    plan->branches[plan->n_branches] = *branch;
    BL_TRY(bl_name_map_add(p->context, &plan->by_name, branch->name, plan->n_branches, err));
    plan->n_branches++;
    return BL_OK;
}

// ---- counters ----

static bool is_counter_type(const bl_type *type) {
    bl_type_id id = bl_type_get_id(type);
    return id >= BL_INT8 && id <= BL_INT64;
}

static const bl_column_spec *column_named(const planner *p, const char *name) {
    for (size_t i = 0; i < p->n_columns; i++)
        if (strcmp(p->columns[i].name, name) == 0)
            return &p->columns[i];
    return NULL;
}

/// A branch of lengths for the lists of the present column.
static bl_status add_counter(planner *p, const bl_write_shape *lists, const char *name,
                             bl_error *err) {
    bl_write_branch branch = {.name = name, .counter = SIZE_MAX, .is_counter = true};
    branch.shape = *lists;
    branch.shape.kind = BL_WRITE_COUNTER;
    branch.shape.item = BL_INT32;
    branch.shape.n_fixed = 1;
    branch.shape.n_dims = 0;
    return add_branch(p, &branch, err);
}

/// Finds or makes the branch that counts a list: the column that was named, else a column or branch
/// called n and the list's name. A column that comes later gets its branch later, so its name is
/// all that is known yet.
static bl_status name_counter(planner *p, const bl_write_shape *lists, const char **ret_name,
                              bl_error *err) {
    const char *name = p->spec->counter;
    const bl_column_spec *column = name ? column_named(p, name) : NULL;
    if (name && (!column || !is_counter_type(column->type)))
        return bl_error_set(err, BL_E_INVALID, "column '%s': its counter '%s' is %s", p->spec->name,
                            name, column ? "no column of integers" : "no column of this table");
    if (!name) {
        name = bl_arena_printf(p->arena, "n%s", p->list_name);
        if (!name)
            return bl_error_nomem(err, strlen(p->list_name) + 2, "a name");
        column = column_named(p, name);
        if (column && !is_counter_type(column->type))
            return bl_error_set(err, BL_E_EXISTS,
                                "column '%s': its counter cannot be called '%s', a column that "
                                "holds no integers",
                                p->spec->name, name);
        if (!column && bl_name_map_find(&p->plan->by_name, name) == SIZE_MAX)
            BL_TRY(add_counter(p, lists, name, err));
    }
    *ret_name = column ? column->name : name; // the caller's own may be gone when rows are written
    return BL_OK;
}

// ---- leaves of a type ----

/// "vector<vector<float> >".
static const char *vector_name(const planner *p, const bl_write_shape *shape) {
    const char *name = spellings[shape->item].cpp_name;
    for (size_t i = 0; i < shape->n_lists && name; i++)
        name = bl_arena_printf(p->arena, "vector<%s%s>", name, i ? " " : "");
    return name;
}

static bool begins_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/// True where the original was a C++ object of that kind, whatever its namespace.
static bool was(const planner *p, const char *kind) {
    const char *type = p->spec->source_type ? p->spec->source_type : "";
    static const char *const prefixes[] = {"std::", "ROOT::VecOps::"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (begins_with(type, prefixes[i]))
            type += strlen(prefixes[i]);
    return begins_with(type, kind);
}

static bl_status choose_kind(const planner *p, bl_write_branch *branch, bool lists_first,
                             bl_error *err) {
    bl_write_shape *shape = &branch->shape;
    bool is_number = shape->item < BL_BINARY;
    bool was_vector = was(p, "vector<") || was(p, "RVec<");
    if (is_number && shape->n_lists == 0)
        shape->kind = BL_WRITE_FLAT;
    else if (is_number && shape->n_lists == 1 && lists_first && !(was_vector && !shape->n_dims))
        shape->kind = BL_WRITE_JAGGED;
    else if (shape->n_dims)
        return refuse(p, "fixed lists hold numbers, and lists of them no deeper", err);
    else if (shape->n_lists == 0)
        shape->kind = BL_WRITE_STRING;
    else
        shape->kind = BL_WRITE_VECTOR;
    if (shape->kind == BL_WRITE_VECTOR)
        branch->class_name = vector_name(p, shape);
    else if (shape->kind == BL_WRITE_STRING && (was(p, "string") || was(p, "TString")))
        branch->class_name = "string";
    if (shape->kind == BL_WRITE_VECTOR && !branch->class_name)
        return bl_error_nomem(err, 64, "a name");
    return BL_OK;
}

static bl_status plan_leaf(planner *p, const char *name, bl_write_shape *shape, bool lists_first,
                           bl_error *err) {
    bool is_top = shape->n_steps == 0;
    bl_write_branch branch = {.name = name,
                              .title = is_top ? p->spec->title : NULL,
                              .counter = SIZE_MAX,
                              .shape = *shape};
    BL_TRY(choose_kind(p, &branch, lists_first, err));
    const char *counter = NULL;
    if (branch.shape.kind == BL_WRITE_JAGGED)
        BL_TRY(name_counter(p, shape, &counter, err));
    else if (p->spec->counter)
        return bl_error_set(err, BL_E_INVALID, "column '%s': only lists of numbers have counters",
                            p->spec->name);
    branch.counter_name = counter;
    return add_branch(p, &branch, err);
}

static bl_status plan_type(planner *p, const bl_type *type, const char *name, bl_write_shape shape,
                           bool lists_first, bl_error *err);

static bl_status plan_members(planner *p, const bl_type *type, const char *name,
                              const bl_write_shape *shape, bool lists_first, bl_error *err) {
    if (type->n_children == 0)
        return refuse(p, "a struct without members", err);
    for (size_t i = 0; i < type->n_children; i++) {
        bl_write_shape member = *shape;
        const char *full = bl_arena_printf(p->arena, "%s.%s", name, type->names[i]);
        if (!full)
            return bl_error_nomem(err, strlen(name), "a name");
        member.steps[member.n_steps++] = (uint32_t)i;
        BL_TRY(plan_type(p, type->children[i], full, member, lists_first, err));
    }
    return BL_OK;
}

/// \param lists_first no fixed list has been met above a list
static bl_status plan_type(planner *p, const bl_type *type, const char *name, bl_write_shape shape,
                           bool lists_first, bl_error *err) {
    if (shape.n_lists + shape.n_dims + shape.n_steps >= BL_WRITE_MAX_LEVELS - 1)
        return refuse(p, "nested too deeply", err);
    switch (type->id) {
    case BL_STRUCT:
        return plan_members(p, type, name, &shape, lists_first, err);
    case BL_LIST:
    case BL_LARGE_LIST:
        if (shape.n_lists++ == 0)
            p->list_name = name;
        return plan_type(p, type->children[0], name, shape, lists_first && shape.n_dims == 0, err);
    case BL_FIXED_LIST:
        shape.dims[shape.n_dims++] = type->list_size;
        if (__builtin_mul_overflow(shape.n_fixed, type->list_size, &shape.n_fixed) ||
            shape.n_fixed < 1 || shape.n_fixed > INT32_MAX / 8)
            return refuse(p, "the items of its fixed lists are too many or none", err);
        return plan_type(p, type->children[0], name, shape, lists_first, err);
    default:
        shape.item = type->id;
        return plan_leaf(p, name, &shape, lists_first, err);
    }
}

// ---- lists of structs as TClonesArrays ----

/// What TObject's fBits are of objects that ROOT fills a TClonesArray with: kIsOnHeap, kNotDeleted.
enum { BITS_OF_OBJECT = 0x03000000 };

static bool is_name(const char *text, size_t length, const char *also) {
    for (size_t i = 0; i < length; i++)
        if (!isalpha((unsigned char)text[i]) && text[i] != '_' && !strchr(also, text[i]) &&
            (i == 0 || !isdigit((unsigned char)text[i])))
            return false;
    return length > 0;
}

/// The class of "TClonesArray<Class>" where the column is wished and able to be one, else NULL.
static const char *clones_class(const planner *p, size_t *ret_length) {
    static const char start[] = "TClonesArray<";
    const bl_type *type = p->spec->type;
    if (!was(p, start) || (type->id != BL_LIST && type->id != BL_LARGE_LIST))
        return NULL;
    const bl_type *item = type->children[0];
    bool fits = item->id == BL_STRUCT && item->n_children > 0;
    for (size_t i = 0; fits && i < item->n_children; i++)
        fits = item->children[i]->id <= BL_FLOAT64 &&
               is_name(item->names[i], strlen(item->names[i]), "");
    const char *name = strchr(p->spec->source_type, '<') + 1, *end = strrchr(name, '>');
    *ret_length = end ? (size_t)(end - name) : 0;
    return fits && end && !end[1] && is_name(name, *ret_length, ":") ? name : NULL;
}

static const bl_root_class *class_of_items(const planner *p, const bl_type *item, const char *name,
                                           size_t length) {
    bl_root_number_member *members =
        (bl_root_number_member *)bl_arena_array(p->arena, item->n_children, sizeof *members);
    const char *copy = bl_arena_text(p->arena, name, length);
    for (size_t i = 0; members && i < item->n_children; i++) {
        members[i].type = item->children[i]->id;
        members[i].name = bl_arena_text(p->arena, item->names[i], strlen(item->names[i]));
        if (!members[i].name)
            return NULL;
    }
    return members && copy ? bl_root_class_of_numbers(p->arena, copy, members, item->n_children)
                           : NULL;
}

/// A branch "column.member". \param shape of the member
static bl_status add_member(planner *p, const bl_write_shape *shape, const bl_root_class *of,
                            size_t element, bl_error *err) {
    const char *column = p->spec->name;
    bl_write_branch branch = {.shape = *shape,
                              .class_name = of->name,
                              .of_class = of,
                              .element = (int)element,
                              .counter = SIZE_MAX,
                              .counter_name = column};
    branch.name = bl_arena_printf(p->arena, "%s.%s", column, of->elements[element].name);
    if (!branch.name)
        return bl_error_nomem(err, strlen(column), "a name");
    return add_branch(p, &branch, err);
}

/// A branch that counts the objects, below it what each has as a TObject, then its members.
static bl_status plan_clones(planner *p, bl_write_shape shape, const char *name, size_t length,
                             bl_error *err) {
    const bl_type *item = p->spec->type->children[0];
    const bl_root_class *of = class_of_items(p, item, name, length);
    if (!of)
        return bl_error_nomem(err, sizeof *of, "a class");
    if (p->spec->counter)
        return bl_error_set(err, BL_E_INVALID, "column '%s': a TClonesArray counts itself",
                            p->spec->name);
    shape.n_lists = 1;
    bl_write_branch array = {.name = p->spec->name,
                             .title = p->spec->title,
                             .class_name = "TClonesArray",
                             .clones = of,
                             .shape = shape,
                             .counter = SIZE_MAX,
                             .is_counter = true};
    array.shape.kind = BL_WRITE_COUNTER;
    array.shape.item = BL_INT32;
    BL_TRY(add_branch(p, &array, err));
    const bl_root_class *object = bl_root_known_class("TObject");
    shape.kind = BL_WRITE_SAME;
    shape.item = BL_UINT32;
    for (size_t i = 0; i < object->n_elements; i++) {
        shape.same = i ? BITS_OF_OBJECT : 0;
        BL_TRY(add_member(p, &shape, object, i, err));
    }
    shape.kind = BL_WRITE_JAGGED;
    shape.n_steps = 1;
    for (size_t i = 0; i < item->n_children; i++) {
        shape.steps[0] = (uint32_t)i;
        shape.item = item->children[i]->id;
        BL_TRY(add_member(p, &shape, of, i + 1, err));
    }
    return BL_OK;
}

// ---- all columns ----

static void resolve_counters(bl_write_plan *plan) {
    for (size_t i = 0; i < plan->n_branches; i++) {
        bl_write_branch *branch = &plan->branches[i];
        if (!branch->counter_name)
            continue;
        branch->counter = bl_name_map_find(&plan->by_name, branch->counter_name);
        plan->branches[branch->counter].is_counter = true;
        branch->counter_name = plan->branches[branch->counter].name; // the caller's goes away
    }
}

bl_status bl_write_plan_make(bl_context *context, bl_arena *arena, const bl_column_spec *columns,
                             size_t n_columns, bl_write_plan *plan, bl_error *err) {
    planner p = {.context = context,
                 .arena = arena,
                 .columns = columns,
                 .n_columns = n_columns,
                 .plan = plan,
                 .list_name = ""};
    for (size_t i = 0; i < n_columns; i++) {
        p.spec = &columns[i];
        bl_write_shape shape = {.column = i, .n_fixed = 1};
        size_t length;
        const char *class_name = clones_class(&p, &length);
        if (class_name)
            BL_TRY(plan_clones(&p, shape, class_name, length, err));
        else
            BL_TRY(plan_type(&p, columns[i].type, columns[i].name, shape, true, err));
    }
    resolve_counters(plan);
    return BL_OK;
}

void bl_write_plan_release(bl_context *context, bl_write_plan *plan) {
    bl_name_map_release(context, &plan->by_name);
    bl_free(context, plan->branches);
    *plan = (bl_write_plan){0};
}
