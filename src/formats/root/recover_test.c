// SPDX-License-Identifier: Apache-2.0
// Files without lists, made here, record by record.
#include "base/testing.h"

#include "formats/root/recover.h"

enum { BEGIN = 64, SIZE = 1024 };

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

/// A record of `n_bytes`, whose header is followed by `payload` bytes of zeros. \return its place
static size_t put_record(made_file *f, const char *class_name, const char *name, size_t seek_dir,
                         size_t payload) {
    size_t start = f->at;
    size_t key_len = 26 + 3 + strlen(class_name) + strlen(name) + 1;
    put(f, key_len + payload, 4);
    put(f, 4, 2);
    put(f, payload, 4);
    put(f, 7, 4); // date
    put(f, key_len, 2);
    put(f, 3, 2); // cycle
    put(f, start, 4);
    put(f, seek_dir, 4);
    put_text(f, class_name);
    put_text(f, name);
    put_text(f, "T");
    f->at += payload;
    return start;
}

/// The record of a directory, which gives its own place.
static size_t put_directory(made_file *f, const char *name, size_t seek_dir) {
    size_t start = put_record(f, "TDirectory", name, seek_dir, 0);
    size_t payload = f->at;
    put(f, 5, 2);
    put(f, 0, 16);
    put(f, start, 4);
    put(f, seek_dir, 4);
    put(f, 0, 4); // fSeekKeys
    size_t end = f->at;
    f->at = start;
    put(f, end - start, 4);
    f->at = start + 6;
    put(f, end - payload, 4);
    f->at = end;
    return start;
}

/// The header and the first record, with the directory of the file that has no list.
static void begin(made_file *f) {
    memset(f, 0, sizeof *f);
    memcpy(f->data, "root", 4);
    f->at = 4;
    put(f, 62000, 4);
    put(f, BEGIN, 4);
    put(f, BEGIN, 4); // fEND, as of when the file was made
    put(f, 0, 12);
    put(f, 26 + 3 + 7, 4); // fNbytesName: the directory is behind it
    f->at = BEGIN;
    put_record(f, "TFile", "f", 0, 40);
}

static bl_status open_made(bl_context *context, const made_file *f, bl_root_file **ret_file,
                           bl_error *err) {
    bl_source *source = NULL;
    bl_status status = bl_source_open_memory(context, "made.root", f->data, f->at, &source, err);
    *ret_file = NULL;
    return status == BL_OK ? bl_root_file_open(context, source, ret_file, err) : status;
}

static void expect_entries(const made_file *f, size_t n, const char *const *paths) {
    bl_context *context = test_context(1);
    bl_root_file *file;
    assert_ok(open_made(context, f, &file, NULL));
    assert_non_null(file->recovery);
    assert_int_equal(file->n_entries, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(file->entries[i].path, paths[i]);
    bl_root_file_release(file);
    bl_context_free(context);
}

static void expect_nothing(const made_file *f, const char *why) {
    bl_context *context = test_context(1);
    bl_root_file *file;
    bl_error err = {0};
    assert_error(open_made(context, f, &file, &err), BL_E_CORRUPT, err, "no key list");
    assert_non_null(strstr(err.message, why));
    bl_context_free(context);
}

static void make_folders(made_file *f) {
    begin(f);
    put_record(f, "TTree", "a", BEGIN, 10);
    size_t sub = put_directory(f, "sub", BEGIN);
    size_t deep = put_directory(f, "deep", sub);
    put_record(f, "TBasket", "x", BEGIN, 10);
    put_record(f, "TTree", "b", deep, 10);
    put(f, (uint64_t)-20, 4); // a gap
    f->at += 16;
    put_record(f, "TDirectory", "sub", sub, 4); // the list of its keys
    put_record(f, "TH1F", "c", sub, 10);
}

static void records_find_their_directories(void **state) {
    (void)state;
    made_file f;
    make_folders(&f);
    expect_entries(&f, 5, (const char *const[]){"a", "sub", "sub/deep", "sub/deep/b", "sub/c"});
}

static void the_next_record_is_searched_for(void **state) {
    (void)state;
    made_file f;
    begin(&f);
    size_t broken = put_record(&f, "TTree", "a", BEGIN, 10);
    put_record(&f, "TTree", "b", BEGIN, 10);
    put_record(&f, "TTree", "cut", BEGIN, 100);
    f.at -= 50;
    memset(f.data + broken, 0, 4);
    expect_entries(&f, 1, (const char *const[]){"b"});
}

static void what_a_lost_directory_held_is_at_the_top(void **state) {
    (void)state;
    made_file f;
    begin(&f);
    put_record(&f, "TTree", "a", 500, 10);
    expect_entries(&f, 1, (const char *const[]){"a"});
}

static void hopeless_files_say_why(void **state) {
    (void)state;
    made_file f;
    begin(&f);
    expect_nothing(&f, "no record of an object");
    put_directory(&f, "sub", BEGIN);
    expect_nothing(&f, "no record of an object");
    put_record(&f, "TBasket", "x", BEGIN, 10);
    expect_nothing(&f, "1 baskets, the first of tree 'T'");
}

static void directories_may_hold_each_other(void **state) {
    (void)state;
    made_file f;
    begin(&f);
    size_t first = put_directory(&f, "one", BEGIN);
    put_directory(&f, "two", first);
    f.at = first + 22; // its parent: itself
    put(&f, first, 4);
    f.at = SIZE / 2;
    expect_nothing(&f, "no record of an object");
}

static bl_status open_folders(bl_context *context) {
    made_file f;
    make_folders(&f);
    bl_root_file *file;
    bl_status status = open_made(context, &f, &file, NULL);
    bl_root_file_release(file);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_find_their_directories),
        cmocka_unit_test(the_next_record_is_searched_for),
        cmocka_unit_test(what_a_lost_directory_held_is_at_the_top),
        cmocka_unit_test(hopeless_files_say_why),
        cmocka_unit_test(directories_may_hold_each_other),
        test_each_allocation(open_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
