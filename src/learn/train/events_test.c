// SPDX-License-Identifier: Apache-2.0
// Event files, byte by byte; the peer `TensorBoard` reads them as its users do.
#include "learn/train/events.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "formats/tfrecord/record.h"

enum { MOST_BYTES = 1 << 16, MOST_FILES = 8 };

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/// The files in the test_folder, by name. \return how many
static int list(char paths[MOST_FILES][512]) {
    struct dirent **entries;
    int n = scandir(test_folder, &entries, is_visible, alphasort);
    assert_in_range(n, 0, MOST_FILES);
    for (int i = 0; i < n; i++) {
        (void)snprintf(paths[i], 512, "%s/%s", test_folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return n;
}

static size_t read_file(const char *path, uint8_t *data) {
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t n = fread(data, 1, MOST_BYTES, file);
    (void)fclose(file);
    return n;
}

static void clear(void) {
    char paths[MOST_FILES][512];
    for (int n = list(paths); n; n--)
        assert_int_equal(unlink(paths[n - 1]), 0);
}

/// Takes the next record, whose checksums are right. \return its bytes
static const uint8_t *next(const uint8_t **at, const uint8_t *end, uint64_t *ret_n) {
    bl_crc32c_fn crc = bl_crc32c_plain;
    assert_true(end - *at >= BL_TF_FRAME);
    assert_true(bl_tf_head_read(crc, *at, ret_n));
    assert_true(*ret_n <= (uint64_t)(end - *at) - BL_TF_FRAME);
    const uint8_t *begin = *at + BL_TF_HEAD;
    assert_true(bl_tf_tail_matches(crc, (bl_wire){begin, begin + *ret_n}));
    *at = begin + *ret_n + BL_TF_TAIL;
    return begin;
}

static void expect(const uint8_t **at, const uint8_t *end, const void *bytes, size_t size) {
    uint64_t n;
    const uint8_t *record = next(at, end, &n);
    assert_int_equal(n, size);
    assert_memory_equal(record, bytes, size);
}

static void records_are_as_specified(void **state) {
    static uint8_t data[MOST_BYTES];
    char paths[MOST_FILES][512];
    BL_AUTO(bl_events) events = NULL;
    uint64_t n;
    assert_ok(bl_events_open(*state, test_folder, &events, NULL));
    assert_int_equal(list(paths), 1);
    assert_non_null(strstr(paths[0], "/events.out.tfevents."));
    assert_true(read_file(paths[0], data) > BL_TF_FRAME); // others see that it is one
    assert_ok(bl_events_restart(events, 300, 1.5, NULL));
    assert_ok(bl_events_scalar(events, "loss", 1, 1.5, 0.75, NULL));
    assert_ok(bl_events_scalar(events, "\xc3\xa9", -1, 1.5, (double)NAN, NULL));
    assert_ok(bl_events_flush(events, NULL));
    const uint8_t *at = data, *end = data + read_file(paths[0], data);
    const uint8_t *first = next(&at, end, &n);
    static const char version[] = "\x1a\x0d"
                                  "brain.Event:2";
    assert_int_equal(n, 9 + 15);
    assert_int_equal(first[0], 0x09); // a time that is one
    assert_memory_equal(first + 9, version, 15);
    static const uint8_t restart[] = {0x09, 0,    0,    0,    0,    0, 0, 0xf8,
                                      0x3f, 0x10, 0xac, 0x02, 0x3a, 2, 8, 1};
    expect(&at, end, restart, sizeof restart);
    static const uint8_t scalar[] = {0x09, 0,   0,    0,    0,    0,  0,    0xf8, 0x3f,
                                     0x10, 1,   0x2a, 13,   0x0a, 11, 0x0a, 4,    'l',
                                     'o',  's', 's',  0x15, 0,    0,  0x40, 0x3f};
    expect(&at, end, scalar, sizeof scalar);
    (void)next(&at, end, &n);
    assert_ptr_equal(at, end);
    clear();
}

/// However many begin in one second, and whatever the clock says.
static void names_are_in_order(void **state) {
    char path[512], paths[MOST_FILES][512];
    for (int i = 0; i < 3; i++) {
        BL_AUTO(bl_events) events = NULL;
        assert_ok(bl_events_open(*state, test_folder, &events, NULL));
        for (int k = 0; k < i; k++)
            assert_ok(bl_events_scalar(events, "x", k, 0, k, NULL));
    }
    (void)snprintf(path, sizeof path, "%s/events.out.tfevents.8000000000.elsewhere.1", test_folder);
    assert_int_equal(fclose(fopen(path, "wbe")), 0);
    BL_AUTO(bl_events) last = NULL;
    assert_ok(bl_events_open(*state, test_folder, &last, NULL));
    assert_int_equal(list(paths), 5);
    static uint8_t data[MOST_BYTES];
    size_t before = 0;
    for (int i = 0; i < 3; i++, before = read_file(paths[i - 1], data)) // closing flushes
        assert_true(read_file(paths[i], data) > before);
    assert_string_equal(paths[3], path);
    assert_non_null(strstr(paths[4], "events.out.tfevents.8000000001."));
    clear();
}

static void many_are_kept(void **state) {
    static uint8_t data[MOST_BYTES];
    char paths[MOST_FILES][512];
    BL_AUTO(bl_events) events = NULL;
    assert_ok(bl_events_open(*state, test_folder, &events, NULL));
    for (int i = 0; i < 1000; i++)
        assert_ok(bl_events_scalar(events, "validation/loss", i, i, 1.0 / (i + 1), NULL));
    assert_ok(bl_events_flush(events, NULL));
    assert_ok(bl_events_flush(events, NULL)); // nothing twice
    assert_int_equal(list(paths), 1);
    const uint8_t *at = data, *end = data + read_file(paths[0], data);
    uint64_t n, n_records = 0;
    for (; at < end; n_records++)
        (void)next(&at, end, &n);
    assert_int_equal(n_records, 1001);
    clear();
}

static void what_fails_is_said(void **state) {
    bl_events *events = NULL;
    bl_error err = {0};
    assert_error(bl_events_open(*state, "no/such", &events, &err), BL_E_NOTFOUND, err, "no/such");
    assert_null(events);
}

static bl_status write_some(bl_context *context) {
    BL_AUTO(bl_events) events = NULL;
    BL_TRY(bl_events_open(context, test_folder, &events, NULL));
    for (int i = 0; i < 100; i++)
        BL_TRY(bl_events_scalar(events, "a tag that takes some room", i, 0, i, NULL));
    BL_TRY(bl_events_restart(events, 5, 0, NULL));
    return bl_events_flush(events, NULL);
}

static bl_status write_and_clear(bl_context *context) {
    bl_status status = write_some(context);
    clear();
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_as_specified),
        cmocka_unit_test(names_are_in_order),
        cmocka_unit_test(many_are_kept),
        cmocka_unit_test(what_fails_is_said),
        test_each_allocation(write_and_clear),
    };
    if (test_make_folder(NULL) != 0)
        return 1;
    int n_failed = test_run(tests, 1, NULL, NULL);
    return rmdir(test_folder) != 0 || n_failed; // nothing else is in it
}
