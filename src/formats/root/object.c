// SPDX-License-Identifier: Apache-2.0
// A generic reader of streamed objects: byte counts, versions, class tags, references, members by
// streamer info. By hand: only what ROOT itself streams by hand and metadata needs (TObject,
// TNamed, TString, TList, TObjArray, TArray). Everything else that has no usable streamer info is
// skipped. Source: ROOT, TBufferFile (ReadVersion, ReadObjectAny, ReadClass), TStreamerInfo.
#include "formats/root/object.h"

#include "formats/root/reference.h"

enum {
    MAX_DEPTH = 100,
    MAX_NAMED = 32,
    BYTE_COUNT_BIT = 0x40000000,
    MAP_OFFSET = 2,     // references are positions + 2
    IS_REFERENCED = 16, // in TObject's fBits: a process id follows
};
#define NEW_CLASS_TAG UINT32_C(0xffffffff)
#define CLASS_BIT UINT32_C(0x80000000)

typedef struct reader {
    const bl_root_classes *classes;
    bl_arena *arena;
    bl_cursor cursor;
    size_t size, key_len;
    int depth;
    size_t n_members; ///< of all objects so far
    bl_root_references references;
    size_t n_named;
    bl_root_reference named[MAX_NAMED]; ///< the first classes that were named
} reader;

/// Byte count and version in front of a class's members, which cannot reach past the byte count.
typedef struct header {
    size_t end; ///< position behind the class; SIZE_MAX where there is no byte count
    int version;
    size_t outer_size; ///< where the cursor ended before it was narrowed to the class
} header;

static bl_status read_body(reader *r, const char *class_name, bl_root_object *object,
                           bl_error *err);
static bl_status read_any(reader *r, bl_root_object **ret_object, bl_error *err);

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "metadata"); }

static uint32_t position_of(const reader *r) { return (uint32_t)(r->cursor.position + r->key_len); }

// ---- members ----

static bl_status add_member(reader *r, bl_root_object *object, const bl_root_member *member,
                            bl_error *err) {
    // a member takes a byte at least, but for the array of no items that nobody writes
    if (r->n_members++ > r->size)
        return bl_error_set(err, BL_E_CORRUPT, "byte %zu: more members than bytes",
                            r->cursor.position);
    if (object->n_members == object->members_capacity) {
        size_t capacity = object->members_capacity ? 2 * object->members_capacity : 16;
        if (!object->members_capacity && object->places && object->places->n_members)
            capacity = object->places->n_members; // as many as the last of its class
        if (!object->members_capacity && capacity > bl_cursor_left(&r->cursor) + 1)
            capacity = bl_cursor_left(&r->cursor) + 1;
        bl_root_member *bigger =
            (bl_root_member *)bl_arena_array(r->arena, capacity, sizeof *bigger);
        if (!bigger)
            return out_of_memory(err);
        if (object->n_members)
            memcpy(bigger, object->members, object->n_members * sizeof *bigger);
        object->members = bigger;
        object->members_capacity = capacity;
    }
    object->members[object->n_members++] = *member;
    return BL_OK;
}

static bl_status add_text(reader *r, bl_root_object *object, const char *name, bl_error *err) {
    bl_root_member member = {.name = name, .kind = BL_ROOT_TEXT};
    BL_TRY(bl_root_string_copy(&r->cursor, r->arena, &member.text, err));
    return add_member(r, object, &member, err);
}

static bl_status add_number(reader *r, bl_root_object *object, const char *name,
                            const bl_root_number *number, bl_error *err) {
    const uint8_t *data = bl_cursor_take(&r->cursor, number->size);
    if (!data)
        return BL_OK; // sticks to the cursor
    bl_root_member member = {.name = name, .kind = BL_ROOT_INTEGER};
    if (number->type == BL_FLOAT64) {
        member.kind = BL_ROOT_REAL;
        bl_root_numbers_decode(number, data, 1, &member.real);
    } else if (number->type == BL_FLOAT32) {
        float value;
        bl_root_numbers_decode(number, data, 1, &value);
        member.kind = BL_ROOT_REAL;
        member.real = value;
    } else {
        member.integer = bl_root_number_integer(number, data);
    }
    return add_member(r, object, &member, err);
}

static bl_status add_array(reader *r, bl_root_object *object, const char *name,
                           const bl_root_number *number, int64_t n, bl_error *err) {
    if (n < 0 || (uint64_t)n > bl_cursor_left(&r->cursor))
        n = (int64_t)bl_cursor_left(&r->cursor) + 1; // fails below
    bl_root_member member = {.name = name, .kind = BL_ROOT_ARRAY};
    member.array.n = (size_t)n;
    member.array.data = bl_cursor_take(&r->cursor, (size_t)n * number->size);
    if (!member.array.data)
        return BL_OK; // sticks to the cursor
    bl_root_number *copy = (bl_root_number *)bl_arena_alloc(r->arena, sizeof *copy);
    if (!copy)
        return out_of_memory(err);
    *copy = *number;
    member.array.number = copy;
    return add_member(r, object, &member, err);
}

// ---- classes that ROOT streams by hand ----

static header read_header(reader *r) {
    bl_cursor *c = &r->cursor;
    size_t start = c->position;
    uint32_t count = bl_cursor_be32(c);
    header h = {.end = SIZE_MAX, .outer_size = c->size};
    if (count & BYTE_COUNT_BIT) {
        h.end = start + 4 + (count & ~(uint32_t)BYTE_COUNT_BIT);
        if (h.end < start + 6 || h.end > c->size)
            bl_cursor_skip(c, SIZE_MAX);
        else
            c->size = h.end; // or else bytes might be read again and again, level by level
    } else if (!c->failed) {
        bl_cursor_seek(c, start);
    }
    h.version = (int16_t)bl_cursor_be16(c);
    return h;
}

/// Leaves a class at the end that its byte count gives, whatever of it was understood.
static void end_header(reader *r, const header *h) {
    r->cursor.size = h->outer_size;
    if (h->end != SIZE_MAX && !r->cursor.failed)
        bl_cursor_seek(&r->cursor, h->end);
}

static void read_tobject(reader *r) {
    header h = read_header(r);
    bl_cursor_skip(&r->cursor, 4); // fUniqueID
    if (bl_cursor_be32(&r->cursor) & IS_REFERENCED)
        bl_cursor_skip(&r->cursor, 2);
    end_header(r, &h);
}

static bl_status read_items(reader *r, bl_root_object *list, int64_t n, bool has_options,
                            bl_error *err) {
    if (n < 0 || (uint64_t)n > bl_cursor_left(&r->cursor) / 4)
        return bl_error_set(err, BL_E_CORRUPT, "a list claims %lld items at byte %zu", (long long)n,
                            r->cursor.position);
    list->items = (bl_root_object **)bl_arena_array(r->arena, (size_t)n, sizeof *list->items);
    if (n && !list->items)
        return out_of_memory(err);
    list->n_items = (size_t)n;
    for (size_t i = 0; i < list->n_items && !r->cursor.failed; i++) {
        BL_TRY(read_any(r, &list->items[i], err));
        size_t length;
        if (has_options)
            bl_root_string(&r->cursor, &length);
    }
    return BL_OK;
}

static bl_status read_list(reader *r, bl_root_object *list, bl_error *err) {
    header h = read_header(r);
    size_t length;
    if (h.version > 3) {
        read_tobject(r);
        bl_root_string(&r->cursor, &length);
    }
    BL_TRY(read_items(r, list, (int32_t)bl_cursor_be32(&r->cursor), true, err));
    end_header(r, &h);
    return BL_OK;
}

static bl_status read_object_array(reader *r, bl_root_object *list, bl_error *err) {
    header h = read_header(r);
    size_t length;
    if (h.version > 2)
        read_tobject(r);
    if (h.version > 1)
        bl_root_string(&r->cursor, &length);
    int64_t n = (int32_t)bl_cursor_be32(&r->cursor);
    bl_cursor_skip(&r->cursor, 4); // lower bound
    BL_TRY(read_items(r, list, n, false, err));
    end_header(r, &h);
    return BL_OK;
}

static bl_status read_named(reader *r, bl_root_object *object, bl_error *err) {
    header h = read_header(r);
    read_tobject(r);
    BL_TRY(add_text(r, object, "fName", err));
    BL_TRY(add_text(r, object, "fTitle", err));
    end_header(r, &h);
    return BL_OK;
}

/// TArrayD and its like: no header, a length and so many numbers. \return false: not one of them
static bool read_number_array(reader *r, const char *name, bl_root_object *object,
                              bl_status *ret_status, bl_error *err) {
    static const struct {
        const char *name;
        int code; ///< of the numbers, as in a streamer element
    } arrays[] = {{"TArrayC", 1}, {"TArrayS", 2}, {"TArrayI", 3},   {"TArrayL", 4},
                  {"TArrayF", 5}, {"TArrayD", 8}, {"TArrayL64", 16}};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        bl_root_number number;
        if (strcmp(name, arrays[i].name) == 0 &&
            bl_root_number_of_code(arrays[i].code, "", &number)) {
            int32_t n = (int32_t)bl_cursor_be32(&r->cursor);
            *ret_status = add_array(r, object, "fArray", &number, n, err);
            return true;
        }
    }
    return false;
}

/// Most classes are not among the few that are streamed by hand or known beforehand; their second
/// letter tells.
static bool may_be(const char *name, const char *second_letters) {
    return name[0] == 'T' && name[1] && strchr(second_letters, name[1]);
}

/// Classes streamed by hand. \return false: not one of them
static bool read_by_hand(reader *r, const char *name, bl_root_object *object, bl_status *ret_status,
                         bl_error *err) {
    *ret_status = BL_OK;
    if (!may_be(name, "ONLHSA"))
        return false;
    if (strcmp(name, "TObject") == 0)
        read_tobject(r);
    else if (strcmp(name, "TNamed") == 0)
        *ret_status = read_named(r, object, err);
    else if (strcmp(name, "TList") == 0 || strcmp(name, "THashList") == 0)
        *ret_status = read_list(r, object, err);
    else if (strcmp(name, "TObjArray") == 0)
        *ret_status = read_object_array(r, object, err);
    else if (strcmp(name, "TString") == 0)
        *ret_status = add_text(r, object, "fString", err);
    else
        return read_number_array(r, name, object, ret_status, err);
    return true;
}

// ---- members by streamer info ----

static bl_status add_embedded(reader *r, bl_root_object *object, const bl_root_element *e,
                              bl_error *err) {
    bl_root_member member = {.name = e->name, .kind = BL_ROOT_OBJECT};
    member.object = (bl_root_object *)bl_arena_alloc(r->arena, sizeof *member.object);
    const char *name = e->type_name;
    size_t length = strcspn(name, "*");
    if (name[length])
        name = bl_arena_text(r->arena, name, length);
    if (!member.object || !name)
        return out_of_memory(err);
    member.object->class_name = name;
    BL_TRY(read_body(r, name, member.object, err));
    return add_member(r, object, &member, err);
}

static bl_status add_counted(reader *r, bl_root_object *object, const bl_root_element *e,
                             const bl_root_number *number, bl_error *err) {
    uint8_t flag = bl_cursor_u8(&r->cursor);
    int64_t n = flag ? bl_root_object_integer(object, e->count_name, -1) : 0;
    bl_root_number wide = *number;
    if (flag == 2) // so say old branches that their seeks are of 64 bits
        bl_root_number_of_code(16, "", &wide);
    return add_array(r, object, e->name, &wide, n, err);
}

static void skip_by_header(reader *r) {
    header h = read_header(r);
    if (h.end == SIZE_MAX)
        bl_cursor_seek(&r->cursor, SIZE_MAX); // nothing says how long it is
    end_header(r, &h);
}

static bl_status read_element(reader *r, bl_root_object *object, const bl_root_element *e,
                              bl_error *err) {
    bl_root_number number;
    if (bl_root_number_of_code(e->type, e->title, &number))
        return add_number(r, object, e->name, &number, err);
    if (e->type > BL_ROOT_POINTER_TO &&
        bl_root_number_of_code(e->type - BL_ROOT_POINTER_TO, e->title, &number))
        return add_counted(r, object, e, &number, err);
    if (e->type > BL_ROOT_ARRAY_OF &&
        bl_root_number_of_code(e->type - BL_ROOT_ARRAY_OF, e->title, &number))
        return add_array(r, object, e->name, &number, e->array_length, err);
    bl_root_member pointer = {.name = e->name, .kind = BL_ROOT_OBJECT};
    switch (e->type) {
    case BL_ROOT_BASE:
        return read_body(r, e->name, object, err);
    case BL_ROOT_TOBJECT:
        read_tobject(r);
        return BL_OK;
    case BL_ROOT_TNAMED:
        return read_named(r, object, err);
    case BL_ROOT_TSTRING:
        return add_text(r, object, e->name, err);
    case BL_ROOT_OBJECT_IN:
    case BL_ROOT_ANY_IN:
    case BL_ROOT_OBJECT_AT:
    case BL_ROOT_ANY_AT:
        return add_embedded(r, object, e, err);
    case BL_ROOT_OBJECT_PTR:
    case BL_ROOT_ANY_PTR:
        BL_TRY(read_any(r, &pointer.object, err));
        return add_member(r, object, &pointer, err);
    default:
        skip_by_header(r);
        return BL_OK;
    }
}

/// The class description that a header's version points at. A version of 0 or less may be followed
/// by the checksum of a class that has no version.
static const bl_root_class *class_of(reader *r, const char *name, const header *h) {
    for (size_t i = 0; i < bl_root_n_bootstrap && may_be(name, "SB"); i++)
        if (strcmp(bl_root_bootstrap[i].name, name) == 0 &&
            (bl_root_bootstrap[i].version < 0 || bl_root_bootstrap[i].version == h->version))
            return &bl_root_bootstrap[i];
    if (h->version > 0)
        return bl_root_class_find(r->classes, name, h->version, 0);
    uint32_t checksum = 0;
    if (bl_cursor_left(&r->cursor) >= 4)
        checksum = bl_load_be32(r->cursor.data + r->cursor.position);
    const bl_root_class *c = bl_root_class_find(r->classes, name, -1, 0);
    for (; c; c = c->next)
        if (c->checksum == checksum) {
            bl_cursor_skip(&r->cursor, 4);
            return c;
        }
    return bl_root_class_find(r->classes, name, h->version, 0);
}

static bl_status read_body(reader *r, const char *class_name, bl_root_object *object,
                           bl_error *err) {
    bl_status status;
    if (r->depth >= MAX_DEPTH)
        return bl_error_set(err, BL_E_CORRUPT, "objects are nested deeper than %d", MAX_DEPTH);
    if (read_by_hand(r, class_name, object, &status, err))
        return status;
    size_t start = r->cursor.position;
    header h = read_header(r);
    if (r->cursor.failed)
        return BL_OK;
    object->version = h.version;
    const bl_root_class *c = class_of(r, class_name, &h);
    r->depth++;
    for (size_t i = 0; c && i < c->n_elements; i++) {
        BL_TRY_IN(read_element(r, object, &c->elements[i], err), err, "%s", class_name);
        if (r->cursor.failed)
            return bl_error_set(err, BL_E_CORRUPT, "%s at byte %zu: member %s ends past it",
                                class_name, start, c->elements[i].name);
    }
    r->depth--;
    end_header(r, &h);
    return BL_OK;
}

// ---- pointers to objects ----

/// Gives a class its name and places. Some writers name the class anew for every object.
static bl_status name_class(reader *r, const char *text, size_t length, bl_root_reference *class,
                            bl_error *err) {
    for (size_t i = 0; i < r->n_named; i++) {
        const char *name = r->named[i].class_name;
        if (strncmp(name, text, length) == 0 && name[length] == '\0') {
            class->class_name = name;
            class->places = r->named[i].places;
            return BL_OK;
        }
    }
    class->class_name = bl_arena_text(r->arena, text, length);
    if (!class->class_name)
        return out_of_memory(err);
    if (r->n_named == MAX_NAMED) // the classes of metadata are few; others go without places
        return BL_OK;
    class->places = (bl_root_places *)bl_arena_alloc(r->arena, sizeof *class->places);
    if (!class->places)
        return out_of_memory(err);
    r->named[r->n_named++] = *class;
    return BL_OK;
}

/// The class that a tag names or refers to.
static bl_status read_class_tag(reader *r, uint32_t tag, uint32_t tag_position,
                                bl_root_reference *ret_class, bl_error *err) {
    if (tag != NEW_CLASS_TAG) {
        const bl_root_reference *known = bl_root_recall(&r->references, tag & ~CLASS_BIT);
        if (!known || !known->class_name)
            return bl_error_set(err, BL_E_CORRUPT, "byte %zu refers to a class that is not there",
                                r->cursor.position);
        *ret_class = *known;
        return BL_OK;
    }
    const uint8_t *text = r->cursor.data + r->cursor.position;
    size_t length = strnlen((const char *)text, bl_cursor_left(&r->cursor));
    bl_cursor_skip(&r->cursor, length + 1);
    bl_root_reference named = {.position = tag_position + MAP_OFFSET};
    BL_TRY(name_class(r, (const char *)text, length, &named, err));
    *ret_class = named;
    return bl_root_remember(&r->references, r->arena, &named, err);
}

/// The body of an object whose class and end are known; whatever cannot be understood is skipped.
static bl_status read_pointee(reader *r, const bl_root_reference *class, size_t end,
                              bl_root_object *object, bl_error *err) {
    const char *class_name = class->class_name;
    object->class_name = class_name;
    object->places = class->places;
    object->raw = r->cursor.data + r->cursor.position;
    object->raw_size = end - r->cursor.position;
    bool opaque = strcmp(class_name, "TBasket") == 0;
    int depth = r->depth;
    size_t outer_size = r->cursor.size;
    r->cursor.size = end;
    if (!opaque) {
        bl_error why = {0};
        bl_status status = read_body(r, class_name, object, &why);
        if (status == BL_OK)
            status = bl_cursor_check(&r->cursor, class_name, &why);
        if (status == BL_E_NOMEM)
            return out_of_memory(err);
        if (status != BL_OK && !(object->damage = bl_arena_printf(r->arena, "%s", why.message)))
            return out_of_memory(err);
    }
    if (object->places)
        object->places->n_members = object->n_members;
    r->depth = depth;
    r->cursor.size = outer_size;
    r->cursor.failed = false;
    bl_cursor_seek(&r->cursor, end);
    return BL_OK;
}

static bl_status read_any(reader *r, bl_root_object **ret_object, bl_error *err) {
    bl_cursor *c = &r->cursor;
    uint32_t start = position_of(r);
    uint32_t tag = bl_cursor_be32(c);
    uint32_t tag_position = start;
    size_t end = SIZE_MAX;
    *ret_object = NULL;
    if ((tag & BYTE_COUNT_BIT) && tag != NEW_CLASS_TAG) {
        size_t count = tag & ~(uint32_t)BYTE_COUNT_BIT;
        if (count < 4 || count > bl_cursor_left(c))
            return bl_error_set(err, BL_E_CORRUPT, "byte %zu: an object of %zu bytes, %zu are left",
                                c->position, count, bl_cursor_left(c));
        end = c->position + count;
        tag_position = position_of(r);
        tag = bl_cursor_be32(c);
    }
    if (!(tag & CLASS_BIT)) {
        const bl_root_reference *known = bl_root_recall(&r->references, tag);
        *ret_object = known ? known->object : NULL;
        return BL_OK;
    }
    bl_root_reference class = {0};
    BL_TRY(read_class_tag(r, tag, tag_position, &class, err));
    if (end == SIZE_MAX || end < c->position)
        return bl_error_set(err, BL_E_CORRUPT, "%s at byte %zu has no usable byte count",
                            class.class_name, c->position);
    bl_root_object *object = (bl_root_object *)bl_arena_alloc(r->arena, sizeof *object);
    if (!object)
        return out_of_memory(err);
    bl_root_reference self = {.position = start + MAP_OFFSET, .object = object};
    BL_TRY(bl_root_remember(&r->references, r->arena, &self, err));
    if (r->depth >= MAX_DEPTH)
        return bl_error_set(err, BL_E_CORRUPT, "objects are nested deeper than %d", MAX_DEPTH);
    r->depth++;
    BL_TRY(read_pointee(r, &class, end, object, err));
    r->depth--;
    *ret_object = object;
    return BL_OK;
}

// ---- the public face ----

bl_status bl_root_object_read(const bl_root_classes *classes, bl_arena *arena,
                              const uint8_t *payload, size_t size, size_t key_len,
                              const char *class_name, bl_root_object **ret_object, bl_error *err) {
    reader r = {.classes = classes, .arena = arena, .size = size, .key_len = key_len};
    r.cursor = bl_cursor_over(payload, size);
    bl_root_object *object = (bl_root_object *)bl_arena_alloc(arena, sizeof *object);
    if (!object)
        return out_of_memory(err);
    object->class_name = class_name;
    object->raw = payload;
    object->raw_size = size;
    BL_TRY(read_body(&r, class_name, object, err));
    BL_TRY(bl_cursor_check(&r.cursor, class_name, err));
    *ret_object = object;
    return BL_OK;
}
