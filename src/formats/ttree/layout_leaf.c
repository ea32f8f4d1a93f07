// SPDX-License-Identifier: Apache-2.0
// Plain branches: from TLeaf classes to the layout of entries.
// Source: ROOT, TLeaf*::FillBasket.
#include <stdlib.h>

#include "formats/ttree/layout.h"

/// Type code of a leaf class, 0 for one that is no number.
static int leaf_code(const bl_ttree_leaf *leaf) {
    static const struct {
        const char *name;
        int code, unsigned_code;
    } classes[] = {
        {"TLeafB", 1, 11},  {"TLeafS", 2, 12},    {"TLeafI", 3, 13}, {"TLeafL", 16, 17},
        {"TLeafG", 4, 14},  {"TLeafF", 5, 5},     {"TLeafD", 8, 8},  {"TLeafO", 18, 18},
        {"TLeafD32", 9, 9}, {"TLeafF16", 19, 19},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(leaf->class_name, classes[i].name) == 0)
            return leaf->is_unsigned ? classes[i].unsigned_code : classes[i].code;
    return 0;
}

/// Fixed dimensions in a title such as "m[n][3][4]/F", whose product must be the leaf's length.
/// \return their number; one dimension of the whole length where the title does not say
static int leaf_dims(const bl_ttree_leaf *leaf, int64_t dims[8]) {
    int n = 0;
    int64_t product = 1;
    for (const char *p = strchr(leaf->title, '['); p && n < 8; p = strchr(p + 1, '[')) {
        char *end;
        long long dim = strtoll(p + 1, &end, 10);
        if (end == p + 1 || *end != ']' || dim < 0 || (dim && product > INT32_MAX / dim))
            continue; // the counter's name, or a range
        dims[n++] = dim;
        product *= dim;
    }
    if (product == leaf->n_values)
        return n;
    dims[0] = leaf->n_values;
    return leaf->n_values == 1 ? 0 : 1;
}

static bl_status leaf_layout(bl_context *context, const bl_ttree_leaf *leaf, bl_layout *item,
                             bl_error *err) {
    bl_root_number number;
    if (strcmp(leaf->class_name, "TLeafC") == 0) {
        bl_layout_string(item, BL_LAYOUT_STRING);
        return BL_OK;
    }
    if (!bl_root_number_of_code(leaf_code(leaf), leaf->title, &number))
        return bl_error_set(err, BL_E_UNSUPPORTED, "leaf of class %s", leaf->class_name);
    bl_layout_number(item, &number);
    int64_t dims[8];
    int n_dims = leaf_dims(leaf, dims);
    return bl_layout_wrap_dims(context, dims, n_dims, item, err);
}

/// A branch with several leaves: a struct of them, packed one behind the other.
static bl_status leaf_list(bl_context *context, bl_arena *arena, const bl_ttree_branch *branch,
                           bl_layout *record, bl_error *err) {
    size_t n = branch->n_leaves;
    bl_layout *children = (bl_layout *)bl_arena_array(arena, n, sizeof *children);
    const char **names = (const char **)bl_arena_array(arena, n, sizeof *names);
    if (!children || !names)
        return bl_error_nomem(err, n * sizeof *children, "a leaf list");
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < n; i++) {
        const bl_ttree_leaf *leaf = &branch->leaves[i];
        names[i] = leaf->name;
        status = leaf_layout(context, leaf, &children[i], err);
        if (status == BL_OK && leaf->count_name)
            status = bl_error_set(err, BL_E_UNSUPPORTED, "leaf list with an array counted by '%s'",
                                  leaf->count_name);
    }
    if (status == BL_OK)
        status = bl_layout_record(context, n, names, children, record, err);
    for (size_t i = 0; i < n; i++)
        bl_layout_release(context, &children[i]);
    return status;
}

bl_status bl_layout_of_leaves(bl_context *context, bl_arena *arena, const bl_ttree_branch *branch,
                              bl_entry_layout *layout, bl_error *err) {
    if (branch->n_leaves == 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a branch without leaves");
    if (branch->n_leaves > 1)
        return leaf_list(context, arena, branch, &layout->item, err);
    const bl_ttree_leaf *leaf = &branch->leaves[0];
    BL_TRY(leaf_layout(context, leaf, &layout->item, err));
    layout->counter = leaf->count_name;
    layout->is_list = leaf->count_name != NULL;
    return BL_OK;
}
