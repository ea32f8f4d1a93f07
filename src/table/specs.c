// SPDX-License-Identifier: Apache-2.0
// From the columns of an input to those of an output: names, counters, and what is taken along.
#include "base/names.h"
#include "table/selection.h"

/// Names by place in the selection.
typedef struct naming {
    bl_arena *arena;
    const bl_selection *selection;
    bl_name_map own, paths;
    const char **names; ///< [selection->n]
    bool *is_shared;    ///< [selection->n]: another column has the same own name
} naming;

/// A name without the dimensions that stand behind those of array members, such as "x[3]": the
/// column's type has them, and a reader of the copy would count them twice.
static const char *without_dimensions(bl_arena *arena, const char *name) {
    size_t length = strlen(name);
    while (length && name[length - 1] == ']') {
        const char *bracket = memrchr(name, '[', length);
        if (!bracket)
            break;
        length = (size_t)(bracket - name);
    }
    return bl_arena_text(arena, name, length);
}

static bl_status collect(naming *n, bl_error *err) {
    bl_context *context = n->arena->context;
    for (size_t i = 0; i < n->selection->n; i++) {
        const bl_column_info *info = &n->selection->infos[i];
        n->names[i] = without_dimensions(n->arena, info->name);
        if (!n->names[i])
            return bl_error_nomem(err, strlen(info->name) + 1, "a name");
        size_t other = bl_name_map_find(&n->own, n->names[i]);
        if (other != SIZE_MAX)
            n->is_shared[other] = n->is_shared[i] = true;
        BL_TRY(bl_name_map_add(context, &n->own, n->names[i], i, err));
        BL_TRY(bl_name_map_add(context, &n->paths, info->path, i, err));
    }
    return BL_OK;
}

static bl_status use_paths(naming *n, bl_error *err) {
    for (size_t i = 0; i < n->selection->n; i++) {
        char path[1024];
        if (!n->is_shared[i])
            continue;
        n->names[i] = without_dimensions(
            n->arena, bl_select_name(&n->selection->infos[i], path, sizeof path));
        if (!n->names[i])
            return bl_error_nomem(err, strlen(path) + 1, "a name");
    }
    return BL_OK;
}

static bool is_integer(const bl_type *type) {
    bl_type_id id = bl_type_get_id(type);
    return id >= BL_INT8 && id <= BL_INT64; // more than an int64 counts nobody
}

/// A list of numbers, or of arrays of numbers: what a branch with a counter can hold.
static bool is_jagged(const bl_type *type) {
    bl_type_id id = bl_type_get_id(type);
    if (id != BL_LIST && id != BL_LARGE_LIST)
        return false;
    type = bl_type_child(type, 0);
    while (bl_type_get_id(type) == BL_FIXED_LIST)
        type = bl_type_child(type, 0);
    return bl_type_get_id(type) <= BL_FLOAT64;
}

static const char *counter_of(const naming *n, const bl_column_info *info) {
    if (!info->counter || !is_jagged(info->type))
        return NULL;
    size_t counter = bl_name_map_find(&n->paths, info->counter);
    bool is_written = counter != SIZE_MAX && is_integer(n->selection->infos[counter].type);
    return is_written ? n->names[counter] : NULL;
}

static bl_status fill(naming *n, bl_column_spec *specs, bl_error *err) {
    BL_TRY(collect(n, err));
    BL_TRY(use_paths(n, err));
    for (size_t i = 0; i < n->selection->n; i++) {
        const bl_column_info *info = &n->selection->infos[i];
        specs[i] = (bl_column_spec){.size = sizeof *specs,
                                    .name = n->names[i],
                                    .title = info->title,
                                    .type = info->type,
                                    .counter = counter_of(n, info),
                                    .source_type = info->source_type};
    }
    return BL_OK;
}

bl_status bl_selection_specs(bl_arena *arena, const bl_selection *selection,
                             bl_column_spec **ret_specs, bl_error *err) {
    size_t n = selection->n;
    bl_column_spec *specs = bl_arena_array(arena, n, sizeof *specs);
    naming all = {.arena = arena,
                  .selection = selection,
                  .names = bl_arena_array(arena, n, sizeof *all.names),
                  .is_shared = bl_arena_array(arena, n, sizeof *all.is_shared)};
    bl_status status = BL_OK;
    if (!specs || !all.names || !all.is_shared)
        status = bl_error_nomem(err, n * sizeof *specs, "columns");
    else
        status = fill(&all, specs, err);
    bl_name_map_release(arena->context, &all.own);
    bl_name_map_release(arena->context, &all.paths);
    if (status == BL_OK)
        *ret_specs = specs;
    return status;
}
