// SPDX-License-Identifier: Apache-2.0
// Streamer info of the classes that a file uses: those of the table of known classes, and those
// that were made up for it.
// \source ROOT, TStreamerInfo and TStreamerElement; which element class describes which kind of
// member: TStreamerElement.h
#include <assert.h>

#include "formats/root/file_writer.h"
#include "formats/root/known_classes.h"
#include "formats/root/number.h"

enum { POINTER_SIZE = 8, TSTRING_SIZE = 24, BASE_CHECKSUM = 1, STL_VECTOR = 1, MAX_MEMBERS = 16 };

/// True where there is streamer info already, of the file that is continued.
static bool is_continued(const bl_root_writer *writer) {
    return writer->base && writer->base->seek_info && writer->base->n_bytes_info;
}

// ---- which classes ----

static void note(bl_root_writer *writer, const char *name) {
    size_t at = 0;
    while (at < writer->n_classes && strcmp(writer->classes[at], name) != 0)
        at++;
    if (at == writer->n_classes && at < BL_ROOT_MAX_WRITTEN_CLASSES)
        writer->classes[writer->n_classes++] = name;
}

void bl_root_writer_note_classes(bl_root_writer *writer, const bl_root_scribe *scribe) {
    for (size_t i = 0; i < scribe->n_classes; i++)
        note(writer, scribe->classes[i].name);
}

void bl_root_writer_note_class(bl_root_writer *writer, const char *name) {
    const bl_root_class *of = bl_root_known_class(name);
    assert(of);
    note(writer, of->name);
    for (size_t i = 0; i < of->n_elements; i++)
        if (bl_root_element_is_base(&of->elements[i]))
            bl_root_writer_note_class(writer, of->elements[i].name);
}

/// A copy of a description, its names included. \return NULL when there is no memory
static const bl_root_class *copy_class(bl_arena *arena, const bl_root_class *of) {
    bl_root_class *copy = (bl_root_class *)bl_arena_alloc(arena, sizeof *copy);
    bl_root_element *elements =
        (bl_root_element *)bl_arena_array(arena, of->n_elements + 1, sizeof *elements);
    const char *name = bl_arena_text(arena, of->name, strlen(of->name));
    if (!copy || !elements || !name)
        return NULL;
    for (size_t i = 0; i < of->n_elements; i++) {
        elements[i] = of->elements[i];
        elements[i].name = bl_arena_text(arena, elements[i].name, strlen(elements[i].name));
        if (!elements[i].name)
            return NULL;
    }
    *copy = *of;
    copy->name = name;
    copy->elements = elements;
    return copy;
}

/// Refuses a class whose name the file uses for something else: ROOT has one layout in memory for
/// both, and RDataFrame gives nonsense for one of them.
static bl_status check_name(const bl_root_writer *writer, const bl_root_class *of, bl_error *err) {
    const bl_root_classes *classes = NULL;
    const bl_root_class *other = bl_root_known_class(of->name);
    if (other)
        return bl_error_set(err, BL_E_INVALID, "a class of ROOT's own is called '%s'", of->name);
    if (is_continued(writer))
        BL_TRY(bl_root_classes_of(writer->base, &classes, err));
    if (classes)
        other = bl_root_class_find(classes, of->name, -1, 0);
    for (size_t i = 0; i < writer->n_own_classes && !other; i++)
        if (strcmp(writer->own_classes[i]->name, of->name) == 0)
            other = writer->own_classes[i];
    if (!other || other->checksum == of->checksum)
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID,
                        "class '%s' has other members elsewhere in this file, and a file can have "
                        "but one class of a name",
                        of->name);
}

bl_status bl_root_writer_describe(bl_root_writer *writer, const bl_root_class *of, bl_error *err) {
    BL_TRY(check_name(writer, of, err));
    for (size_t i = 0; i < writer->n_own_classes; i++)
        if (strcmp(writer->own_classes[i]->name, of->name) == 0)
            return BL_OK;
    BL_TRY(bl_array_grow(writer->context, &writer->own_classes, &writer->own_classes_capacity,
                         writer->n_own_classes, sizeof(bl_root_class *), "classes", err));
    const bl_root_class *copy = copy_class(&writer->arena, of);
    if (!copy)
        return bl_error_nomem(err, sizeof *copy, "a class");
    writer->own_classes[writer->n_own_classes++] = copy;
    for (size_t i = 0; i < of->n_elements; i++)
        if (bl_root_element_is_base(&of->elements[i]))
            bl_root_writer_note_class(writer, of->elements[i].name);
    return BL_OK;
}

// ---- their descriptions ----

/// The class that describes a kind of member, and the member's bytes in memory as ROOT counts them.
static const char *describe(const bl_root_element *element, int *ret_size) {
    bl_root_number number;
    int code = element->type;
    *ret_size = 0;
    if (bl_root_number_of_code(code, "", &number)) {
        *ret_size = (int)bl_root_number_width(&number);
        return "TStreamerBasicType";
    }
    if (code == BL_ROOT_BASE || code == BL_ROOT_TOBJECT || code == BL_ROOT_TNAMED)
        return "TStreamerBase";
    if (code == BL_ROOT_OBJECT_IN)
        return "TStreamerObject";
    if (code == BL_ROOT_ANY_IN)
        return "TStreamerObjectAny";
    *ret_size = code == BL_ROOT_TSTRING ? TSTRING_SIZE : POINTER_SIZE;
    if (code == BL_ROOT_TSTRING)
        return "TStreamerString";
    if (code == BL_ROOT_OBJECT_PTR || code == BL_ROOT_OBJECT_AT)
        return "TStreamerObjectPointer";
    assert(code > BL_ROOT_POINTER_TO && code < BL_ROOT_OBJECT_IN);
    return "TStreamerBasicPointer";
}

/// The five numbers of fMaxIndex, of which a base class uses one for its checksum.
static const uint8_t *base_indices(bl_arena *arena, uint32_t checksum) {
    uint8_t *indices = (uint8_t *)bl_arena_array(arena, 5, sizeof(uint32_t));
    if (indices)
        bl_store_be32(indices + sizeof(uint32_t) * BASE_CHECKSUM, checksum);
    return indices;
}

static bl_root_draft *element_object(bl_arena *arena, const bl_root_class *of,
                                     const bl_root_element *element) {
    int size;
    const char *class_name = describe(element, &size);
    const bl_root_class *base = bl_root_known_class(element->name);
    bool is_base = strcmp(class_name, "TStreamerBase") == 0;
    const uint8_t *indices = base_indices(arena, is_base && base ? base->checksum : 0);
    if (!indices)
        return NULL;
    const bl_root_setting members[] = {
        BL_ROOT_SET_TEXT("fName", element->name),
        BL_ROOT_SET_TEXT("fTitle", element->title),
        BL_ROOT_SET_INTEGER("fType", element->type),
        BL_ROOT_SET_INTEGER("fSize", size),
        BL_ROOT_SET_NUMBERS("fMaxIndex", indices, 5),
        BL_ROOT_SET_TEXT("fTypeName", element->type_name),
        BL_ROOT_SET_INTEGER("fBaseVersion", is_base && base ? base->version : 0),
        BL_ROOT_SET_INTEGER("fCountVersion", of->version),
        BL_ROOT_SET_TEXT("fCountName", element->count_name ? element->count_name : ""),
        BL_ROOT_SET_TEXT("fCountClass", of->name),
    };
    return bl_root_draft_new(arena, class_name, members, sizeof members / sizeof *members);
}

static bl_root_draft *info_object(bl_arena *arena, const bl_root_class *of) {
    bl_root_draft *elements = bl_root_draft_new_list(arena, "TObjArray", of->n_elements);
    if (!elements)
        return NULL;
    for (size_t i = 0; i < of->n_elements; i++) {
        elements->items[elements->n_items] = element_object(arena, of, &of->elements[i]);
        if (!elements->items[elements->n_items++])
            return NULL;
    }
    const bl_root_setting members[] = {
        BL_ROOT_SET_TEXT("fName", of->name),
        BL_ROOT_SET_INTEGER("fCheckSum", of->checksum),
        BL_ROOT_SET_INTEGER("fClassVersion", of->version),
        BL_ROOT_SET_OBJECT("fElements", elements),
    };
    return bl_root_draft_new(arena, "TStreamerInfo", members, sizeof members / sizeof *members);
}

/// True where the file that is continued describes that class already.
static bool is_described(const bl_root_classes *classes, const bl_root_class *of) {
    const bl_root_class *known =
        classes ? bl_root_class_find(classes, of->name, of->version, of->checksum) : NULL;
    return known && known->version == of->version;
}

/// Adds a description that `classes` has not. \return false when there is no memory
static bool add_info(bl_root_writer *writer, bl_root_draft *list, const bl_root_class *of,
                     const bl_root_classes *classes) {
    if (is_described(classes, of))
        return true;
    list->items[list->n_items] = info_object(&writer->arena, of);
    return list->items[list->n_items++] != NULL;
}

/// Descriptions of the noted classes, without those of `classes`.
static bl_root_draft *info_list(bl_root_writer *writer, const bl_root_classes *classes) {
    bl_root_draft *list =
        bl_root_draft_new_list(&writer->arena, "TList", writer->n_classes + writer->n_own_classes);
    for (size_t i = 0; list && i < writer->n_own_classes; i++)
        if (!add_info(writer, list, writer->own_classes[i], classes))
            return NULL;
    for (size_t i = 0; list && i < writer->n_classes; i++) {
        const bl_root_class *of = bl_root_known_class(writer->classes[i]);
        if (of && !add_info(writer, list, of, classes)) // lists and strings are written by hand
            return NULL;
    }
    return list;
}

static bl_status write_info(bl_root_writer *writer, bl_root_scribe *scribe, bl_root_key *key,
                            bl_error *err) {
    bl_status status = bl_packer_check(&scribe->packer, "streamer info", err);
    if (status == BL_OK)
        status = bl_root_writer_record(writer, SIZE_MAX, key, scribe->packer.buffer, err);
    bl_packer_release(&scribe->packer);
    return status;
}

static bl_status new_info(bl_root_writer *writer, const bl_root_draft *list, bl_root_key *ret_key,
                          bl_error *err) {
    BL_TRY(
        bl_root_writer_key(writer, 0, "TList", "StreamerInfo", "Doubly linked list", ret_key, err));
    ret_key->cycle = 1;
    bl_root_scribe scribe = {.packer = {.context = writer->context}, .key_len = ret_key->key_len};
    bl_root_scribe_object(&scribe, list);
    return write_info(writer, &scribe, ret_key, err);
}

/// The streamer info of the file that is continued, with more descriptions at its end.
static bl_status continued_info(bl_root_writer *writer, const bl_root_draft *list,
                                bl_root_key *ret_key, bl_error *err) {
    bl_root_file *base = writer->base;
    bl_root_record old = {0};
    BL_TRY(bl_root_record_read(base, base->seek_info, base->n_bytes_info, &old, err));
    bl_root_key key;
    bl_root_scribe scribe = {.packer = {.context = writer->context}, .key_len = old.key.key_len};
    bl_status status = bl_root_writer_key_like(writer, 0, &old.key, &key, err);
    key.cycle = old.key.cycle;
    if (status == BL_OK) {
        bl_pack_bytes(&scribe.packer, old.payload, old.size);
        status = bl_root_scribe_append(&scribe, 0, list, err);
    }
    bl_root_record_release(&old);
    if (status == BL_OK)
        status = write_info(writer, &scribe, &key, err);
    bl_packer_release(&scribe.packer);
    *ret_key = key;
    return status;
}

bl_status bl_root_streamer_info_write(bl_root_writer *writer, bl_root_key *ret_key, bl_error *err) {
    const bl_root_classes *classes = NULL;
    const bl_root_file *base = writer->base;
    if (is_continued(writer))
        BL_TRY(bl_root_classes_of(writer->base, &classes, err));
    const bl_root_draft *list = info_list(writer, classes);
    if (!list)
        return bl_error_nomem(err, sizeof *list, "streamer info");
    if (!is_continued(writer))
        return new_info(writer, list, ret_key, err);
    if (list->n_items)
        return continued_info(writer, list, ret_key, err);
    *ret_key = (bl_root_key){.seek_key = base->seek_info, .n_bytes = (int32_t)base->n_bytes_info};
    return BL_OK;
}
