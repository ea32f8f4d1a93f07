// SPDX-License-Identifier: Apache-2.0
// A generic reader of streamed objects: byte counts, versions, class tags, references, and members
// by the plans of their classes. What has no usable streamer info is skipped. Numbers are passed
// over together; they are decoded when somebody asks for them.
// Source: ROOT, TBufferFile (ReadVersion, ReadObjectAny, ReadClass).
#include "formats/root/object.h"

#include "formats/root/reference.h"

enum {
    MAX_DEPTH = 100,
    MAX_BASES = 100,
    BYTE_COUNT_BIT = 0x40000000,
    MAP_OFFSET = 2,     // references are positions + 2
    IS_REFERENCED = 16, // in TObject's fBits: a process id follows
};
#define NEW_CLASS_TAG UINT32_C(0xffffffff)
#define CLASS_BIT UINT32_C(0x80000000)

typedef struct reader {
    bl_arena *arena;
    bl_cursor cursor;
    size_t size, key_len;
    int depth;
    size_t n_values; ///< of all objects so far
    bl_root_plans plans;
    bl_root_references objects, classes;
} reader;

/// Byte count and version in front of a class's members, which cannot reach past the byte count.
typedef struct header {
    size_t end; ///< position behind the class; SIZE_MAX where there is no byte count
    int version;
    size_t outer_size; ///< where the cursor ended before it was narrowed to the class
} header;

static bl_status read_body(reader *r, bl_root_streamed *streamed, bl_root_object *object,
                           bl_error *err);
static bl_status read_any(reader *r, bl_root_object **ret_object, bl_error *err);

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "metadata"); }

static uint32_t position_of(const reader *r) { return (uint32_t)(r->cursor.position + r->key_len); }

// ---- headers ----

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

static void skip_by_header(reader *r) {
    header h = read_header(r);
    if (h.end == SIZE_MAX)
        bl_cursor_seek(&r->cursor, SIZE_MAX); // nothing says how long it is
    end_header(r, &h);
}

// ---- classes that ROOT streams by hand ----

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
    list->items = NULL; // of a list that was a base twice
    list->n_items = 0;
    if (n == 0)
        return BL_OK;
    list->items = (bl_root_object **)bl_arena_array(r->arena, (size_t)n, sizeof *list->items);
    if (!list->items)
        return out_of_memory(err);
    list->n_items = (uint32_t)n;
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

// ---- members ----

/// Puts the members of a class behind those that the object has.
static bl_status add_part(reader *r, bl_root_object *object, bl_root_plan *plan,
                          bl_root_part **ret_part, bl_error *err) {
    // a member takes a byte at least, but for arrays of no items that nobody writes
    size_t n = plan->n_steps;
    r->n_values += n;
    if (n > 2 * bl_cursor_left(&r->cursor) + 2 || r->n_values > 2 * r->size + 2)
        return bl_error_set(err, BL_E_CORRUPT, "byte %zu: more members than bytes",
                            r->cursor.position);
    bl_root_part *part =
        (bl_root_part *)bl_arena_alloc(r->arena, sizeof *part + n * sizeof part->values[0]);
    if (!part)
        return out_of_memory(err);
    part->plan = plan;
    bl_root_part **last = &object->parts;
    for (int n_bases = 0; *last; last = &(*last)->next)
        if (n_bases++ == MAX_BASES)
            return bl_error_set(err, BL_E_CORRUPT, "more than %d base classes", MAX_BASES);
    *last = part;
    *ret_part = part;
    return BL_OK;
}

/// Numbers whose count stands beside them or in another member.
static void pass_array(reader *r, const bl_root_object *object, const bl_root_field *field,
                       bool is_counted, bl_root_value *value) {
    bl_cursor *c = &r->cursor;
    const uint8_t *start = c->data + c->position;
    size_t size = field->number.size;
    int64_t n = -1;
    if (is_counted) {
        uint8_t flag = bl_cursor_u8(c);
        n = flag ? bl_root_object_integer(object, field->count_name, -1) : 0;
        size = flag == 2 ? 8 : size; // so say old branches that their seeks are of 64 bits
    } else {
        n = (int32_t)bl_cursor_be32(c);
    }
    if (n < 0 || (uint64_t)n > bl_cursor_left(c))
        n = (int64_t)bl_cursor_left(c) + 1; // fails here
    if (bl_cursor_take(c, (size_t)n * size))
        value->data = start;
}

static bl_status read_embedded(reader *r, const bl_root_step *step, bl_root_value *value,
                               bl_error *err) {
    value->object = (bl_root_object *)bl_arena_alloc(r->arena, sizeof *value->object);
    if (!value->object)
        return out_of_memory(err);
    value->object->class_name = step->of_class->name;
    return read_body(r, step->of_class, value->object, err);
}

static bl_status read_step(reader *r, bl_root_object *object, const bl_root_plan *plan,
                           const bl_root_step *step, bl_root_value *value, bl_error *err) {
    switch (step->kind) {
    case BL_ROOT_STEP_RUN:
        value->data = bl_cursor_take(&r->cursor, step->size);
        return BL_OK;
    case BL_ROOT_STEP_COUNTED:
    case BL_ROOT_STEP_SIZED:
        pass_array(r, object, &plan->fields[step->field], step->kind == BL_ROOT_STEP_COUNTED,
                   value);
        return BL_OK;
    case BL_ROOT_STEP_TEXT:
        return bl_root_string_copy(&r->cursor, r->arena, &value->text, err);
    case BL_ROOT_STEP_POINTER:
        return read_any(r, &value->object, err);
    case BL_ROOT_STEP_EMBEDDED:
        return read_embedded(r, step, value, err);
    case BL_ROOT_STEP_BASE:
        return read_body(r, step->of_class, object, err);
    case BL_ROOT_STEP_SKIPPED:
        break;
    }
    skip_by_header(r);
    return BL_OK;
}

static bl_status read_steps(reader *r, bl_root_object *object, bl_root_plan *plan, bl_error *err) {
    size_t start = r->cursor.position;
    bl_root_part *part;
    const char *class_name = plan->of ? plan->of->name : object->class_name;
    BL_TRY_IN(add_part(r, object, plan, &part, err), err, "%s", class_name);
    r->depth++;
    for (size_t i = 0; i < plan->n_steps; i++) {
        const bl_root_step *step = &plan->steps[i];
        BL_TRY_IN(read_step(r, object, plan, step, &part->values[i], err), err, "%s", class_name);
        if (r->cursor.failed)
            return bl_error_set(err, BL_E_CORRUPT, "%s at byte %zu: member %s ends past it",
                                class_name, start, step->name);
    }
    r->depth--;
    return BL_OK;
}

/// Header and members by the streamer info of the version in it.
static bl_status read_by_info(reader *r, bl_root_streamed *streamed, bl_root_object *object,
                              bl_error *err) {
    header h = read_header(r);
    if (r->cursor.failed)
        return BL_OK;
    if (!object->parts)
        object->version = h.version;
    uint32_t checksum = 0;
    if (h.version <= 0 && bl_cursor_left(&r->cursor) >= 4)
        checksum = bl_load_be32(r->cursor.data + r->cursor.position);
    bl_root_plan *plan;
    bool by_checksum;
    BL_TRY(
        bl_root_plans_version(&r->plans, streamed, h.version, checksum, &plan, &by_checksum, err));
    if (by_checksum)
        bl_cursor_skip(&r->cursor, 4);
    if (plan)
        BL_TRY(read_steps(r, object, plan, err));
    end_header(r, &h);
    return BL_OK;
}

static bl_status read_body(reader *r, bl_root_streamed *streamed, bl_root_object *object,
                           bl_error *err) {
    if (r->depth >= MAX_DEPTH)
        return bl_error_set(err, BL_E_CORRUPT, "objects are nested deeper than %d", MAX_DEPTH);
    switch (streamed->how) {
    case BL_ROOT_TOBJECT_BY_HAND:
        read_tobject(r);
        return BL_OK;
    case BL_ROOT_LIST_BY_HAND:
        return read_list(r, object, err);
    case BL_ROOT_OBJECT_ARRAY_BY_HAND:
        return read_object_array(r, object, err);
    case BL_ROOT_BARE:
        return read_steps(r, object, streamed->plans, err);
    case BL_ROOT_OPAQUE:
    case BL_ROOT_BY_INFO:
        break;
    }
    return read_by_info(r, streamed, object, err);
}

// ---- pointers to objects ----

/// The class that a tag names or refers to.
static bl_status read_class_tag(reader *r, uint32_t tag, uint32_t tag_position,
                                bl_root_streamed **ret_class, bl_error *err) {
    if (tag != NEW_CLASS_TAG) {
        *ret_class = (bl_root_streamed *)bl_root_recall(&r->classes, tag & ~CLASS_BIT);
        if (!*ret_class)
            return bl_error_set(err, BL_E_CORRUPT, "byte %zu refers to a class that is not there",
                                r->cursor.position);
        return BL_OK;
    }
    const char *name = (const char *)r->cursor.data + r->cursor.position;
    bl_cursor_skip(&r->cursor, strnlen(name, bl_cursor_left(&r->cursor)) + 1);
    BL_TRY(bl_cursor_check(&r->cursor, "a class's name", err));
    BL_TRY(bl_root_plans_class(&r->plans, name, ret_class, err));
    return bl_root_remember(r->arena->context, &r->classes, tag_position + MAP_OFFSET, *ret_class,
                            err);
}

/// The body of an object whose class and end are known; whatever cannot be understood is skipped.
static bl_status read_pointee(reader *r, bl_root_streamed *streamed, size_t end,
                              bl_root_object *object, bl_error *err) {
    object->class_name = streamed->name;
    object->raw = r->cursor.data + r->cursor.position;
    object->raw_size = (uint32_t)(end - r->cursor.position);
    int depth = r->depth;
    size_t outer_size = r->cursor.size;
    r->cursor.size = end;
    if (streamed->how != BL_ROOT_OPAQUE) {
        bl_error why;
        why.message[0] = '\0';
        bl_status status = read_body(r, streamed, object, &why);
        if (status == BL_OK)
            status = bl_cursor_check(&r->cursor, streamed->name, &why);
        if (status == BL_E_NOMEM)
            return out_of_memory(err);
        if (status != BL_OK && !(object->damage = bl_arena_printf(r->arena, "%s", why.message)))
            return out_of_memory(err);
    }
    r->depth = depth;
    r->cursor.size = outer_size;
    r->cursor.failed = false;
    bl_cursor_seek(&r->cursor, end);
    return BL_OK;
}

static bl_status read_object(reader *r, uint32_t start, bl_root_streamed *streamed, size_t end,
                             bl_root_object **ret_object, bl_error *err) {
    if (end == SIZE_MAX || end < r->cursor.position)
        return bl_error_set(err, BL_E_CORRUPT, "%s at byte %zu has no usable byte count",
                            streamed->name, r->cursor.position);
    bl_root_object *object = (bl_root_object *)bl_arena_alloc(r->arena, sizeof *object);
    if (!object)
        return out_of_memory(err);
    BL_TRY(bl_root_remember(r->arena->context, &r->objects, start + MAP_OFFSET, object, err));
    if (r->depth >= MAX_DEPTH)
        return bl_error_set(err, BL_E_CORRUPT, "objects are nested deeper than %d", MAX_DEPTH);
    r->depth++;
    BL_TRY(read_pointee(r, streamed, end, object, err));
    r->depth--;
    *ret_object = object;
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
        *ret_object = (bl_root_object *)bl_root_recall(&r->objects, tag);
        return BL_OK;
    }
    bl_root_streamed *streamed;
    BL_TRY(read_class_tag(r, tag, tag_position, &streamed, err));
    return read_object(r, start, streamed, end, ret_object, err);
}

// ---- the public face ----

static bl_status read_top(reader *r, const char *class_name, bl_root_object **ret_object,
                          bl_error *err) {
    bl_root_object *object = (bl_root_object *)bl_arena_alloc(r->arena, sizeof *object);
    bl_root_streamed *streamed;
    if (!object)
        return out_of_memory(err);
    BL_TRY(bl_root_plans_class(&r->plans, class_name, &streamed, err));
    object->class_name = streamed->name;
    object->raw = r->cursor.data;
    object->raw_size = (uint32_t)r->size;
    BL_TRY(read_body(r, streamed, object, err));
    BL_TRY(bl_cursor_check(&r->cursor, class_name, err));
    *ret_object = object;
    return BL_OK;
}

bl_status bl_root_object_read(const bl_root_classes *classes, bl_arena *arena,
                              const uint8_t *payload, size_t size, size_t key_len,
                              const char *class_name, bl_root_object **ret_object, bl_error *err) {
    reader r = {.arena = arena, .size = size, .key_len = key_len};
    r.cursor = bl_cursor_over(payload, size);
    r.plans = (bl_root_plans){.classes = classes, .arena = arena};
    bl_status status = read_top(&r, class_name, ret_object, err);
    bl_root_plans_release(&r.plans);
    bl_root_references_release(arena->context, &r.objects);
    bl_root_references_release(arena->context, &r.classes);
    return status;
}
