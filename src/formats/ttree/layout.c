// SPDX-License-Identifier: Apache-2.0
// From a branch's description to the layout of its entries: TLeaf classes for plain branches,
// streamer info for TBranchElement. Sources: ROOT, TLeaf*::FillBasket, TBranchElement (fType and
// fStreamerType), TStreamerInfoReadBuffer.
// Left out (listed with the reason): whole objects that are not split, maps, pairs, pointers to
// objects, custom streamers.
#include "formats/ttree/layout.h"

#include <stdio.h>
#include <stdlib.h>

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

bl_status bl_layout_wrap(bl_context *context, int64_t n, bl_layout *inner, bl_layout *outer,
                         bl_error *err) {
    bl_layout made = {.kind = n < 0 ? BL_LAYOUT_VECTOR : BL_LAYOUT_ARRAY, .n = n};
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

void bl_entry_layout_release(bl_context *context, bl_entry_layout *layout) {
    bl_layout_release(context, &layout->item);
    bl_type_release(layout->type);
    layout->type = NULL;
}

// ---- plain branches: TLeaf ----

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

/// Wraps `item` into arrays of `dims`, the last dimension innermost.
static bl_status wrap_dims(bl_context *context, const int64_t *dims, int n_dims, bl_layout *item,
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

/// Gives a branch up, with the reason. \param reason NULL: there was no memory for it
static bl_status refuse(bl_ttree *tree, bl_entry_layout *layout, const char *reason,
                        bl_error *err) {
    bl_layout_release(tree->file->context, &layout->item);
    layout->unreadable = reason;
    return reason ? BL_OK : bl_error_nomem(err, sizeof(char *), "a reason");
}

static bl_status leaf_layout(bl_ttree *tree, const bl_ttree_leaf *leaf, bl_layout *item,
                             bl_error *err) {
    bl_root_number number;
    if (strcmp(leaf->class_name, "TLeafC") == 0) {
        bl_layout_string(item, BL_LAYOUT_STRING);
        return BL_OK;
    }
    if (!bl_root_number_of_code(leaf_code(leaf), leaf->title, &number))
        return BL_OK; // no type: the caller says so
    bl_layout_number(item, &number);
    int64_t dims[8];
    int n_dims = leaf_dims(leaf, dims);
    return wrap_dims(tree->file->context, dims, n_dims, item, err);
}

/// A branch with several leaves: a struct of them, packed one behind the other.
static bl_status leaf_list(bl_ttree *tree, const bl_ttree_branch *branch, bl_entry_layout *layout,
                           bl_error *err) {
    bl_context *context = tree->file->context;
    bl_layout *record = &layout->item;
    size_t n = branch->n_leaves;
    record->kind = BL_LAYOUT_RECORD;
    record->children = (bl_layout *)bl_alloc_zero(context, n, sizeof *record->children);
    const char **names = (const char **)bl_arena_array(&tree->arena, n, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(&tree->arena, n, sizeof *types);
    if (!record->children || !names || !types)
        return bl_error_nomem(err, n * sizeof *record->children, "a leaf list");
    record->n_children = n;
    for (size_t i = 0; i < n; i++) {
        const bl_ttree_leaf *leaf = &branch->leaves[i];
        bl_layout *child = &record->children[i];
        BL_TRY(leaf_layout(tree, leaf, child, err));
        if (!child->type)
            return refuse(tree, layout,
                          bl_arena_printf(&tree->arena, "leaf of class %s", leaf->class_name), err);
        if (leaf->count_name)
            return refuse(tree, layout,
                          bl_arena_printf(&tree->arena, "leaf list with an array counted by '%s'",
                                          leaf->count_name),
                          err);
        names[i] = leaf->name;
        types[i] = child->type;
        record->fixed_bytes += child->fixed_bytes;
    }
    for (size_t i = 0; i < n; i++)
        if (record->children[i].fixed_bytes == 0)
            record->fixed_bytes = 0;
    return bl_type_new_struct(context, n, names, types, &record->type, err);
}

static bl_status plain_branch(bl_ttree *tree, const bl_ttree_branch *branch,
                              bl_entry_layout *layout, bl_error *err) {
    if (branch->n_leaves == 0)
        return refuse(tree, layout, "a branch without leaves", err);
    if (branch->n_leaves > 1)
        return leaf_list(tree, branch, layout, err);
    const bl_ttree_leaf *leaf = &branch->leaves[0];
    BL_TRY(leaf_layout(tree, leaf, &layout->item, err));
    if (!layout->item.type)
        return refuse(tree, layout,
                      bl_arena_printf(&tree->arena, "leaf of class %s", leaf->class_name), err);
    layout->counter = leaf->count_name;
    layout->is_list = leaf->count_name != NULL;
    return BL_OK;
}

// ---- TBranchElement ----

static const bl_root_element *element_of(const bl_ttree *tree, const bl_ttree_branch *branch) {
    const bl_root_class *c = bl_root_class_find(tree->classes, branch->class_name,
                                                branch->class_version, branch->checksum);
    if (!c || branch->id < 0 || (size_t)branch->id >= c->n_elements)
        return NULL;
    return &c->elements[branch->id];
}

/// The counter that a member's comment names in brackets, such as "[fN] numbers", as the branch
/// name of a sibling: "Tracks.fN" beside "Tracks.fP".
static bl_status sibling_counter(bl_ttree *tree, const bl_ttree_branch *branch,
                                 const bl_root_element *element, bl_entry_layout *layout,
                                 bl_error *err) {
    const char *dot = strrchr(branch->name, '.');
    int prefix = dot ? (int)(dot - branch->name + 1) : 0;
    layout->counter =
        bl_arena_printf(&tree->arena, "%.*s%s", prefix, branch->name, element->count_name);
    return layout->counter ? BL_OK : bl_error_nomem(err, 0, "a counter's name");
}

static bool is_member_of_list(const bl_ttree_branch *branch) {
    return branch->type == BL_BRANCH_CLONES_MEMBER || branch->type == BL_BRANCH_COLLECTION_MEMBER;
}

static bl_status element_dims(bl_ttree *tree, const bl_root_element *element, bl_layout *item,
                              bl_error *err) {
    int64_t dims[5] = {0}, product = 1;
    for (int i = 0; i < element->n_dims; i++) {
        dims[i] = element->dims[i];
        product *= element->dims[i] > 0 && product < INT32_MAX ? element->dims[i] : 1;
    }
    int n_dims = element->n_dims;
    if (n_dims == 0 || product != element->array_length) {
        dims[0] = element->array_length;
        n_dims = 1;
    }
    return wrap_dims(tree->file->context, dims, n_dims, item, err);
}

/// Numbers, arrays of numbers, and counted pointers to numbers. \return via ret_done whether it is
/// one
static bl_status number_member(bl_ttree *tree, const bl_ttree_branch *branch,
                               const bl_root_element *element, bl_entry_layout *layout,
                               bool *ret_done, bl_error *err) {
    bl_root_number number;
    int code = element->type;
    *ret_done = true;
    if (code == 15 && strcmp(element->name, "fBits") == 0) {
        layout->item = (bl_layout){.kind = BL_LAYOUT_BITS, .type = bl_type_primitive(BL_UINT32)};
        return BL_OK;
    }
    if (bl_root_number_of_code(code, element->title, &number)) {
        bl_layout_number(&layout->item, &number);
        return BL_OK;
    }
    if (code > BL_ROOT_POINTER_TO &&
        bl_root_number_of_code(code - BL_ROOT_POINTER_TO, element->title, &number)) {
        bl_layout_number(&layout->item, &number);
        layout->header = BL_HEADER_FLAG;
        layout->is_list = true;
        BL_TRY(sibling_counter(tree, branch, element, layout, err));
        if (!is_member_of_list(branch))
            return BL_OK;
        bl_layout inner = layout->item;
        layout->header = BL_HEADER_NONE;
        BL_TRY(bl_layout_wrap(tree->file->context, -1, &inner, &layout->item, err));
        layout->item.kind = BL_LAYOUT_COUNTED;
        return BL_OK;
    }
    if (code > BL_ROOT_ARRAY_OF &&
        bl_root_number_of_code(code - BL_ROOT_ARRAY_OF, element->title, &number)) {
        bl_layout_number(&layout->item, &number);
        return element_dims(tree, element, &layout->item, err);
    }
    *ret_done = false;
    return BL_OK;
}

/// A C++ type with the header that streamed collections and strings carry.
static bl_status typed(bl_ttree *tree, const char *type_name, bl_entry_layout *layout,
                       bl_error *err) {
    bool understood;
    BL_TRY(bl_layout_of_type(tree->file->context, type_name, &layout->item, &understood, err));
    if (!understood)
        return refuse(tree, layout,
                      bl_arena_printf(&tree->arena, "type %s (not split; a later version reads it)",
                                      type_name),
                      err);
    layout->header = BL_HEADER_VERSION;
    return BL_OK;
}

static bl_status member_branch(bl_ttree *tree, const bl_ttree_branch *branch,
                               bl_entry_layout *layout, bl_error *err) {
    const bl_root_element *element = element_of(tree, branch);
    if (!element)
        return refuse(
            tree, layout,
            bl_arena_printf(&tree->arena, "no streamer info for its class %s", branch->class_name),
            err);
    layout->source_type = element->type_name;
    layout->is_list = is_member_of_list(branch);
    bool done;
    BL_TRY(number_member(tree, branch, element, layout, &done, err));
    if (done)
        return BL_OK;
    switch (element->type) {
    case BL_ROOT_TSTRING:
        bl_layout_string(&layout->item, BL_LAYOUT_STRING);
        return BL_OK;
    case BL_ROOT_CHARSTAR:
        bl_layout_string(&layout->item, BL_LAYOUT_CHARS);
        return BL_OK;
    case BL_ROOT_STL:
    case BL_ROOT_STD_STRING:
    case BL_ROOT_STL_PTR:
    case BL_ROOT_STREAMER:
        return typed(tree, element->type_name, layout, err);
    default:
        return refuse(tree, layout,
                      bl_arena_printf(
                          &tree->arena, "member of class %s (not split; a later version reads it)",
                          element->type == BL_ROOT_BASE ? element->name : element->type_name),
                      err);
    }
}

static bl_status element_branch(bl_ttree *tree, const bl_ttree_branch *branch,
                                bl_entry_layout *layout, bl_error *err) {
    bl_root_number count;
    layout->source_type = branch->class_name;
    if (branch->type == BL_BRANCH_CLONES || branch->type == BL_BRANCH_COLLECTION) {
        bl_root_number_of_code(3, "", &count);
        bl_layout_number(&layout->item, &count);
        return BL_OK;
    }
    if (branch->id >= 0)
        return member_branch(tree, branch, layout, err);
    BL_TRY(typed(tree, branch->class_name, layout, err));
    if (layout->item.kind == BL_LAYOUT_STRING) // at the top, strings are streamed bare
        layout->header = BL_HEADER_NONE;
    return BL_OK;
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

static bl_status find_layout(bl_ttree *tree, const bl_ttree_branch *branch, bl_entry_layout *layout,
                             bl_error *err) {
    if (branch->damage)
        layout->unreadable = branch->damage;
    else if (branch->is_foreign)
        return refuse(tree, layout,
                      bl_arena_printf(&tree->arena, "branch of class %s", branch->branch_class),
                      err);
    else if (branch->is_element)
        return element_branch(tree, branch, layout, err);
    else
        return plain_branch(tree, branch, layout, err);
    return BL_OK;
}

bl_status bl_entry_layout_of(bl_ttree *tree, size_t index, bl_entry_layout *layout, bl_error *err) {
    const bl_ttree_branch *branch = &tree->branches[index];
    bl_error why = {0};
    bl_status status = find_layout(tree, branch, layout, &why);
    if (status == BL_E_NOMEM)
        return bl_error_nomem(err, sizeof *layout, "a layout");
    if (status != BL_OK) // nonsense in one branch's description leaves the others readable
        BL_TRY(refuse(tree, layout, bl_arena_printf(&tree->arena, "%s", why.message), err));
    if (layout->unreadable) {
        if (!layout->source_type)
            layout->source_type = branch->class_name ? branch->class_name : branch->branch_class;
        return BL_OK;
    }
    if (!layout->source_type)
        layout->source_type = spell(tree, branch, layout);
    if (!layout->source_type)
        return bl_error_nomem(err, sizeof(char *), "a type's name");
    if (!layout->is_list) {
        layout->type = bl_type_ref(layout->item.type);
        return BL_OK;
    }
    return bl_type_new_list(tree->file->context, BL_LIST, 0, layout->item.type, &layout->type, err);
}
