// SPDX-License-Identifier: Apache-2.0
// Objects made here, byte by byte, and read by streamer info made here.
#include "base/testing.h"

#include "formats/root/object.h"

enum { KEY_LEN = 40, NEW_CLASS = -1 };

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ELEMENT(member, code, ...) \
    { .name = (member), .title = "", .type_name = "", .type = (code), __VA_ARGS__ }

static const bl_root_element base[] = {ELEMENT("inherited", 3)};
static const bl_root_element thing[] = {
    ELEMENT("Base", BL_ROOT_BASE),
    ELEMENT("small", 2),
    ELEMENT("real", 8),
    ELEMENT("three", BL_ROOT_ARRAY_OF + 2, .array_length = 3),
    ELEMENT("n", 6),
    ELEMENT("counted", BL_ROOT_POINTER_TO + 3, .count_name = "n"),
    ELEMENT("text", BL_ROOT_TSTRING),
    ELEMENT("first", BL_ROOT_OBJECT_PTR),
    ELEMENT("second", BL_ROOT_OBJECT_PTR),
};
static bl_root_class described[] = {
    {.name = "Base", .version = 1, .n_elements = COUNT(base), .elements = base},
    {.name = "Thing", .version = 3, .n_elements = COUNT(thing), .elements = thing},
};

typedef struct made {
    uint8_t data[512];
    size_t at;
} made;

static void put(made *m, int64_t value, int n_bytes) {
    for (int i = n_bytes; i-- > 0;)
        m->data[m->at++] = (uint8_t)((uint64_t)value >> (8 * i));
}

/// Begins something that has a byte count. \return for `end`
static size_t begin(made *m) {
    put(m, 0, 4);
    return m->at;
}

static void end(made *m, size_t start) {
    size_t here = m->at;
    m->at = start - 4;
    put(m, (int64_t)(here - start) | 0x40000000, 4);
    m->at = here;
}

static void put_double(made *m, double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(m, bits, 8);
}

/// The numbers of a Thing, up to its text.
static void put_numbers(made *m) {
    size_t inherited = begin(m);
    put(m, 1, 2);
    put(m, -7, 4);
    end(m, inherited);
    put(m, 12, 2);
    put_double(m, 0.5);
    for (int i = 0; i < 3; i++)
        put(m, 100 + i, 2);
    put(m, 2, 4); // n
    put(m, 1, 1); // the pointer is not null
    put(m, 1000, 4);
    put(m, 2000, 4);
    put(m, 2, 1);
    put(m, 'h' << 8 | 'i', 2);
}

/// A pointer to a new Base. \param class_at position of its class, or NEW_CLASS
/// \return the position by which later pointers refer to it
static int64_t put_base(made *m, int64_t class_at, int64_t value, int version) {
    int64_t position = (int64_t)m->at + KEY_LEN + 2;
    size_t object = begin(m);
    if (class_at == NEW_CLASS) {
        put(m, -1, 4);
        memcpy(m->data + m->at, "Base", 5);
        m->at += 5;
    } else {
        put(m, class_at | (int64_t)1 << 31, 4);
    }
    size_t body = begin(m);
    put(m, version, 2);
    put(m, value, 4);
    end(m, body);
    end(m, object);
    return position;
}

/// A Thing whose two pointers name one Base.
static void make(made *m) {
    *m = (made){0};
    size_t start = begin(m);
    put(m, 3, 2);
    put_numbers(m);
    int64_t position = put_base(m, NEW_CLASS, 42, 1);
    put(m, position, 4);
    end(m, start);
}

typedef struct reading {
    bl_context *context;
    bl_arena arena;
    bl_root_classes classes;
    bl_root_object *object;
} reading;

static bl_status read_made(reading *r, const made *m, bl_error *err) {
    r->object = NULL;
    r->classes = (bl_root_classes){.n = COUNT(described), .items = described};
    bl_arena_init(&r->arena, r->context);
    for (size_t i = 0; i < COUNT(described); i++)
        BL_TRY(bl_name_map_add(r->context, &r->classes.by_name, described[i].name, i, err));
    return bl_root_object_read(&r->classes, &r->arena, m->data, m->at, KEY_LEN, "Thing", &r->object,
                               err);
}

static void end_reading(reading *r) {
    bl_name_map_release(r->context, &r->classes.by_name);
    bl_arena_release(&r->arena);
}

static void members_by_name(void **state) {
    (void)state;
    reading r = {.context = test_context(1)};
    made m;
    make(&m);
    assert_ok(read_made(&r, &m, NULL));
    assert_int_equal(r.object->version, 3);
    for (int again = 0; again < 2; again++) { // names that were asked for are remembered
        assert_int_equal(bl_root_object_integer(r.object, "inherited", 0), -7);
        assert_int_equal(bl_root_object_integer(r.object, "small", 0), 12);
        assert_int_equal(bl_root_object_integer(r.object, "real", 9), 0);
        assert_int_equal(bl_root_object_integer(r.object, "absent", 9), 9);
        assert_int_equal(bl_root_object_integer(r.object, "text", 9), 9);
        assert_int_equal(bl_root_object_integer(NULL, "small", 9), 9);
        assert_string_equal(bl_root_object_text(r.object, "text", ""), "hi");
        assert_string_equal(bl_root_object_text(r.object, "small", "none"), "none");
    }
    bl_root_array three = bl_root_object_array(r.object, "three");
    bl_root_array counted = bl_root_object_array(r.object, "counted");
    assert_int_equal(three.n, 3);
    assert_int_equal(bl_root_array_integer(&three, 2, 0), 102);
    assert_int_equal(bl_root_array_integer(&three, 3, -1), -1);
    assert_int_equal(counted.n, 2);
    assert_int_equal(bl_root_array_integer(&counted, 1, 0), 2000);
    assert_int_equal(bl_root_object_array(r.object, "small").n, 0);
    end_reading(&r);
    bl_context_free(r.context);
}

static void pointers_name_one_object(void **state) {
    (void)state;
    reading r = {.context = test_context(1)};
    made m;
    make(&m);
    assert_ok(read_made(&r, &m, NULL));
    const bl_root_object *first = bl_root_object_object(r.object, "first");
    assert_non_null(first);
    assert_ptr_equal(bl_root_object_object(r.object, "second"), first);
    assert_string_equal(first->class_name, "Base");
    assert_int_equal(bl_root_object_integer(first, "inherited", 0), 42);
    assert_null(bl_root_object_object(r.object, "small"));
    end_reading(&r);
    bl_context_free(r.context);
}

/// An object of an unknown version is passed over; what is behind it is read.
static void unknown_versions_are_skipped(void **state) {
    (void)state;
    reading r = {.context = test_context(1)};
    made m = {0};
    size_t start = begin(&m);
    put(&m, 3, 2);
    put_numbers(&m);
    int64_t class_at = (int64_t)m.at + 4 + KEY_LEN + 2;
    put_base(&m, NEW_CLASS, 42, 9);
    put_base(&m, class_at, 43, 1);
    end(&m, start);
    assert_ok(read_made(&r, &m, NULL));
    const bl_root_object *first = bl_root_object_object(r.object, "first");
    assert_int_equal(first->version, 9);
    assert_null(first->parts);
    assert_int_equal(
        bl_root_object_integer(bl_root_object_object(r.object, "second"), "inherited", 0), 43);
    end_reading(&r);
    bl_context_free(r.context);
}

static void damage_stays_in_its_object(void **state) {
    (void)state;
    reading r = {.context = test_context(1)};
    made m = {0};
    size_t start = begin(&m);
    put(&m, 3, 2);
    put_numbers(&m);
    size_t object = begin(&m), body;
    put(&m, -1, 4);
    memcpy(m.data + m.at, "Base", 5);
    m.at += 5;
    body = begin(&m);
    put(&m, 1, 2);
    put(&m, 0, 3); // a byte is missing
    end(&m, body);
    end(&m, object);
    put(&m, 0, 4);
    end(&m, start);
    assert_ok(read_made(&r, &m, NULL));
    const bl_root_object *first = bl_root_object_object(r.object, "first");
    assert_non_null(first->damage);
    assert_non_null(strstr(first->damage, "Base"));
    assert_int_equal(bl_root_object_integer(first, "inherited", -1), -1);
    assert_int_equal(bl_root_object_integer(r.object, "small", 0), 12);
    end_reading(&r);
    bl_context_free(r.context);
}

static void cut_objects_say_where(void **state) {
    (void)state;
    reading r = {.context = test_context(1)};
    made m;
    make(&m);
    for (size_t size = 0; size < m.at; size++) {
        made cut = m;
        cut.at = size;
        bl_error err = {0};
        assert_error(read_made(&r, &cut, &err), BL_E_CORRUPT, err, "byte");
        end_reading(&r);
    }
    bl_context_free(r.context);
}

static bl_status read_thing(bl_context *context) {
    reading r = {.context = context};
    made m;
    make(&m);
    bl_status status = read_made(&r, &m, NULL);
    end_reading(&r);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_by_name),
        cmocka_unit_test(pointers_name_one_object),
        cmocka_unit_test(unknown_versions_are_skipped),
        cmocka_unit_test(damage_stays_in_its_object),
        cmocka_unit_test(cut_objects_say_where),
        test_each_allocation(read_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
