// SPDX-License-Identifier: Apache-2.0
// Members of classes, by streamer info: as they lie in an object that is not split, and as branches
// of their own. And branches of whole objects.
// Sources: ROOT, TStreamerInfoReadBuffer and TStreamerElement; TBranchElement (fType, fID).
#include "formats/ttree/class_layout.h"

// ---- as they lie in an object ----

/// Wraps a member's value into its fixed dimensions.
static bl_status wrap_element(bl_context *context, const bl_root_element *element, bl_layout *item,
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
    return bl_layout_wrap_dims(context, dims, n_dims, item, err);
}

/// Numbers, arrays of numbers, and counted pointers to numbers. \return false: none of them
static bool number_element(const bl_root_element *element, bl_layout *layout) {
    bl_root_number number;
    int code = element->type;
    if (code == 15 && strcmp(element->name, "fBits") == 0) {
        *layout = (bl_layout){.kind = BL_LAYOUT_BITS, .type = bl_type_primitive(BL_UINT32)};
        return true;
    }
    if (code > BL_ROOT_POINTER_TO)
        code -= BL_ROOT_POINTER_TO;
    else if (code > BL_ROOT_ARRAY_OF)
        code -= BL_ROOT_ARRAY_OF;
    if (!bl_root_number_of_code(code, element->title, &number))
        return false;
    bl_layout_number(layout, &number);
    return true;
}

static bool is_counted(const bl_root_element *element) {
    return element->type > BL_ROOT_POINTER_TO && element->type < BL_ROOT_OBJECT_IN;
}

static bool is_array(const bl_root_element *element) {
    return element->type > BL_ROOT_ARRAY_OF && element->type < BL_ROOT_POINTER_TO;
}

/// The content class of a class that is a collection itself: "This", commented "<Class> Used …".
static bl_status this_element(bl_layouts *layouts, const bl_root_element *element,
                              bl_layout *layout, bl_error *err) {
    const char *title = element->title;
    size_t length = 0;
    for (int depth = 0; title[length]; length++) {
        depth += (title[length] == '<') - (title[length] == '>');
        if (depth == 0)
            break;
    }
    if (title[0] != '<' || title[length] != '>')
        return bl_error_set(err, BL_E_UNSUPPORTED, "class %s is a collection of unknown items",
                            element->type_name);
    char *type = bl_arena_printf(layouts->arena, "vector<%.*s >", (int)length - 1, title + 1);
    if (!type)
        return bl_error_nomem(err, length, "a type's name");
    return bl_layout_of_type(layouts, type, element->content_type, layout, err);
}

/// A collection or string, with its header. Whatever else ROOT marks so is streamed by a function.
static bl_status streamed_element(bl_layouts *layouts, const bl_root_element *element,
                                  bl_layout *layout, bl_error *err) {
    if (strcmp(element->name, "This") == 0)
        BL_TRY(this_element(layouts, element, layout, err));
    else
        BL_TRY(bl_layout_of_type(layouts, element->type_name, element->content_type, layout, err));
    if (layout->kind == BL_LAYOUT_OBJECT || layout->kind == BL_LAYOUT_POINTER)
        return bl_error_set(err, BL_E_UNSUPPORTED, "class %s has a streamer of its own",
                            element->type_name);
    if (element->array_length > 0)
        BL_TRY(wrap_element(layouts->context, element, layout, err));
    return bl_layout_stream(layouts->context, layout, err);
}

/// `Class *x; //[n]`: the objects follow each other behind one header.
static bl_status loop_element(bl_layouts *layouts, const bl_root_element *element,
                              bl_layout *layout, bl_error *err) {
    bl_layout item = {0};
    if (element->array_length > 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "several counted arrays of %s",
                            element->type_name);
    BL_TRY(bl_layout_of_type(layouts, element->type_name, 0, &item, err));
    bl_status status = bl_layout_wrap(layouts->context, -1, &item, layout, err);
    bl_layout_release(layouts->context, &item);
    layout->kind = BL_LAYOUT_LOOP;
    return status;
}

static bl_status counted_element(bl_layouts *layouts, bl_layout *layout, bl_error *err) {
    bl_layout item = *layout;
    *layout = (bl_layout){0};
    bl_status status = bl_layout_wrap(layouts->context, -1, &item, layout, err);
    bl_layout_release(layouts->context, &item);
    layout->kind = BL_LAYOUT_COUNTED;
    return status;
}

/// One value of the type codes above those of numbers. \param code without BL_ROOT_ARRAY_OF
static bl_status class_element(bl_layouts *layouts, const bl_root_element *element, int code,
                               bl_layout *layout, bl_error *err) {
    switch (code) {
    case BL_ROOT_TSTRING:
        bl_layout_string(layout, BL_LAYOUT_STRING);
        return BL_OK;
    case BL_ROOT_CHARSTAR:
        bl_layout_string(layout, BL_LAYOUT_CHARS);
        return BL_OK;
    case BL_ROOT_BASE:
        return bl_layout_of_type(layouts, element->name, 0, layout, err);
    case BL_ROOT_TOBJECT:
        return bl_layout_of_type(layouts, "TObject", 0, layout, err);
    case BL_ROOT_TNAMED:
        return bl_layout_of_type(layouts, "TNamed", 0, layout, err);
    case BL_ROOT_OBJECT_IN:
    case BL_ROOT_ANY_IN:
    case BL_ROOT_OBJECT_AT:
    case BL_ROOT_ANY_AT:
        return bl_layout_of_type(layouts, element->type_name, 0, layout, err);
    case BL_ROOT_OBJECT_PTR:
    case BL_ROOT_ANY_PTR:
        return bl_layout_of_pointer(layouts, element->type_name, layout, err);
    default:
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s, written in a way (%d) that is not known",
                            element->type_name, element->type);
    }
}

bl_status bl_layout_of_element(bl_layouts *layouts, const bl_root_element *element,
                               bl_layout *layout, bl_error *err) {
    if (number_element(element, layout)) {
        if (is_counted(element))
            return counted_element(layouts, layout, err);
        return is_array(element) ? wrap_element(layouts->context, element, layout, err) : BL_OK;
    }
    switch (element->type) {
    case BL_ROOT_STL:
    case BL_ROOT_STL + BL_ROOT_ARRAY_OF:
    case BL_ROOT_STD_STRING:
    case BL_ROOT_STD_STRING + BL_ROOT_ARRAY_OF:
    case BL_ROOT_STL_PTR:
    case BL_ROOT_STL_PTR + BL_ROOT_ARRAY_OF:
    case BL_ROOT_STREAMER:
        return streamed_element(layouts, element, layout, err);
    case BL_ROOT_STREAM_LOOP:
        return loop_element(layouts, element, layout, err);
    default:
        break;
    }
    int code = element->type;
    if (code >= BL_ROOT_OBJECT_IN + BL_ROOT_ARRAY_OF)
        code -= BL_ROOT_ARRAY_OF;
    BL_TRY(class_element(layouts, element, code, layout, err));
    if (element->array_length <= 0) // arrays of pointers have no code of their own
        return BL_OK;
    BL_TRY(wrap_element(layouts->context, element, layout, err));
    bool has_header = code == BL_ROOT_TSTRING || code == BL_ROOT_TOBJECT || code == BL_ROOT_TNAMED;
    return has_header ? bl_layout_stream(layouts->context, layout, err) : BL_OK;
}

// ---- as branches ----

static const bl_root_element *element_of(const bl_layouts *layouts, const bl_ttree_branch *branch) {
    const bl_root_class *c = bl_root_class_find(layouts->classes, branch->class_name,
                                                branch->class_version, branch->checksum);
    if (!c || branch->id < 0 || (size_t)branch->id >= c->n_elements)
        return NULL;
    return &c->elements[branch->id];
}

/// The counter that a member's comment names in brackets, such as "[fN] numbers", as the branch
/// name of a sibling: "Tracks.fN" beside "Tracks.fP".
static bl_status sibling_counter(bl_layouts *layouts, const bl_ttree_branch *branch,
                                 const bl_root_element *element, bl_entry_layout *layout,
                                 bl_error *err) {
    const char *dot = strrchr(branch->name, '.');
    int prefix = dot ? (int)(dot - branch->name + 1) : 0;
    layout->counter =
        bl_arena_printf(layouts->arena, "%.*s%s", prefix, branch->name, element->count_name);
    return layout->counter ? BL_OK : bl_error_nomem(err, 0, "a counter's name");
}

static bool is_member_of_list(const bl_ttree_branch *branch) {
    return branch->type == BL_BRANCH_CLONES_MEMBER || branch->type == BL_BRANCH_COLLECTION_MEMBER;
}

/// What stands once in front of an entry, however many items it has, is the entry's header.
static void unwrap(bl_context *context, bl_entry_layout *layout) {
    bl_layout child = *layout->item.children;
    layout->item.n_children = 0;
    bl_free(context, layout->item.children);
    layout->item.children = NULL;
    bl_layout_release(context, &layout->item);
    layout->item = child;
    layout->header = BL_HEADER_VERSION;
}

static bl_status member_branch(bl_layouts *layouts, const bl_ttree_branch *branch,
                               bl_entry_layout *layout, bl_error *err) {
    const bl_root_element *element = element_of(layouts, branch);
    if (!element)
        return bl_error_set(err, BL_E_UNSUPPORTED, "no streamer info for its class %s",
                            branch->class_name);
    bl_context *context = layouts->context;
    bool is_class = element->type == BL_ROOT_BASE || element->type == BL_ROOT_TOBJECT;
    layout->source_type = is_class ? element->name : element->type_name;
    layout->is_list = is_member_of_list(branch);
    if (is_counted(element))
        BL_TRY(sibling_counter(layouts, branch, element, layout, err));
    if (is_counted(element) && !layout->is_list && number_element(element, &layout->item)) {
        layout->header = BL_HEADER_FLAG;
        layout->is_list = true;
        return BL_OK;
    }
    BL_TRY(bl_layout_of_element(layouts, element, &layout->item, err));
    if (layout->item.kind == BL_LAYOUT_LOOP)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s, counted by another branch",
                            element->type_name);
    if (layout->item.kind == BL_LAYOUT_STREAMED)
        unwrap(context, layout);
    return BL_OK;
}

/// A whole object. ROOT leaves the header of the class itself out, but where its own streamer wrote
/// it.
static bl_status object_branch(bl_layouts *layouts, const bl_ttree_branch *branch,
                               bl_entry_layout *layout, bl_error *err) {
    bool by_hand;
    bl_layout *item = &layout->item;
    BL_TRY(bl_layout_by_hand(layouts, branch->class_name, item, &by_hand, err));
    if (by_hand)
        return BL_OK;
    BL_TRY(bl_layout_of_type(layouts, branch->class_name, 0, item, err));
    if (item->kind == BL_LAYOUT_STREAMED) // a class that is a collection
        unwrap(layouts->context, layout);
    else if (item->kind != BL_LAYOUT_OBJECT && item->kind != BL_LAYOUT_STRING)
        layout->header = BL_HEADER_VERSION; // at the top, strings are streamed bare
    if (item->kind != BL_LAYOUT_OBJECT || branch->type == BL_BRANCH_OBJECT)
        return BL_OK;
    const bl_class_layout *of_class = item->of_class;
    const bl_class_version *version =
        bl_class_version_of(of_class, branch->class_version, branch->checksum);
    if (!version)
        return bl_error_set(err, BL_E_UNSUPPORTED, "no streamer info for version %d of class %s",
                            branch->class_version, branch->class_name);
    if (version->unreadable)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s", version->unreadable);
    item->kind = BL_LAYOUT_MEMBERS;
    item->n = version - of_class->versions;
    return BL_OK;
}

bl_status bl_layout_of_element_branch(bl_layouts *layouts, const bl_ttree_branch *branch,
                                      bl_entry_layout *layout, bl_error *err) {
    bl_root_number count;
    if (branch->type == BL_BRANCH_CLONES || branch->type == BL_BRANCH_COLLECTION) {
        layout->source_type =
            *branch->clones_name
                ? bl_arena_printf(layouts->arena, "%s<%s>", branch->class_name, branch->clones_name)
                : branch->class_name;
        if (!layout->source_type)
            return bl_error_nomem(err, strlen(branch->clones_name), "a type's name");
        bl_root_number_of_code(3, "", &count);
        bl_layout_number(&layout->item, &count);
        return BL_OK;
    }
    if (branch->id >= 0)
        return member_branch(layouts, branch, layout, err);
    layout->source_type = branch->class_name;
    return object_branch(layouts, branch, layout, err);
}

bl_status bl_layout_of_object_branch(bl_layouts *layouts, const bl_ttree_branch *branch,
                                     bl_entry_layout *layout, bl_error *err) {
    layout->source_type = branch->class_name;
    if (branch->names_class)
        return bl_layout_of_named(layouts, branch->class_name, &layout->item, err);
    return bl_layout_of_type(layouts, branch->class_name, 0, &layout->item, err);
}
