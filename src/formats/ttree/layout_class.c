// SPDX-License-Identifier: Apache-2.0
// Classes, by streamer info: which columns they give, and how each version fills them.
// Left out: classes that contain themselves, whose columns would have no end.
#include "formats/ttree/class_layout.h"

enum { MAX_DEPTH = 32, MAX_NODES = 20000 };

void bl_layouts_init(bl_layouts *layouts, bl_context *context, bl_arena *arena,
                     const bl_root_classes *classes) {
    *layouts = (bl_layouts){.context = context, .arena = arena, .classes = classes};
}

void bl_layouts_release(bl_layouts *layouts) {
    for (size_t i = 0; i < layouts->n_made; i++) {
        bl_class_layout *c = layouts->made[i];
        for (size_t v = 0; v < c->n_versions; v++)
            for (size_t m = 0; m < c->versions[v].n_members; m++)
                bl_layout_release(layouts->context, &c->versions[v].members[m].layout);
        bl_type_release(c->type);
    }
    if (layouts->context) {
        bl_free(layouts->context, layouts->made);
        bl_name_map_release(layouts->context, &layouts->by_name);
    }
    *layouts = (bl_layouts){0};
}

bl_status bl_class_layout_new(bl_layouts *layouts, const char *name, bl_class_layout **ret_layout,
                              bl_error *err) {
    BL_TRY(bl_array_grow(layouts->context, &layouts->made, &layouts->capacity, layouts->n_made,
                         sizeof *layouts->made, "layouts of classes", err));
    bl_class_layout *made = (bl_class_layout *)bl_arena_alloc(layouts->arena, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "the layout of a class");
    made->name = name;
    layouts->made[layouts->n_made++] = made;
    *ret_layout = made;
    return BL_OK;
}

const bl_class_version *bl_class_version_of(const bl_class_layout *layout, int version,
                                            uint32_t checksum) {
    for (size_t i = 0; i < layout->n_versions; i++) {
        const bl_class_version *v = &layout->versions[i];
        bool same = v->version == version && (checksum == 0 || v->checksum == checksum);
        if (same || v->version == INT32_MIN)
            return v;
    }
    for (size_t i = 0; i < layout->n_versions && checksum; i++)
        if (layout->versions[i].checksum == checksum)
            return &layout->versions[i];
    for (size_t i = 0; i < layout->n_versions && version > 0; i++)
        if (layout->versions[i].version == version)
            return &layout->versions[i];
    return NULL;
}

// ---- columns ----

static size_t count_nodes(const bl_type *type) {
    size_t n = 1;
    for (size_t i = 0; i < type->n_children && n <= MAX_NODES; i++)
        n += count_nodes(type->children[i]);
    return n;
}

/// The columns of a member: one, or those of a base class.
static size_t n_columns_of(const bl_class_member *member) {
    return member->is_base ? member->layout.of_class->n_columns : 1;
}

/// Columns from the members of the version that decides on them.
static bl_status make_columns(bl_layouts *layouts, bl_class_layout *layout, bl_error *err) {
    bl_class_version *first = &layout->versions[0];
    size_t n = 0;
    for (size_t i = 0; i < first->n_members; i++)
        n += first->members[i].column == BL_NO_COLUMN ? 0 : n_columns_of(&first->members[i]);
    layout->columns = (bl_class_column *)bl_arena_array(layouts->arena, n, sizeof *layout->columns);
    if (n && !layout->columns)
        return bl_error_nomem(err, n * sizeof *layout->columns, "columns of a class");
    for (size_t i = 0; i < first->n_members; i++) {
        bl_class_member *member = &first->members[i];
        if (member->column == BL_NO_COLUMN)
            continue;
        member->column = layout->n_columns;
        const bl_class_layout *base = member->is_base ? member->layout.of_class : NULL;
        for (size_t k = 0; k < n_columns_of(member); k++) {
            bl_class_column *column = &layout->columns[layout->n_columns++];
            column->own = base ? base->columns[k].name : member->name;
            column->base = base ? member->name : NULL;
            column->type = base ? base->columns[k].type : member->layout.type;
        }
    }
    return BL_OK;
}

/// A name that occurs more than once keeps it only for the class's own member.
static bl_status name_columns(bl_layouts *layouts, bl_class_layout *layout, bl_error *err) {
    bl_name_map names = {0};
    bl_status status = BL_OK;
    size_t n = layout->n_columns;
    for (size_t i = 0; status == BL_OK && i < n; i++) {
        layout->columns[i].name = layout->columns[i].own;
        status = bl_name_map_add(layouts->context, &names, layout->columns[i].own, i, err);
    }
    for (size_t i = 0; status == BL_OK && i < n; i++) {
        size_t first = bl_name_map_find(&names, layout->columns[i].own);
        for (size_t k = 0; k < 2 && first != i; k++) {
            bl_class_column *column = &layout->columns[k ? i : first];
            if (!column->base || column->name != column->own)
                continue;
            column->name = bl_arena_printf(layouts->arena, "%s.%s", column->base, column->own);
            if (!column->name)
                status = bl_error_nomem(err, 0, "a column's name");
        }
    }
    bl_name_map_release(layouts->context, &names);
    return status;
}

bl_status bl_class_type_make(bl_layouts *layouts, bl_class_layout *layout, bl_error *err) {
    size_t n = layout->n_columns;
    const char **names = (const char **)bl_arena_array(layouts->arena, n + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(layouts->arena, n + 1, sizeof *types);
    if (!names || !types)
        return bl_error_nomem(err, n * sizeof *names, "columns of a class");
    layout->n_nodes = 1;
    for (size_t i = 0; i < n; i++) {
        names[i] = layout->columns[i].name;
        types[i] = layout->columns[i].type;
        layout->n_nodes += count_nodes(types[i]);
        if (layout->n_nodes > MAX_NODES)
            return bl_error_set(err, BL_E_LIMIT, "class %s has more than %d members", layout->name,
                                MAX_NODES);
    }
    return bl_type_new_struct(layouts->context, n, names, types, &layout->type, err);
}

/// The column of a member of another version; BL_NO_COLUMN: the columns' version has none.
static size_t find_column(const bl_class_layout *layout, const bl_class_member *member) {
    for (size_t i = 0; i < layout->n_columns; i++) {
        const bl_class_column *column = &layout->columns[i];
        if (member->is_base ? column->base && strcmp(column->base, member->name) == 0
                            : !column->base && strcmp(column->own, member->name) == 0)
            return i;
    }
    return BL_NO_COLUMN;
}

// ---- versions ----

/// Whether values of one shape can be put into a column of another: numbers may differ.
static bool fits(const bl_type *type, const bl_type *column) {
    bool numbers =
        type->id < BL_BINARY && column->id < BL_BINARY && !type->n_children && !column->n_children;
    if (type->id != column->id && !numbers)
        return false;
    if (type->n_children != column->n_children || type->list_size != column->list_size)
        return false;
    for (size_t i = 0; i < type->n_children; i++)
        if (!fits(type->children[i], column->children[i]) ||
            (type->id == BL_STRUCT && strcmp(type->names[i], column->names[i]) != 0))
            return false;
    return true;
}

/// A member that the columns' version has not, or has as something else.
static bl_status match_columns(bl_layouts *layouts, const bl_class_layout *layout,
                               bl_class_version *version, bl_error *err) {
    size_t n = layout->n_columns;
    bool *filled = (bool *)bl_arena_array(layouts->arena, n + 1, sizeof *filled);
    version->missing = (size_t *)bl_arena_array(layouts->arena, n + 1, sizeof *version->missing);
    if (!filled || !version->missing)
        return bl_error_nomem(err, n * sizeof *version->missing, "columns of a class");
    for (size_t i = 0; i < version->n_members; i++) {
        bl_class_member *member = &version->members[i];
        if (version != layout->versions && member->column != BL_NO_COLUMN)
            member->column = find_column(layout, member);
        if (member->column == BL_NO_COLUMN)
            continue;
        const bl_type *column = layout->columns[member->column].type;
        if (!member->is_base && !fits(member->layout.type, column))
            return bl_error_set(err, BL_E_UNSUPPORTED,
                                "version %d of class %s has another kind of member '%s'",
                                version->version, layout->name, member->name);
        for (size_t k = 0; k < n_columns_of(member); k++)
            filled[member->column + k] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!filled[i])
            version->missing[version->n_missing++] = i;
    return BL_OK;
}

/// The member that counts another's items, by its column.
static bl_status find_counter(const bl_class_layout *layout, const bl_root_element *element,
                              bl_layout *counted, bl_error *err) {
    for (size_t i = 0; i < layout->n_columns; i++) {
        const bl_class_column *column = &layout->columns[i];
        bl_type_id id = column->type->id;
        if (strcmp(column->own, element->count_name) != 0 || id < BL_INT8 || id > BL_UINT64)
            continue;
        counted->counter = i;
        return BL_OK;
    }
    return bl_error_set(err, BL_E_UNSUPPORTED, "%s is counted by '%s', which is no member",
                        element->name, element->count_name);
}

static bl_status make_member(bl_layouts *layouts, const bl_root_element *element,
                             bl_class_member *member, bl_error *err) {
    member->name = element->name;
    BL_TRY_IN(bl_layout_of_element(layouts, element, &member->layout, err), err, "%s",
              element->name);
    bool is_base = bl_root_element_is_base(element);
    member->is_base = is_base && member->layout.kind == BL_LAYOUT_OBJECT;
    if (member->layout.kind == BL_LAYOUT_OPAQUE ||
        (is_base && member->layout.kind == BL_LAYOUT_TOBJECT))
        member->column = BL_NO_COLUMN; // what a column cannot hold, and bookkeeping of ROOT's
    if (!member->is_base)
        return BL_OK;
    const bl_class_layout *base = member->layout.of_class;
    const bl_class_version *version =
        bl_class_version_of(base, element->base_version, element->base_checksum);
    member->layout.n = (version ? version : base->versions) - base->versions;
    return BL_OK;
}

static bool member_takes_bytes(const bl_class_member *member) {
    if (member->is_base) // without a header, where objects are streamed member by member
        return member->layout.of_class->versions[member->layout.n].takes_bytes;
    return bl_layout_takes_bytes(&member->layout);
}

static bl_status make_members(bl_layouts *layouts, bl_class_version *version,
                              const bl_root_class *described, bl_error *err) {
    size_t n = described->n_elements;
    version->version = described->version;
    version->checksum = described->checksum;
    version->members =
        (bl_class_member *)bl_arena_array(layouts->arena, n + 1, sizeof *version->members);
    if (!version->members)
        return bl_error_nomem(err, n * sizeof *version->members, "members of a class");
    for (size_t i = 0; i < n; i++) {
        bl_class_member *member = &version->members[version->n_members++];
        BL_TRY(make_member(layouts, &described->elements[i], member, err));
        version->takes_bytes = version->takes_bytes || member_takes_bytes(member);
    }
    return BL_OK;
}

bl_status bl_class_version_make(bl_layouts *layouts, bl_class_layout *layout, size_t i,
                                const bl_root_class *described, bl_error *err) {
    bl_class_version *version = &layout->versions[i];
    BL_TRY(make_members(layouts, version, described, err));
    if (i == 0) {
        BL_TRY(make_columns(layouts, layout, err));
        BL_TRY(name_columns(layouts, layout, err));
    }
    for (size_t m = 0; m < version->n_members; m++) {
        bl_layout *member = &version->members[m].layout;
        if (member->kind == BL_LAYOUT_COUNTED || member->kind == BL_LAYOUT_LOOP)
            BL_TRY(find_counter(layout, &described->elements[m], member, err));
    }
    return match_columns(layouts, layout, version, err);
}

// ---- a class ----

/// The newest version makes the columns; what is wrong with another makes only that unreadable.
static bl_status make_versions(bl_layouts *layouts, const bl_root_class *newest,
                               bl_class_layout *layout, bl_error *err) {
    size_t n = 0;
    for (const bl_root_class *c = newest; c; c = c->next)
        n++;
    layout->versions =
        (bl_class_version *)bl_arena_array(layouts->arena, n, sizeof *layout->versions);
    if (!layout->versions)
        return bl_error_nomem(err, n * sizeof *layout->versions, "versions of a class");
    for (const bl_root_class *c = newest; c; c = c->next) {
        bl_error why = {0};
        size_t i = layout->n_versions++;
        bl_status status = bl_class_version_make(layouts, layout, i, c, &why);
        if (status == BL_E_NOMEM || (status != BL_OK && i == 0))
            return bl_error_set(err, status, "%s", why.message);
        if (status != BL_OK &&
            !(layout->versions[i].unreadable = bl_arena_printf(layouts->arena, "%s", why.message)))
            return bl_error_nomem(err, 0, "a reason");
    }
    return bl_class_type_make(layouts, layout, err);
}

static bl_status make_class(bl_layouts *layouts, bl_class_layout *layout, bl_error *err) {
    const bl_root_class *newest = bl_root_class_find(layouts->classes, layout->name, -1, 0);
    if (!newest)
        return bl_error_set(err, BL_E_UNSUPPORTED, "no streamer info for class %s", layout->name);
    BL_TRY_IN(make_versions(layouts, newest, layout, err), err, "class %s", layout->name);
    return BL_OK;
}

bl_status bl_class_layout_of(bl_layouts *layouts, const char *class_name,
                             bl_class_layout **ret_layout, bl_error *err) {
    size_t known = bl_name_map_find(&layouts->by_name, class_name);
    bl_class_layout *layout = known == SIZE_MAX ? NULL : layouts->made[known];
    if (!layout) {
        const char *name = bl_arena_printf(layouts->arena, "%s", class_name);
        if (!name)
            return bl_error_nomem(err, strlen(class_name), "a class's name");
        size_t index = layouts->n_made;
        BL_TRY(bl_class_layout_new(layouts, name, &layout, err));
        BL_TRY(bl_name_map_add(layouts->context, &layouts->by_name, name, index, err));
        bl_error why = {0};
        bl_status status = make_class(layouts, layout, &why);
        layout->is_made = true;
        if (status == BL_E_NOMEM)
            return bl_error_nomem(err, sizeof *layout, "the layout of a class");
        if (status != BL_OK &&
            !(layout->unreadable = bl_arena_printf(layouts->arena, "%s", why.message)))
            return bl_error_nomem(err, 0, "a reason");
    }
    if (!layout->is_made)
        return bl_error_set(err, BL_E_UNSUPPORTED, "class %s contains itself", layout->name);
    if (layout->unreadable)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s", layout->unreadable);
    *ret_layout = layout;
    return BL_OK;
}

bl_status bl_layout_of_class(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                             bl_error *err) {
    const bl_root_class *newest = bl_root_class_find(layouts->classes, class_name, -1, 0);
    if (layouts->depth >= MAX_DEPTH)
        return bl_error_set(err, BL_E_UNSUPPORTED, "classes are nested deeper than %d", MAX_DEPTH);
    layouts->depth++;
    bl_class_layout *made;
    bl_status status;
    if (newest && newest->n_elements == 1 && strcmp(newest->elements[0].name, "This") == 0) {
        status = bl_layout_of_element(layouts, &newest->elements[0], layout, err);
    } else {
        status = bl_class_layout_of(layouts, class_name, &made, err);
        if (status == BL_OK)
            *layout = (bl_layout){
                .kind = BL_LAYOUT_OBJECT, .type = bl_type_ref(made->type), .of_class = made};
    }
    layouts->depth--;
    return status;
}
