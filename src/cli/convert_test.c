// SPDX-License-Identifier: Apache-2.0
// `beamline convert` over a table of misfortunes: what the output is asked for, what is refused.
#include "cli/convert.h"

#include "cli/run_testing.h"

/// What the output was asked for by a command line.
static outcome convert(const char *line) {
    fake_written[0] = '\0';
    return run(line, INT32_MAX);
}

static void expect_written(const char *line, const char *written) {
    outcome got = convert(line);
    if (got.status != BL_OK)
        fail_msg("%s: %s", line, got.err.message);
    assert_string_equal(fake_written, written);
}

static void expect_error(const char *line, bl_status status, const char *message) {
    outcome got = convert(line);
    assert_int_equal(got.status, status);
    assert_string_equal(got.err.message, message);
}

static void test_what_is_asked(void **state) {
    (void)state;
    expect_written("beamline convert -q -o o.root -c v,i,s f.root",
                   "open o.root - base -\n"
                   "add T 'a tree' cluster 0 basket 0 friend of -\n"
                   "  v list<float32> 'title' Some_t [i], i int32 'title' Some_t, "
                   "i#1 int32 'title' Some_t, s utf8 'title' Some_t\n"
                   "write 0:2\nwrite 2:4\nwrite 4:6\nwrite 6:8\nwrite 8:10\nend\nfinish\nclose\n");
    expect_written("beamline convert -q -o o.root -c v -e 7:20 --codec lz4:9 --overwrite --as d/U "
                   "--cluster 4K --basket 1K f.root",
                   "open o.root lz4:9 base - overwrite\n"
                   "add d/U 'a tree' cluster 4096 basket 1024 friend of -\n"
                   "  v list<float32> 'title' Some_t\n"
                   "write 7:9\nwrite 9:10\nend\nfinish\nclose\n");
    expect_written("beamline convert -q -o o.root -c i#1 -e 0:0 --append --friend-of T -T T f.root",
                   "open o.root - base o.root overwrite\n"
                   "add T 'a tree' cluster 0 basket 0 friend of T\n"
                   "  i int32 'title' Some_t\n"
                   "end\nfinish\nclose\n");
}

static void test_what_is_refused(void **state) {
    (void)state;
    expect_error("beamline convert -o o.root f.root", BL_E_UNSUPPORTED,
                 "f.root: tree 'T': 2 of 8 columns cannot be read: 'odd' (it has 4 rows, the table "
                 "10), 'u' (type 'Foo' is unknown); --skip-unreadable leaves them out");
    assert_string_equal(fake_written, "");
    expect_written("beamline convert -q --skip-unreadable -o o.root -c u,i#1,odd f.root -e 1",
                   "open o.root - base -\n"
                   "add T 'a tree' cluster 0 basket 0 friend of -\n"
                   "  i int32 'title' Some_t\n"
                   "write 0:1\nend\nfinish\nclose\n");
    expect_error("beamline convert -q --skip-unreadable -o o.root -c u f.root", BL_E_NOTFOUND,
                 "f.root: no tree has columns 'u' that can be copied");
    expect_error("beamline convert -q -o o.root -c nope f.root", BL_E_NOTFOUND,
                 "f.root: no tree has columns 'nope' that can be copied");
    expect_error("beamline convert -o o.root -T T -c nope f.root", BL_E_NOTFOUND,
                 "f.root: tree 'T': no column 'nope'");
    expect_error("beamline convert f.root", BL_E_USAGE,
                 "--output is missing; see beamline convert --help");
    expect_error("beamline convert -c s -o exists.root f.root", BL_E_EXISTS,
                 "exists.root: it exists; --overwrite replaces it");
}

static void test_what_cannot_be_written(void **state) {
    (void)state;
    expect_error("beamline convert -o numbers.root -c i#1,s f.root", BL_E_TYPE,
                 "column 's': no texts here; --skip-unreadable leaves it out");
    assert_string_equal(fake_written, "open numbers.root - base -\nclose\n");
    expect_written("beamline convert -q -o numbers.root -c s,i#1 --skip-unreadable -e 1 f.root",
                   "open numbers.root - base -\n"
                   "add T 'a tree' cluster 0 basket 0 friend of -\n"
                   "  i int32 'title' Some_t\n"
                   "write 0:1\nend\nfinish\nclose\n");
    expect_error("beamline convert -q -o numbers.root -c s --skip-unreadable f.root", BL_E_NOTFOUND,
                 "f.root: no tree has columns 's' that can be copied");
}

static void test_failures_on_the_way(void **state) {
    (void)state;
    expect_error("beamline convert -c s -o full.root f.root", BL_E_IO,
                 "full.root: No space left on device");
    assert_null(strstr(fake_written, "finish"));
    assert_non_null(strstr(fake_written, "close"));
    expect_error("beamline convert -c bad -o o.root f.root", BL_E_CORRUPT, "branch 'bad': corrupt");
    assert_null(strstr(fake_written, "finish"));
}

static void test_json(void **state) {
    (void)state;
    outcome got = convert("beamline convert --json -o o.root -c i#1,v f.root");
    const char *seconds = strstr(got.text, "\"seconds\":");
    assert_non_null(seconds);
    assert_memory_equal(got.text,
                        "{\"output\":\"o.root\",\"output_bytes\":123456,\"input_bytes\":0,",
                        (size_t)(seconds - got.text));
    assert_string_equal(strchr(seconds, ','),
                        ",\"trees\":[{\"tree\":\"T\",\"rows\":10,\"columns\":2}]}\n");
}

static void test_out_of_memory(void **state) {
    (void)state;
    expect_nomem("beamline convert -q --skip-unreadable -o o.root -c i,s,v,u f.root");
}

/// Columns as their paths, own names and counters say: what they are called in the output.
static void test_names(void **state) {
    static const struct {
        const char *path, *name, *counter, *written;
        int duplicate;
    } rows[] = {
        {"Jet", "Jet", NULL, "Jet", 0},
        {"Jet/Jet.PT", "Jet.PT", "Jet", "Jet.PT", 0},
        {"Jet/fBits", "fBits", "Jet", "Jet/fBits", 0},
        {"Muon/fBits", "fBits", "Muon", "Muon/fBits", 0},
        {"one./x[3][2]", "x[3][2]", NULL, "x", 0},
        {"one./v[2]", "v[2]", NULL, "one./v", 0},
        {"two./v[2]", "v[2]", NULL, "two./v", 0},
        {"i", "i", NULL, "i", 0},
        {"i", "i", NULL, "i#1", 1},
    };
    (void)state;
    bl_context *context;
    assert_int_equal(BL_OK, bl_context_new(NULL, &context, NULL));
    bl_type *list;
    assert_int_equal(
        BL_OK, bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_FLOAT32), &list, NULL));
    bl_column_info infos[BL_COUNT(rows)];
    for (size_t i = 0; i < BL_COUNT(rows); i++)
        infos[i] = (bl_column_info){.size = sizeof *infos,
                                    .path = rows[i].path,
                                    .name = rows[i].name,
                                    .type = rows[i].counter ? list : bl_type_primitive(BL_INT32),
                                    .counter = rows[i].counter,
                                    .duplicate = rows[i].duplicate};
    bl_selection selection = {.context = context, .n = BL_COUNT(rows), .infos = infos};
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_column_spec *specs;
    assert_int_equal(BL_OK, bl_selection_specs(&arena, &selection, &specs, NULL));
    for (size_t i = 0; i < BL_COUNT(rows); i++) {
        assert_string_equal(specs[i].name, rows[i].written);
        bool has_counter = rows[i].counter && strcmp(rows[i].counter, "Jet") == 0;
        assert_string_equal(has_counter ? "Jet" : "-", specs[i].counter ? specs[i].counter : "-");
    }
    bl_arena_release(&arena);
    bl_type_release(list);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_failures_on_the_way),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
