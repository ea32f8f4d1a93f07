// SPDX-License-Identifier: Apache-2.0
// Layouts: how they are put together, and which way a branch's is found. Leaves of plain branches
// are in layout_leaf.c, members in layout_element.c, classes in layout_class.c, types in
// type_name.c.
#include "formats/ttree/class_layout.h"

#include <stdio.h>

void bl_layout_release(bl_context *context, bl_layout *layout) {
    for (size_t i = 0; i < layout->n_children; i++)
        bl_layout_release(context, &layout->children[i]);
    bl_free(context, layout->children);
    bl_type_release(layout->type);
    *layout = (bl_layout){0};
}

void bl_layout_number(bl_layout *layout, const bl_root_number *number) {
    *layout = (bl_layout){.kind = BL_LAYOUT_NUMBER,
                          .type = bl_type_primitive(number->type),
                          .number = *number,
                          .fixed_bytes = number->size};
}

void bl_layout_string(bl_layout *layout, bl_layout_kind kind) {
    *layout = (bl_layout){.kind = kind, .type = bl_type_primitive(BL_UTF8)};
}

static bl_status refuse_opaque(bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "a collection with a streamer of its own: only the data tell of what class "
                        "its objects are");
}

bl_status bl_layout_wrap(bl_context *context, int64_t n, bl_layout *inner, bl_layout *outer,
                         bl_error *err) {
    bl_layout made = {.kind = n < 0 ? BL_LAYOUT_VECTOR : BL_LAYOUT_ARRAY, .n = n};
    if (inner->kind == BL_LAYOUT_OPAQUE)
        return refuse_opaque(err);
    bool is_empty = inner->kind == BL_LAYOUT_ARRAY && inner->n == 0; // would be counted in vain
    int64_t most = inner->fixed_bytes ? INT32_MAX / (int64_t)inner->fixed_bytes : INT32_MAX;
    if (n > (is_empty ? 0 : most))
        return bl_error_set(err, BL_E_LIMIT, "an array of %lld values", (long long)n);
    made.fixed_bytes = n < 0 ? 0 : (size_t)n * inner->fixed_bytes;
    BL_TRY(bl_type_new_list(context, n < 0 ? BL_LIST : BL_FIXED_LIST, n < 0 ? 0 : n, inner->type,
                            &made.type, err));
    made.children = (bl_layout *)bl_alloc_zero(context, 1, sizeof *made.children);
    if (!made.children) {
        bl_type_release(made.type);
        return bl_error_nomem(err, sizeof *made.children, "a layout");
    }
    made.n_children = 1;
    made.children[0] = *inner;
    *inner = (bl_layout){0};
    *outer = made;
    return BL_OK;
}

bl_status bl_layout_bitset(bl_context *context, int64_t n, bl_layout *layout, bl_error *err) {
    bl_root_number number;
    bl_layout item = {0};
    bl_root_number_of_code(18, "", &number);
    bl_layout_number(&item, &number);
    BL_TRY(bl_layout_wrap(context, -1, &item, layout, err));
    layout->kind = BL_LAYOUT_BITSET;
    layout->n = n;
    return BL_OK;
}

bl_status bl_layout_wrap_dims(bl_context *context, const int64_t *dims, int n_dims, bl_layout *item,
                              bl_error *err) {
    for (int i = n_dims; i-- > 0;) {
        bl_layout outer = {0};
        if (dims[i] < 0)
            return bl_error_set(err, BL_E_CORRUPT, "an array of %lld values", (long long)dims[i]);
        BL_TRY(bl_layout_wrap(context, dims[i], item, &outer, err));
        *item = outer;
    }
    return BL_OK;
}

bl_status bl_layout_stream(bl_context *context, bl_layout *layout, bl_error *err) {
    if (layout->kind == BL_LAYOUT_OPAQUE)
        return refuse_opaque(err);
    bl_layout *child = (bl_layout *)bl_alloc_zero(context, 1, sizeof *child);
    if (!child)
        return bl_error_nomem(err, sizeof *child, "a layout");
    *child = *layout;
    *layout = (bl_layout){.kind = BL_LAYOUT_STREAMED,
                          .type = bl_type_ref(child->type),
                          .n_children = 1,
                          .children = child};
    return BL_OK;
}

bl_status bl_layout_record(bl_context *context, size_t n, const char *const *names,
                           bl_layout *children, bl_layout *layout, bl_error *err) {
    bl_layout made = {.kind = BL_LAYOUT_RECORD, .n_children = n};
    bl_type **types = (bl_type **)bl_alloc_zero(context, n, sizeof *types);
    made.children = (bl_layout *)bl_alloc_zero(context, n, sizeof *made.children);
    bl_status status = types && made.children ? BL_OK : bl_error_nomem(err, n, "a record");
    bool is_fixed = true;
    for (size_t i = 0; status == BL_OK && i < n; i++) {
        types[i] = children[i].type;
        is_fixed = is_fixed && children[i].fixed_bytes;
        made.fixed_bytes += children[i].fixed_bytes;
    }
    if (!is_fixed)
        made.fixed_bytes = 0;
    if (status == BL_OK)
        status = bl_type_new_struct(context, n, names, types, &made.type, err);
    bl_free(context, types);
    if (status != BL_OK) {
        bl_free(context, made.children);
        return status;
    }
    memcpy(made.children, children, n * sizeof *children);
    memset(children, 0, n * sizeof *children);
    *layout = made;
    return BL_OK;
}

bool bl_layout_takes_bytes(const bl_layout *layout) {
    if (layout->kind == BL_LAYOUT_ARRAY)
        return layout->n > 0 && bl_layout_takes_bytes(layout->children);
    if (layout->kind == BL_LAYOUT_MEMBERS)
        return layout->of_class->versions[layout->n].takes_bytes;
    return true;
}

void bl_entry_layout_release(bl_context *context, bl_entry_layout *layout) {
    bl_layout_release(context, &layout->item);
    bl_type_release(layout->type);
    layout->type = NULL;
}

// ---- any branch ----

/// As a C++ programmer would declare it: "float", "int[3]", "float[nJet]".
static const char *spell(bl_ttree *tree, const bl_ttree_branch *branch,
                         const bl_entry_layout *layout) {
    if (branch->n_leaves > 1)
        return "leaf list";
    const bl_layout *item = &layout->item;
    char dims[128] = "";
    size_t used = 0;
    if (layout->counter)
        used += (size_t)snprintf(dims, sizeof dims, "[%.60s]", layout->counter);
    for (; item->kind == BL_LAYOUT_ARRAY && used < sizeof dims - 24; item = item->children)
        used += (size_t)snprintf(dims + used, sizeof dims - used, "[%lld]", (long long)item->n);
    const char *name =
        item->kind == BL_LAYOUT_STRING ? "char*" : bl_type_id_text(bl_type_get_id(item->type));
    if (item->kind == BL_LAYOUT_NUMBER && item->number.packing != BL_ROOT_PLAIN)
        name = item->number.type == BL_FLOAT64 ? "Double32_t" : "Float16_t";
    return bl_arena_printf(&tree->arena, "%s%s", name, dims);
}

static bl_status find_layout(bl_layouts *layouts, const bl_ttree_branch *branch,
                             bl_entry_layout *layout, bl_error *err) {
    if (branch->damage)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s", branch->damage);
    if (branch->is_foreign)
        return bl_error_set(err, BL_E_UNSUPPORTED, "branch of class %s", branch->branch_class);
    if (branch->is_element)
        BL_TRY(bl_layout_of_element_branch(layouts, branch, layout, err));
    else if (branch->is_object)
        BL_TRY(bl_layout_of_object_branch(layouts, branch, layout, err));
    else
        BL_TRY(bl_layout_of_leaves(layouts->context, layouts->arena, branch, layout, err));
    return layout->item.kind == BL_LAYOUT_OPAQUE ? refuse_opaque(err) : BL_OK;
}

/// Gives a branch up, with the reason. What stays is how ROOT spells it.
static bl_status refuse(bl_layouts *layouts, const bl_ttree_branch *branch, bl_entry_layout *layout,
                        const char *reason, bl_error *err) {
    bl_layout_release(layouts->context, &layout->item);
    layout->unreadable = bl_arena_printf(layouts->arena, "%s", reason);
    if (!layout->source_type)
        layout->source_type = branch->class_name ? branch->class_name : branch->branch_class;
    return layout->unreadable ? BL_OK : bl_error_nomem(err, strlen(reason), "a reason");
}

bl_status bl_entry_layout_of(bl_layouts *layouts, bl_ttree *tree, size_t index,
                             bl_entry_layout *layout, bl_error *err) {
    const bl_ttree_branch *branch = &tree->branches[index];
    bl_error why = {0};
    bl_status status = find_layout(layouts, branch, layout, &why);
    if (status == BL_E_NOMEM)
        return bl_error_nomem(err, sizeof *layout, "a layout");
    if (status != BL_OK) // nonsense in one branch's description leaves the others readable
        return refuse(layouts, branch, layout, why.message, err);
    if (!layout->source_type)
        layout->source_type = spell(tree, branch, layout);
    if (!layout->source_type)
        return bl_error_nomem(err, sizeof(char *), "a type's name");
    if (!layout->is_list) {
        layout->type = bl_type_ref(layout->item.type);
        return BL_OK;
    }
    return bl_type_new_list(layouts->context, BL_LIST, 0, layout->item.type, &layout->type, err);
}
