// SPDX-License-Identifier: Apache-2.0
// Streamer info: from the TList at fSeekInfo to a table of classes.
#include "formats/root/streamer.h"

#include "formats/root/object.h"

static void fill_element(const bl_root_object *object, bl_root_element *element) {
    element->name = bl_root_object_text(object, "fName", "");
    element->title = bl_root_object_text(object, "fTitle", "");
    element->type_name = bl_root_object_text(object, "fTypeName", "");
    element->type = (int)bl_root_object_integer(object, "fType", -1);
    if (element->type < 0) // of none of ROOT's, and so may be computed with
        element->type = -1;
    element->array_length = (int)bl_root_object_integer(object, "fArrayLength", 0);
    element->n_dims = (int)bl_root_object_integer(object, "fArrayDim", 0);
    if (element->n_dims < 0 || element->n_dims > 5)
        element->n_dims = 0;
    bl_root_array dims = bl_root_object_array(object, "fMaxIndex");
    for (size_t i = 0; i < 5; i++)
        element->dims[i] = (int)bl_root_array_integer(&dims, i, 0);
    element->count_name = bl_root_object_text(object, "fCountName", "");
    element->base_version = (int)bl_root_object_integer(object, "fBaseVersion", 0);
    if (element->type == BL_ROOT_BASE)
        element->base_checksum = (uint32_t)bl_root_array_integer(&dims, 0, 0);
    element->content_type = (int)bl_root_object_integer(object, "fCtype", 0);
}

static bl_status fill_class(bl_arena *arena, const bl_root_object *object, bl_root_class *into,
                            bl_error *err) {
    into->name = bl_root_object_text(object, "fName", "");
    into->version = (int)bl_root_object_integer(object, "fClassVersion", 0);
    into->checksum = (uint32_t)bl_root_object_integer(object, "fCheckSum", 0);
    const bl_root_object *list = bl_root_object_object(object, "fElements");
    size_t n = list ? list->n_items : 0;
    bl_root_element *elements = (bl_root_element *)bl_arena_array(arena, n, sizeof *elements);
    if (n && !elements)
        return bl_error_nomem(err, n * sizeof *elements, "streamer elements");
    for (size_t i = 0; i < n; i++)
        fill_element(list->items[i], &elements[i]); // of a null pointer: one that cannot be read
    into->n_elements = n;
    into->elements = elements;
    return BL_OK;
}

/// Chains the versions of one class, newest first.
static bl_status index_class(bl_context *context, bl_root_classes *classes, size_t i,
                             bl_error *err) {
    bl_root_class *added = &classes->items[i];
    size_t first = bl_name_map_find(&classes->by_name, added->name);
    if (first == SIZE_MAX)
        return bl_name_map_add(context, &classes->by_name, added->name, i, err);
    bl_root_class *head = &classes->items[first];
    if (added->version > head->version) { // the map keeps its first entry: exchange the contents
        bl_root_class newest = *added;
        *added = *head;
        *head = newest;
        head->next = added;
        return BL_OK;
    }
    added->next = head->next;
    head->next = added;
    return BL_OK;
}

static bl_status fill_classes(bl_root_file *file, const bl_root_object *list,
                              bl_root_classes *classes, bl_error *err) {
    classes->items =
        (bl_root_class *)bl_arena_array(&file->arena, list->n_items, sizeof *classes->items);
    if (list->n_items && !classes->items)
        return bl_error_nomem(err, list->n_items * sizeof *classes->items, "streamer info");
    for (size_t i = 0; i < list->n_items; i++) {
        const bl_root_object *object = list->items[i];
        if (!object || strcmp(object->class_name, "TStreamerInfo") != 0)
            continue; // such as the list of schema evolution rules
        BL_TRY(fill_class(&file->arena, object, &classes->items[classes->n], err));
        BL_TRY(index_class(file->context, classes, classes->n, err));
        classes->n++;
    }
    return BL_OK;
}

static bl_status read_classes(bl_root_file *file, bl_root_classes *classes, bl_error *err) {
    if (file->seek_info == 0 || file->n_bytes_info == 0)
        return BL_OK;
    bl_root_record record = {0};
    BL_TRY(bl_root_record_read(file, file->seek_info, file->n_bytes_info, &record, err));
    bl_root_object *list = NULL;
    // the classes' names live in the file's arena, so the payload may go
    bl_status status = bl_root_object_read(classes, &file->arena, record.payload, record.size,
                                           record.key.key_len, "TList", &list, err);
    if (status == BL_OK)
        status = fill_classes(file, list, classes, err);
    bl_root_record_release(&record);
    return status;
}

bl_status bl_root_classes_of(bl_root_file *file, const bl_root_classes **ret_classes,
                             bl_error *err) {
    if (!file->classes) {
        bl_root_classes *classes = (bl_root_classes *)bl_arena_alloc(&file->arena, sizeof *classes);
        if (!classes)
            return bl_error_nomem(err, sizeof *classes, "streamer info");
        bl_status status = read_classes(file, classes, err);
        if (status != BL_OK)
            bl_root_classes_release(file, classes);
        if (status == BL_E_CORRUPT && file->recovery) {
            *classes = (bl_root_classes){0}; // trees of plain numbers do without
        } else if (status != BL_OK) {
            return bl_error_in(err, status, "streamer info");
        }
        file->classes = classes;
    }
    *ret_classes = file->classes;
    return BL_OK;
}

void bl_root_classes_release(bl_root_file *file, bl_root_classes *classes) {
    if (classes)
        bl_name_map_release(file->context, &classes->by_name);
}

bool bl_root_element_is_base(const bl_root_element *element) {
    return element->type == BL_ROOT_BASE ||
           ((element->type == BL_ROOT_TOBJECT || element->type == BL_ROOT_TNAMED) &&
            strcmp(element->type_name, "BASE") == 0);
}

const bl_root_class *bl_root_class_find(const bl_root_classes *classes, const char *name,
                                        int version, uint32_t checksum) {
    size_t first = bl_name_map_find(&classes->by_name, name);
    const bl_root_class *head = first == SIZE_MAX ? NULL : &classes->items[first];
    if (version < 0)
        return head;
    for (const bl_root_class *c = head; c; c = c->next)
        if (c->version == version && (checksum == 0 || c->checksum == checksum))
            return c;
    for (const bl_root_class *c = head; c && checksum; c = c->next)
        if (c->checksum == checksum)
            return c;
    for (const bl_root_class *c = head; c; c = c->next)
        if (c->version == version)
            return c;
    return NULL;
}
