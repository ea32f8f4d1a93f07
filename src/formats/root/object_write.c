// SPDX-License-Identifier: Apache-2.0
// Objects into bytes, by the descriptions of their classes. TObject, lists and arrays are written
// by hand, as ROOT does it. \source ROOT, TBufferFile (byte counts, tags of classes, references),
// TObjArray and TList Streamer
#include "formats/root/object_write.h"

#include <assert.h>

#include "formats/root/known_classes.h"
#include "formats/root/number.h"

#define BYTE_COUNT 0x40000000u
#define NEW_CLASS 0xffffffffu
#define SEEN_CLASS 0x80000000u
enum {
    POSITION_OFFSET = 2, // as ROOT counts positions, 0 and 1 mean something else
    TOBJECT_BITS = 0x03000000,
    IS_REFERENCED = 1 << 4, ///< TObject::kIsReferenced: a process id follows the bits
};

bl_root_draft *bl_root_draft_new(bl_arena *arena, const char *class_name,
                                 const bl_root_setting *settings, size_t n_settings) {
    bl_root_draft *draft = (bl_root_draft *)bl_arena_alloc(arena, sizeof *draft);
    bl_root_setting *copies =
        (bl_root_setting *)bl_arena_array(arena, n_settings + 1, sizeof *copies);
    if (!draft || !copies)
        return NULL;
    if (n_settings)
        memcpy(copies, settings, n_settings * sizeof *copies);
    *draft =
        (bl_root_draft){.class_name = class_name, .n_settings = n_settings, .settings = copies};
    return draft;
}

bl_root_draft *bl_root_draft_new_list(bl_arena *arena, const char *class_name, size_t n) {
    bl_root_draft *list = bl_root_draft_new(arena, class_name, NULL, 0);
    if (list)
        list->items = (bl_root_draft **)bl_arena_array(arena, n + 1, sizeof *list->items);
    return list && list->items ? list : NULL;
}

/// What was set of a member, else NULL.
static const bl_root_setting *setting_of(const bl_root_draft *object, const char *name, int kind) {
    for (size_t i = 0; object && i < object->n_settings; i++)
        if ((int)object->settings[i].kind == kind && strcmp(object->settings[i].name, name) == 0)
            return &object->settings[i];
    return NULL;
}

static int64_t integer_of(const bl_root_draft *object, const char *name, int64_t absent) {
    const bl_root_setting *set = setting_of(object, name, BL_ROOT_KIND_INTEGER);
    return set ? set->integer : absent;
}

// ---- framing ----

static size_t begin_count(bl_root_scribe *scribe) {
    bl_pack_be32(&scribe->packer, 0);
    return bl_packer_size(&scribe->packer);
}

/// Fills in how many bytes came since `start`.
static void end_count(bl_root_scribe *scribe, size_t start) {
    bl_packer *packer = &scribe->packer;
    if (!packer->failed)
        bl_store_be32(packer->buffer->data + start - 4,
                      (uint32_t)(packer->buffer->size - start) | BYTE_COUNT);
}

static uint32_t position(const bl_root_scribe *scribe) {
    return (uint32_t)(bl_packer_size(&scribe->packer) + scribe->key_len + POSITION_OFFSET);
}

static void pack_text(bl_packer *packer, const char *text) {
    bl_root_string_pack(packer, text, strlen(text));
}

/// The place of a class among those written, where it is put at its first use.
static uint32_t *note_class(bl_root_scribe *scribe, const char *name) {
    size_t i = 0;
    while (i < scribe->n_classes && strcmp(scribe->classes[i].name, name) != 0)
        i++;
    assert(i < BL_ROOT_MAX_WRITTEN_CLASSES);
    if (i == scribe->n_classes) {
        scribe->classes[i].name = name;
        scribe->classes[i].written_at = 0;
        scribe->n_classes++;
    }
    return &scribe->classes[i].written_at;
}

// ---- members ----

static void scribe_tobject(bl_root_scribe *scribe, const bl_root_draft *object) {
    bl_pack_be16(&scribe->packer, 1);
    bl_pack_be32(&scribe->packer, (uint32_t)integer_of(object, "fUniqueID", 0));
    bl_pack_be32(&scribe->packer, (uint32_t)integer_of(object, "fBits", TOBJECT_BITS));
}

static void scribe_number(bl_packer *packer, const bl_root_number *number,
                          const bl_root_draft *object, const char *name) {
    const bl_root_setting *real = setting_of(object, name, BL_ROOT_KIND_REAL);
    int64_t integer = integer_of(object, name, 0);
    double d = real ? real->real : (double)integer;
    float f = (float)d;
    uint64_t bits = (uint64_t)integer;
    uint32_t bits_of_float;
    memcpy(&bits_of_float, &f, sizeof f);
    if (number->type == BL_FLOAT32)
        bits = bits_of_float;
    else if (number->type == BL_FLOAT64)
        memcpy(&bits, &d, sizeof d);
    switch (number->size) {
    case 1:
        bl_pack_u8(packer, (uint8_t)bits);
        break;
    case 2:
        bl_pack_be16(packer, (uint16_t)bits);
        break;
    case 4:
        bl_pack_be32(packer, (uint32_t)bits);
        break;
    default:
        bl_pack_be64(packer, bits);
    }
}

/// Numbers that were set, or zeros: of a fixed array all, of a counted one none.
static void scribe_array(bl_packer *packer, const bl_root_number *number,
                         const bl_root_draft *object, const bl_root_element *element,
                         bool is_counted) {
    const bl_root_setting *set = setting_of(object, element->name, BL_ROOT_KIND_NUMBERS);
    size_t n = set ? set->numbers.n : is_counted ? 0 : (size_t)element->array_length;
    if (is_counted)
        bl_pack_u8(packer, n > 0);
    uint8_t *to = n ? bl_packer_extend(packer, n * number->size) : NULL;
    if (to && set)
        memcpy(to, set->numbers.data, n * number->size);
    else if (to)
        memset(to, 0, n * number->size);
}

static void scribe_class(bl_root_scribe *scribe, const char *class_name,
                         const bl_root_draft *object);

/// A TObjArray, or a TList, whose items have an option each.
static void scribe_list(bl_root_scribe *scribe, const char *class_name, const bl_root_draft *list) {
    bool is_array = strcmp(class_name, "TObjArray") == 0;
    bl_packer *packer = &scribe->packer;
    size_t start = begin_count(scribe), n = list ? list->n_items : 0;
    bl_pack_be16(packer, is_array ? 3 : 5);
    scribe_tobject(scribe, list);
    pack_text(packer, "");
    bl_pack_be32(packer, (uint32_t)n);
    if (is_array)
        bl_pack_be32(packer, 0); // lower bound
    for (size_t i = 0; i < n; i++) {
        bl_root_scribe_pointer(scribe, list->items[i]);
        if (!is_array)
            pack_text(packer, "");
    }
    end_count(scribe, start);
}

/// A TArrayD or TArrayI: the numbers of its fArray.
static void scribe_numbers(bl_packer *packer, size_t size, const bl_root_draft *object) {
    const bl_root_setting *set = setting_of(object, "fArray", BL_ROOT_KIND_NUMBERS);
    size_t n = set ? set->numbers.n : 0;
    bl_pack_be32(packer, (uint32_t)n);
    uint8_t *to = n ? bl_packer_extend(packer, n * size) : NULL;
    if (to)
        memcpy(to, set->numbers.data, n * size);
}

/// What streamers by hand write; else by the class's description.
static void scribe_body(bl_root_scribe *scribe, const char *class_name,
                        const bl_root_draft *object) {
    if (strcmp(class_name, "TObjArray") == 0 || strcmp(class_name, "TList") == 0)
        scribe_list(scribe, class_name, object);
    else if (strcmp(class_name, "TArrayD") == 0)
        scribe_numbers(&scribe->packer, sizeof(double), object);
    else if (strcmp(class_name, "TArrayI") == 0)
        scribe_numbers(&scribe->packer, sizeof(int32_t), object);
    else
        scribe_class(scribe, class_name, object);
}

static void scribe_element(bl_root_scribe *scribe, const bl_root_element *element,
                           const bl_root_draft *object) {
    bl_root_number number;
    int code = element->type;
    const bl_root_setting *text = setting_of(object, element->name, BL_ROOT_KIND_TEXT);
    const bl_root_setting *held = setting_of(object, element->name, BL_ROOT_KIND_OBJECT);
    if (code == BL_ROOT_TOBJECT)
        scribe_tobject(scribe, object);
    else if (code == BL_ROOT_BASE || code == BL_ROOT_TNAMED)
        scribe_body(scribe, element->name, object);
    else if (code == BL_ROOT_TSTRING)
        pack_text(&scribe->packer, text ? text->text : "");
    else if (code == BL_ROOT_OBJECT_IN || code == BL_ROOT_ANY_IN)
        scribe_body(scribe, element->type_name, held ? held->object : NULL);
    else if (code == BL_ROOT_OBJECT_AT)
        scribe_body(scribe, "TList", held ? held->object : NULL); // the one class of ours there
    else if (code == BL_ROOT_OBJECT_PTR)
        bl_root_scribe_pointer(scribe, held ? held->object : NULL);
    else if (bl_root_number_of_code(code, "", &number))
        scribe_number(&scribe->packer, &number, object, element->name);
    else if (code > BL_ROOT_POINTER_TO &&
             bl_root_number_of_code(code - BL_ROOT_POINTER_TO, "", &number))
        scribe_array(&scribe->packer, &number, object, element, true);
    else if (code > BL_ROOT_ARRAY_OF &&
             bl_root_number_of_code(code - BL_ROOT_ARRAY_OF, "", &number))
        scribe_array(&scribe->packer, &number, object, element, false);
    else
        assert(false && "a kind of member that no class of ours has");
}

static void scribe_class(bl_root_scribe *scribe, const char *class_name,
                         const bl_root_draft *object) {
    const bl_root_class *of = bl_root_known_class(class_name);
    if (of)
        (void)note_class(scribe, class_name);
    else
        of = bl_root_bootstrap_class(class_name, -1);
    assert(of);
    size_t start = begin_count(scribe);
    bl_pack_be16(&scribe->packer, of->is_foreign ? 0 : (uint16_t)of->version);
    if (of->is_foreign)
        bl_pack_be32(&scribe->packer, of->checksum);
    for (size_t i = 0; i < of->n_elements; i++)
        scribe_element(scribe, &of->elements[i], object);
    end_count(scribe, start);
}

void bl_root_scribe_object(bl_root_scribe *scribe, const bl_root_draft *object) {
    scribe_body(scribe, object->class_name, object);
}

void bl_root_scribe_pointer(bl_root_scribe *scribe, bl_root_draft *object) {
    bl_packer *packer = &scribe->packer;
    if (!object || object->written_at) {
        bl_pack_be32(packer, object ? object->written_at : 0);
        return;
    }
    object->written_at = position(scribe);
    size_t start = begin_count(scribe);
    uint32_t *tag = note_class(scribe, object->class_name);
    uint32_t here = position(scribe);
    bl_pack_be32(packer, *tag ? *tag | SEEN_CLASS : NEW_CLASS);
    if (!*tag) {
        *tag = here;
        bl_pack_bytes(packer, object->class_name, strlen(object->class_name) + 1);
    }
    scribe_body(scribe, object->class_name, object);
    end_count(scribe, start);
}

bl_status bl_root_scribe_append(bl_root_scribe *scribe, size_t list, const bl_root_draft *more,
                                bl_error *err) {
    bl_packer *packer = &scribe->packer;
    BL_TRY(bl_packer_check(packer, "a list", err));
    bl_cursor c = bl_cursor_over(packer->buffer->data, packer->buffer->size);
    size_t length;
    bl_cursor_seek(&c, list);
    uint32_t count = bl_cursor_be32(&c);
    int version = bl_cursor_be16(&c);
    bl_cursor_skip(&c, 6); // version and unique id of TObject
    uint32_t bits = bl_cursor_be32(&c);
    bl_cursor_skip(&c, bits & IS_REFERENCED ? 2 : 0);
    (void)bl_root_string(&c, &length);
    size_t at = c.position;
    uint32_t n = bl_cursor_be32(&c);
    bool ends_here = (count & ~BYTE_COUNT) == packer->buffer->size - list - 4;
    if (c.failed || version < 4 || !(count & BYTE_COUNT) || !ends_here)
        return bl_error_set(err, BL_E_CORRUPT, "no list at byte %zu of a record", list);
    for (size_t i = 0; i < more->n_items; i++) {
        bl_root_scribe_pointer(scribe, more->items[i]);
        pack_text(packer, "");
    }
    BL_TRY(bl_packer_check(packer, "a list", err));
    bl_store_be32(packer->buffer->data + at, n + (uint32_t)more->n_items);
    end_count(scribe, list + 4);
    return BL_OK;
}
