// SPDX-License-Identifier: Apache-2.0
// Directories of files made here, byte by byte: header, directory record, key list.
#include "base/testing.h"

#include "formats/root/file.h"

enum { BEGIN = 100, RECORD = 120, KEYS = 160, SUB_RECORD = 320, SIZE = 400 };

typedef struct made_file {
    uint8_t data[SIZE];
    size_t at;
} made_file;

static void put(made_file *f, uint64_t value, int n_bytes) {
    for (int i = n_bytes; i-- > 0;)
        f->data[f->at++] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
}

static void put_text(made_file *f, const char *text) {
    put(f, strlen(text), 1);
    memcpy(f->data + f->at, text, strlen(text));
    f->at += strlen(text);
}

/// A TDirectory record whose key list is `n_bytes` at `seek`.
static void put_directory(made_file *f, size_t at, uint32_t n_bytes, uint32_t seek) {
    f->at = at;
    put(f, 5, 2);
    put(f, 0, 8);
    put(f, n_bytes, 4);
    put(f, 0, 4);
    put(f, 0, 8);
    put(f, seek, 4);
}

static void put_key(made_file *f, const char *class_name, const char *name, uint32_t seek) {
    put(f, 80, 4); // the whole record
    put(f, 4, 2);
    put(f, 40, 4); // its payload
    put(f, 0, 4);
    put(f, 40, 2); // its header
    put(f, 1, 2);
    put(f, seek, 4);
    put(f, BEGIN, 4);
    put_text(f, class_name);
    put_text(f, name);
    put_text(f, "");
}

/// A file with one directory, "sub", whose key list is where `sub_seek` says.
static void make_file(made_file *f, uint32_t sub_seek) {
    memset(f, 0, sizeof *f);
    memcpy(f->data, "root", 4);
    f->at = 4;
    put(f, 62000, 4);
    put(f, BEGIN, 4);
    put(f, SIZE, 4);
    put(f, 0, 12);
    put(f, RECORD - BEGIN, 4); // fNbytesName
    f->at = KEYS;
    put_key(f, "TFile", "f", BEGIN);
    put(f, 1, 4);
    put_key(f, "TDirectory", "sub", SUB_RECORD - 40);
    uint32_t n_bytes = (uint32_t)f->at - KEYS;
    put_directory(f, RECORD, n_bytes, KEYS);
    put_directory(f, SUB_RECORD, n_bytes, sub_seek);
}

static bl_status open_made(const made_file *f, size_t *ret_n, bl_error *err) {
    bl_context *context = test_context(1);
    bl_source *source = NULL;
    bl_root_file *file = NULL;
    assert_ok(bl_source_open_memory(context, "made.root", f->data, SIZE, &source, NULL));
    bl_status status = bl_root_file_open(context, source, &file, err);
    *ret_n = file ? file->n_entries : 0;
    bl_root_file_release(file);
    bl_context_free(context);
    return status;
}

static void directory_that_holds_itself(void **state) {
    (void)state;
    made_file f;
    size_t n;
    bl_error err = {0};
    make_file(&f, KEYS);
    assert_error(open_made(&f, &n, &err), BL_E_CORRUPT, err, "directory 'sub/");
    assert_non_null(strstr(err.message, "overlap"));
}

static void directory_without_keys(void **state) {
    (void)state;
    made_file f;
    size_t n;
    make_file(&f, KEYS);
    put_directory(&f, SUB_RECORD, 33, 360); // the list's own key, without names, and no others
    assert_ok(open_made(&f, &n, NULL));
    assert_int_equal(n, 1);
}

static void key_list_behind_the_end(void **state) {
    (void)state;
    made_file f;
    size_t n;
    bl_error err = {0};
    make_file(&f, SIZE - 10);
    assert_error(open_made(&f, &n, &err), BL_E_CORRUPT, err, "truncated");
    assert_non_null(strstr(err.message, "byte 390"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_that_holds_itself),
        cmocka_unit_test(directory_without_keys),
        cmocka_unit_test(key_list_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
