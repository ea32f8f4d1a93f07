// SPDX-License-Identifier: Apache-2.0
// Messages of our own with every kind of field, there and back; spellings that others write, and
// what is refused.
#include "base/message.h"

#include "base/testing.h"

typedef struct note {
    bl_message head;
    int64_t whole;
    int32_t small;
    uint64_t large;
    float f;
    double d;
    const char *text;
    bl_bytes bytes;
    struct note *inner;
    BL_MESSAGE_LIST(int64_t) wholes;
    BL_MESSAGE_LIST(int32_t) smalls;
    BL_MESSAGE_LIST(float) floats;
    BL_MESSAGE_LIST(double) doubles;
    BL_MESSAGE_LIST(const char *) texts;
    BL_MESSAGE_LIST(bl_bytes) blobs;
    BL_MESSAGE_LIST(struct note) notes;
} note;

static const bl_message_type note_type;

#define FIELD(number, kind, rule, member)                                              \
    {                                                                                  \
        number, BL_MESSAGE_##kind, BL_MESSAGE_##rule, #member, offsetof(note, member), \
            BL_MESSAGE_##kind == BL_MESSAGE_MESSAGE ? &note_type : NULL                \
    }

static const bl_message_field note_fields[] = {
    FIELD(1, INT64, ONE, whole),     FIELD(2, INT32, ONE, small),
    FIELD(3, UINT64, ONE, large),    FIELD(4, FLOAT, ONE, f),
    FIELD(5, DOUBLE, ONE, d),        FIELD(6, TEXT, ONE, text),
    FIELD(7, BYTES, ONE, bytes),     FIELD(8, MESSAGE, ONE, inner),
    FIELD(9, INT64, MANY, wholes),   FIELD(10, INT32, PACKED, smalls),
    FIELD(11, FLOAT, MANY, floats),  FIELD(12, DOUBLE, PACKED, doubles),
    FIELD(13, TEXT, MANY, texts),    FIELD(14, BYTES, MANY, blobs),
    FIELD(40, MESSAGE, MANY, notes),
};
static const bl_message_type note_type = {"a note", sizeof(note),
                                          sizeof note_fields / sizeof *note_fields, note_fields};

static bl_context *context;
static bl_arena arena;

static bl_status decode(const void *bytes, size_t size, note *ret_note, bl_error *err) {
    bl_arena_release(&arena);
    return bl_message_decode(&arena, &note_type, bytes, size, ret_note, err);
}

static void assert_refused(const void *bytes, size_t size, bl_status status, const char *message) {
    note got;
    bl_error err = {0};
    assert_int_equal(decode(bytes, size, &got, &err), status);
    assert_string_equal(err.message, message);
}

#define REFUSED(bytes, status, message) assert_refused(bytes, sizeof(bytes) - 1, status, message)

static note full(void) {
    static int64_t wholes[] = {0, -1, INT64_MIN};
    static int32_t smalls[] = {5, -7, INT32_MAX};
    static float floats[] = {1.5F, -0.0F};
    static double doubles[] = {0.1, 1e300};
    static const char *texts[] = {"", "Größe"};
    static bl_bytes blobs[] = {{(const uint8_t *)"\0\xff", 2}, {(const uint8_t *)"", 0}};
    static note inner = {.text = "inside"}, notes[2] = {{.text = "a"}, {{0}, .inner = &inner}};
    note made = {.head = {.has = 0x3e},
                 .whole = -3,
                 .small = -2,
                 .large = UINT64_MAX,
                 .f = 0,
                 .d = -2.5,
                 .text = "",
                 .bytes = {(const uint8_t *)"xyz", 3},
                 .inner = &inner};
    made.wholes.n = 3, made.wholes.items = wholes;
    made.smalls.n = 3, made.smalls.items = smalls;
    made.floats.n = 2, made.floats.items = floats;
    made.doubles.n = 2, made.doubles.items = doubles;
    made.texts.n = 2, made.texts.items = texts;
    made.blobs.n = 2, made.blobs.items = blobs;
    made.notes.n = 2, made.notes.items = notes;
    return made;
}

static void assert_full(const note *got) {
    note want = full();
    assert_int_equal(got->whole, -3);
    assert_int_equal(got->small, -2);
    assert_true(got->large == UINT64_MAX);
    assert_true(bl_message_has(&got->head, 4) && got->f == 0 && got->d == -2.5);
    assert_string_equal(got->text, "");
    assert_memory_equal(got->bytes.data, "xyz", 3);
    assert_string_equal(got->inner->text, "inside");
    assert_int_equal(got->wholes.n, 3);
    assert_memory_equal(got->wholes.items, want.wholes.items, 3 * sizeof(int64_t));
    assert_int_equal(got->smalls.n, 3);
    assert_memory_equal(got->smalls.items, want.smalls.items, 3 * sizeof(int32_t));
    assert_int_equal(got->floats.n, 2);
    assert_memory_equal(got->floats.items, want.floats.items, 2 * sizeof(float));
    assert_int_equal(got->doubles.n, 2);
    assert_memory_equal(got->doubles.items, want.doubles.items, 2 * sizeof(double));
    assert_string_equal(got->texts.items[1], "Größe");
    assert_int_equal(got->blobs.items[0].size, 2);
    assert_int_equal(got->blobs.items[1].size, 0);
    assert_int_equal(got->notes.n, 2);
    assert_null(got->notes.items[0].inner);
    assert_string_equal(got->notes.items[1].inner->text, "inside");
}

static void there_and_back(void **state) {
    (void)state;
    BL_AUTO(bl_buffer) first = NULL;
    BL_AUTO(bl_buffer) again = NULL;
    note made = full(), got;
    assert_ok(bl_message_encode(context, &note_type, &made, &first, NULL));
    assert_ok(decode(first->data, first->size, &got, NULL));
    assert_full(&got);
    assert_ok(bl_message_encode(context, &note_type, &got, &again, NULL));
    assert_int_equal(again->size, first->size);
    assert_memory_equal(again->data, first->data, first->size);
    for (size_t i = 0; i < first->size; i++) { // read out of a block of its own: no byte behind it
        uint8_t *cut = malloc(i ? i : 1);
        assert_non_null(cut);
        memcpy(cut, first->data, i);
        bl_status status = decode(cut, i, &got, NULL);
        assert_true(status == BL_OK || status == BL_E_CORRUPT);
        free(cut);
    }
}

static void spellings_of_others(void **state) {
    (void)state;
    // packed where we write single ones, single where we write packed, both of one field, unknown
    // fields of every type, a number that comes twice
    static const char bytes[] = "\x4a\x02\x01\x02\x48\x03\x50\x07\x5a\x08\0\0\x80\x3f\0\0\0\x40"
                                "\x5d\0\0\x40\x40\x78\x01\x82\x01\x01z\x8d\x01"
                                "abcd"
                                "\x91\x01"
                                "abcdefgh\x08\x01\x08\x02";
    note got;
    assert_ok(decode(bytes, sizeof bytes - 1, &got, NULL));
    assert_int_equal(got.wholes.n, 3);
    assert_int_equal(got.wholes.items[2], 3);
    assert_int_equal(got.smalls.n, 1);
    assert_int_equal(got.smalls.items[0], 7);
    assert_int_equal(got.floats.n, 3);
    assert_true(got.floats.items[2] == 3.0F);
    assert_int_equal(got.whole, 2);
    assert_ok(decode("", 0, &got, NULL));
    assert_true(got.head.has == 0 && !got.text && !got.bytes.data && !got.notes.items);
}

static void what_is_refused(void **state) {
    (void)state;
    REFUSED("\x08\x01\x08", BL_E_CORRUPT, "byte 2: no field of a note, or it is cut");
    REFUSED("\x08\x01\x32\x05"
            "ab",
            BL_E_CORRUPT, "byte 2: no field of a note, or it is cut");
    REFUSED("\x0b", BL_E_CORRUPT, "byte 0: no field of a note, or it is cut");
    REFUSED("\x0a\x01\x01", BL_E_CORRUPT, "byte 0: whole: not stored as such a field is");
    REFUSED("\x30\x01", BL_E_CORRUPT, "byte 0: text: not stored as such a field is");
    REFUSED("\x5a\x03"
            "abc",
            BL_E_CORRUPT, "byte 0: floats: not stored as such a field is");
    REFUSED("\x4a\x02\x01\x80", BL_E_CORRUPT, "byte 0: wholes: not stored as such a field is");
    REFUSED("\x4a\x0b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", BL_E_CORRUPT,
            "wholes: byte 2: a number of more than ten bytes");
    REFUSED("\x32\x02\xc3(", BL_E_CORRUPT, "text: byte 2: a text that is no UTF-8, or holds a NUL");
    REFUSED("\xc2\x02\0\xc2\x02\x05\x6a\x03"
            "a\0b",
            BL_E_CORRUPT, "notes 1: texts 0: byte 8: a text that is no UTF-8, or holds a NUL");
    REFUSED("\x42\0\x42\0", BL_E_UNSUPPORTED,
            "byte 4: a second inner, to be merged with the first");
}

static void nests(void **state) {
    (void)state;
    static note chain[BL_MESSAGE_MOST_DEPTH + 1];
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_error err = {0};
    note got;
    for (int i = 1; i < BL_MESSAGE_MOST_DEPTH; i++)
        chain[i].inner = &chain[i - 1];
    assert_ok(
        bl_message_encode(context, &note_type, &chain[BL_MESSAGE_MOST_DEPTH - 1], &bytes, NULL));
    assert_ok(decode(bytes->data, bytes->size, &got, NULL));
    chain[BL_MESSAGE_MOST_DEPTH].inner = &chain[BL_MESSAGE_MOST_DEPTH - 1];
    bl_buffer_release(BL_MOVE(bytes));
    assert_ok(bl_message_encode(context, &note_type, &chain[BL_MESSAGE_MOST_DEPTH], &bytes, NULL));
    assert_error(decode(bytes->data, bytes->size, &got, &err), BL_E_LIMIT, err,
                 "more than 100 messages in each other");
}

static bl_status both_ways(bl_context *c) {
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_arena own;
    note made = full(), got;
    bl_arena_init(&own, c);
    BL_TRY(bl_message_encode(c, &note_type, &made, &bytes, NULL));
    bl_status status = bl_message_decode(&own, &note_type, bytes->data, bytes->size, &got, NULL);
    bl_arena_release(&own);
    return status;
}

static void too_large(void **state) {
    (void)state;
    note made = {.bytes = {(const uint8_t *)"", (size_t)INT32_MAX}};
    bl_buffer *bytes = NULL;
    bl_error err = {0};
    assert_error(bl_message_encode(context, &note_type, &made, &bytes, &err), BL_E_LIMIT, err,
                 "2 GiB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),  cmocka_unit_test(spellings_of_others),
        cmocka_unit_test(what_is_refused), cmocka_unit_test(nests),
        cmocka_unit_test(too_large),       test_each_allocation(both_ways),
    };
    return test_run(tests, 1, &context, &arena);
}
